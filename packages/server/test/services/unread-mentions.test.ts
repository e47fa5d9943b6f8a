import { LIMITS } from '@tidings/protocol/wire'
import { count } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { readMigrations } from '../../src/db/migrations.ts'
import type { Actor } from '../../src/services/actor.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { sendMessage } from '../../src/services/message.ts'
import { hideConversation, markUnread } from '../../src/services/own-view.ts'
import { insertMentions } from '../../src/stores/mention.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { runSql } from '../support/run-sql.ts'
import { openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'
import { openOwnWorld } from './own-world.ts'

type Scene = Awaited<ReturnType<typeof openOwnWorld>>

/** Says something that mentions users, and answers where it stands. */
async function mention(
  { deps }: Scene,
  [sender, ...mentioned]: readonly [Actor, ...Actor[]],
  conversationId: string,
) {
  const mentions = mentioned.map(({ userId }) => userId)
  const body = { kind: 'text', text: 'you' } as const
  const sent = await sendMessage(deps, sender, { conversationId, body, mentions })
  if (!('messageId' in sent)) throw new Error('not sent')
  return { conversationId, messageId: sent.messageId, seq: sent.seq }
}

async function countsOf(scene: Scene, actor: Actor, conversationId: string) {
  const { unread, unreadMentions } = await scene.view(actor, conversationId)
  return [unread, unreadMentions]
}

/** Does once more what the migration does with the messages that it finds. */
async function fillAgain(engine: Engine, url: string): Promise<void> {
  const statements = readMigrations(engine).flatMap((migration) => migration.statements)
  const fill = statements.find((statement) => /^\s*insert into .mentions/i.test(statement)) ?? ''
  await runSql(url, fill)
}

const text = (words: string) => ({ kind: 'text', text: words }) as const

describeEngines('unread mentions', (engine) => {
  test('[RCP11] of a whole batch of messages that mention as many as they may are written at once', async () => {
    await using world = await openWorld(
      engine,
      Array.from({ length: LIMITS.mentions }, (_, at) => `user${at}`),
    )
    const { database } = world
    const rows = Object.values(world.users).flatMap(({ userKey }) =>
      Array.from({ length: 1024 }, (_, at) => ({ userKey, streamKey: 1, seq: at + 1 })),
    )
    await database.tx((tx) => insertMentions(database, tx, rows))
    const [row] = await database.tx((tx) =>
      tx.select({ count: count() }).from(database.tables.mentions),
    )
    expect(row).toEqual({ count: 1024 * LIMITS.mentions })
  })

  test('[RCP11] are those unread messages of others that mention the member, by whichever mark it is unread', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, world, deps } = scene
    const { id } = await newGroup(world, [ann, bob, cat])
    await scene.sayOften(ann, id, 2)
    const first = await mention(scene, [ann, bob, cat, ann], id)
    await mention(scene, [cat, bob], id)
    await mention(scene, [bob, bob], id)
    expect(await countsOf(scene, ann, id)).toEqual([2, 0])
    expect(await countsOf(scene, bob, id)).toEqual([4, 2])
    expect(await countsOf(scene, cat, id)).toEqual([4, 1])
    await scene.read(bob, id, first.seq)
    expect(await countsOf(scene, bob, id)).toEqual([1, 1])
    await scene.read(bob, id, first.seq + 2)
    expect(await countsOf(scene, bob, id)).toEqual([0, 0])
    await markUnread(deps, bob, { conversationId: id, seq: first.seq })
    expect(await countsOf(scene, bob, id)).toEqual([2, 2])
    await hideConversation(deps, cat, { conversationId: id })
    expect(await countsOf(scene, cat, id)).toEqual([0, 0])
  })

  test('[RCP11] are counted as messages are by now: edited, deleted, hidden', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, world, deps } = scene
    const { id } = await newGroup(world, [ann, bob, cat])
    const one = await mention(scene, [ann, bob], id)
    const two = await mention(scene, [ann, bob], id)
    const three = await mention(scene, [ann], id)
    const place = ({ messageId }: typeof one) => ({ conversationId: id, messageId })
    expect(await countsOf(scene, bob, id)).toEqual([3, 2])
    await editMessage(deps, ann, { ...place(one), body: text('nobody else') })
    expect(await countsOf(scene, bob, id)).toEqual([3, 2])
    await editMessage(deps, ann, { ...place(one), body: text('you'), mentions: [cat.userId] })
    expect(await countsOf(scene, bob, id)).toEqual([3, 1])
    expect(await countsOf(scene, cat, id)).toEqual([3, 1])
    const both = [bob.userId, ann.userId]
    await editMessage(deps, ann, { ...place(three), body: text('both'), mentions: both })
    expect(await countsOf(scene, bob, id)).toEqual([3, 2])
    await hideMessage(deps, bob, place(three))
    expect(await countsOf(scene, bob, id)).toEqual([2, 1])
    await deleteMessage(deps, ann, place(two))
    expect(await countsOf(scene, bob, id)).toEqual([1, 0])
    const { mentions } = world.database.tables
    expect(await world.database.read.select().from(mentions)).toHaveLength(2)
  })

  test('[RCP11] a message that mentions nobody, or its sender alone, leaves nothing behind', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, world } = scene
    const { id } = await newGroup(world, [ann, bob])
    await scene.sayOften(ann, id, 3)
    await mention(scene, [ann, ann], id)
    const { mentions } = world.database.tables
    expect(await world.database.read.select().from(mentions)).toEqual([])
  })

  test('[RCP11] messages that are older than the counting are counted too', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, world, deps } = scene
    const { id } = await newGroup(world, [ann, bob, cat])
    await scene.sayOften(ann, id, 2)
    await mention(scene, [ann, bob, cat, ann], id)
    const one = await mention(scene, [bob, cat, ann], id)
    const two = await mention(scene, [bob, cat], id)
    const place = ({ messageId }: typeof one) => ({ conversationId: id, messageId })
    await editMessage(deps, bob, { ...place(one), body: text('you'), mentions: [cat.userId] })
    await deleteMessage(deps, bob, place(two))
    const { mentions } = world.database.tables
    const rows = () =>
      world.database.read.select().from(mentions).orderBy(mentions.seq, mentions.userKey)
    const before = await rows()
    await world.database.tx((tx) => tx.delete(mentions))
    await fillAgain(engine, world.database.url)
    expect(await rows()).toEqual(before)
    expect(before).toHaveLength(3)
    expect(await countsOf(scene, cat, id)).toEqual([4, 2])
  })
})
