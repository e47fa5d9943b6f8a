import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { erasedNameKey } from '../../src/services/erased-name.ts'
import { closePlace } from '../../src/services/erased-place.ts'
import { carryOutErasures, eraseNext } from '../../src/services/erasure.ts'
import type { Actor } from '../../src/services/actor.ts'
import { blockUser, listBlocks } from '../../src/services/block.ts'
import { acceptContact, listContacts, requestContact } from '../../src/services/contact.ts'
import { getConversation, openConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { banMember } from '../../src/services/group/ban-member.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { editMessage } from '../../src/services/message-change.ts'
import { listMessages } from '../../src/services/message-history.ts'
import { reactToMessage } from '../../src/services/message-reaction.ts'
import { sendMessage } from '../../src/services/message.ts'
import { updateProfile } from '../../src/services/profile.ts'
import { getUser } from '../../src/services/user.ts'
import { inside } from '../../src/stores/conversation.ts'
import { beginErasure, findNextPlace, listErasures } from '../../src/stores/erasure.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, expectSound, openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

/** In all that she says, and in nothing else. */
const CANARY = 'canary-7f3a'

async function openErasureWorld(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const { ann, bob, cat } = world.users
  const { deps, database } = world
  const { id: direct } = await openConversation(deps, ann, { userId: bob.userId })
  const { id: group } = await newGroup(world, [ann, bob, cat])
  const say = async (actor: Actor, conversationId: string, text: string, key?: string) => {
    const body = { kind: 'text', text } as const
    const sent = await sendMessage(deps, actor, { conversationId, clientMessageId: key, body })
    if (!('messageId' in sent)) throw new Error('one message')
    return sent.messageId
  }
  const begin = () =>
    database.tx(async (tx) => {
      const erased = { key: ann.userKey, id: ann.userId, erasedNameKey: erasedNameKey('ann') }
      await beginErasure(inside(database, tx), erased, await database.now(tx))
    })
  const erase = () => carryOutErasures(deps, { ended: false, take: () => Promise.resolve() })
  const texts = async (actor: Actor, conversationId: string) => {
    const { items: messages } = await listMessages(deps, actor, { conversationId, limit: 100 })
    return messages.map(({ body }) => ('text' in body ? body.text : body.kind)).reverse()
  }
  return { ...world, ann, bob, cat, direct, group, say, begin, erase, texts }
}

/** Everything that any row of any table says, as text. */
async function everything(world: Awaited<ReturnType<typeof openErasureWorld>>): Promise<string> {
  const { tables, read } = world.database
  const rows = await Promise.all(Object.values(tables).map((table) => read.select().from(table)))
  return JSON.stringify(rows)
}

describeEngines('erasing an account', (engine) => {
  test('[EXP5] [EXP7] nothing that he said or told of himself is in any row, and all are told', async () => {
    await using world = await openErasureWorld(engine)
    const { ann, bob, cat, deps, direct, group, say, texts } = world
    await updateProfile(deps, ann, { displayName: `Ann ${CANARY}`, about: CANARY })
    await say(ann, direct, `${CANARY} one`, 'one')
    await say(bob, direct, 'hello ann')
    await say(ann, group, `${CANARY} two`)
    const toCat = await say(cat, group, 'from cat')
    const mentions = [ann.userId, bob.userId]
    const you = { kind: 'text', text: 'you' } as const
    await sendMessage(deps, cat, { conversationId: group, body: you, mentions })
    const body = { kind: 'text', text: `${CANARY} better` } as const
    await editMessage(deps, ann, { conversationId: direct, clientMessageId: 'one', body })
    const place = { conversationId: group, messageId: toCat }
    await reactToMessage(deps, ann, { ...place, reaction: '👍' })
    await reactToMessage(deps, bob, { ...place, reaction: '👍' })
    await world.begin()
    await world.erase()
    const left = await everything(world)
    expect(left).not.toContain(CANARY)
    expect(left).not.toContain('"ann"')
    expect(await texts(bob, direct)).toEqual(['deleted', 'hello ann'])
    expect(await texts(cat, group)).toEqual(['deleted', 'from cat', 'you'])
    const { items: messages } = await listMessages(deps, cat, { conversationId: group, limit: 2 })
    const counted = await world.database.read.select().from(world.database.tables.mentions)
    expect(counted.map(({ userKey }) => userKey)).toEqual([bob.userKey])
    expect(messages[1]?.reactions).toEqual([{ reaction: '👍', count: 1, own: false }])
    const types = (await eventsOf(world, `m:${group}`)).map(({ type }) => type)
    expect(types.slice(-4)).toEqual([
      ...['member.left', 'group.updated', 'message.reacted', 'message.deleted'],
    ])
    const events = await eventsOf(world, `m:${direct}`)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    const made = { creatorId: ann.userId, userIds: [bob.userId, cat.userId] }
    await expectSound(world, group, made)
  })

  test('[EXP5] contacts and those who have blocked him are told, and list him no more', async () => {
    await using world = await openErasureWorld(engine)
    const { ann, bob, cat, deps } = world
    await requestContact(deps, ann, { userId: bob.userId })
    await acceptContact(deps, bob, { userId: ann.userId })
    await blockUser(deps, cat, { userId: ann.userId })
    await world.begin()
    await world.erase()
    expect((await listContacts(deps, bob, { limit: 10 })).items).toEqual([])
    expect((await listBlocks(deps, cat, { limit: 10 })).items).toEqual([])
    const last = async ({ userId }: Actor) => (await eventsOf(world, `u:${userId}`)).at(-1)
    const { userId } = ann
    expect(await last(bob)).toMatchObject({
      type: 'contact.updated',
      body: { userId, state: 'none' },
    })
    expect(await last(cat)).toMatchObject({
      type: 'block.updated',
      body: { userId, blocked: false },
    })
  })

  test('[EXP4] [EXP6] he is found by nobody, comes into nothing, and nobody writes to him', async () => {
    await using world = await openErasureWorld(engine)
    const { ann, bob, cat, deps, direct, say } = world
    await say(bob, direct, 'before')
    const { id: conversationId } = await newGroup(world, [bob])
    await world.begin()
    const { userId } = ann
    const calls: readonly (() => Promise<unknown>)[] = [
      () => getUser(deps, bob, { userId }),
      () => getUser(deps, bob, { username: 'ann' }),
      () => openConversation(deps, cat, { userId }),
      () => requestContact(deps, cat, { userId }),
      () => addMembers(deps, bob, { conversationId, userIds: [userId] }),
    ]
    for (const call of calls) expect(await codeOf(call())).toBe('NOT_FOUND')
    await world.erase()
    for (const call of calls) expect(await codeOf(call())).toBe('NOT_FOUND')
    expect(await codeOf(say(bob, direct, 'after'))).toBe('FORBIDDEN')
    expect(await world.texts(bob, direct)).toEqual(['before'])
    const { peer } = await getConversation(deps, bob, { conversationId: direct })
    expect(peer).toEqual({ id: userId, username: `deleted-${userId.slice(0, 8)}` })
  })

  test('[EXP4] what is on its way in his name when he is erased is refused', async () => {
    await using world = await openErasureWorld(engine)
    const { ann, database, deps, direct, group, say } = world
    await world.begin()
    const [erasure] = await listErasures(database)
    if (erasure === undefined) throw new Error('nothing is under way')
    // His session was looked at before it ended: these calls are those of one who is signed in.
    for (let after = 0; ;) {
      const place = await findNextPlace(database, ann.userKey, after)
      if (place === undefined) break
      await closePlace(deps, erasure, place)
      after = place.messageStreamKey
    }
    expect(await codeOf(say(ann, direct, 'late'))).toBe('FORBIDDEN')
    expect(await codeOf(say(ann, group, 'late'))).toBe('NOT_FOUND')
    expect(await codeOf(updateProfile(deps, ann, { about: 'late' }))).toBe('SESSION_REVOKED')
  })

  test('[EXP6] a ban that is on its way when he is erased leaves none, and nobody is told', async () => {
    await using world = await openErasureWorld(engine)
    const { ann, bob, group, deps, journal, database } = world
    // Between the look at who is meant and the locks.
    const transact: typeof journal.transact = async (work) => {
      await world.begin()
      await world.erase()
      return journal.transact(work)
    }
    await setRole(deps, ann, { conversationId: group, userId: bob.userId, role: 'owner' })
    const before = (await eventsOf(world, `m:${group}`)).length
    const crossing = { ...deps, journal: { ...journal, transact } }
    const place = { conversationId: group, userId: ann.userId }
    expect(await codeOf(banMember(crossing, bob, place))).toBe('NOT_FOUND')
    expect(await database.read.select().from(database.tables.bans)).toEqual([])
    const told = (await eventsOf(world, `m:${group}`)).slice(before).map(({ type }) => type)
    expect(told).not.toContain('member.banned')
  })

  test('[EXP5] after a death in the middle of it the rest is done, and nothing twice', async () => {
    await using world = await openErasureWorld(engine)
    const { ann, bob, database, deps, direct, group, say } = world
    for (let index = 0; index < 60; index += 1) {
      await say(ann, direct, `${CANARY} ${index}`)
      if (index % 30 === 0) await say(bob, group, `between ${index}`)
    }
    await world.begin()
    // The place, and its first portion of 50; whoever did them is gone then.
    for (let portion = 0; portion < 2; portion += 1) {
      const [erasure] = await listErasures(database)
      if (erasure !== undefined) await eraseNext(deps, erasure)
    }
    const half = await world.texts(bob, direct)
    expect(half).toContain('deleted')
    expect(await everything(world)).toContain(CANARY)
    await world.erase()
    expect(await everything(world)).not.toContain(CANARY)
    const deletions = (await eventsOf(world, `m:${direct}`)).filter(
      ({ type }) => type === 'message.deleted',
    )
    expect(deletions).toHaveLength(60)
    const { users } = database.tables
    const [row] = await database.read.select().from(users).where(eq(users.key, ann.userKey))
    expect(row).toMatchObject({ email: null, passwordHash: '', displayName: null })
  })
})
