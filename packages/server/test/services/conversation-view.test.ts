import { setImmediate as turn } from 'node:timers/promises'
import { LIMITS } from '@tidings/protocol/wire'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { openReceiptWriter } from '../../src/services/receipt-writer.ts'
import { markMessages } from '../../src/services/receipt.ts'
import type { Actor } from '../../src/services/actor.ts'
import {
  getConversation,
  listConversations,
  openConversation,
} from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { listMessages } from '../../src/services/message-history.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { newGroup } from './group-calls.ts'
import { eventsOf, openWorld, say } from './conversation-world.ts'

async function openScene(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const receipts = openReceiptWriter(world.database, world.journal)
  const deps = { ...world.deps, receipts }
  const mark =
    (kind: 'delivered' | 'read') => (actor: Actor, conversationId: string, seq: number) =>
      markMessages(deps, actor, { kind, input: { conversationId, seq } })
  return {
    ...world.users,
    world,
    deps,
    read: mark('read'),
    delivered: mark('delivered'),
    view: (actor: Actor, conversationId: string) =>
      getConversation(deps, actor, { conversationId }),
    async idAt(actor: Actor, conversationId: string, seq: number) {
      const { items: messages } = await listMessages(deps, actor, { conversationId })
      return messages.find((message) => message.seq === seq)?.id ?? ''
    },
    async [Symbol.asyncDispose]() {
      await receipts.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

type Scene = Awaited<ReturnType<typeof openScene>>

async function sayOften(scene: Scene, actor: Actor, id: string, times: number) {
  await Promise.all(Array.from({ length: times }, () => say(scene.world, actor, id)))
}

describeEngines('what a member sees of a conversation', (engine) => {
  test('[CNV19] what is said while others write belongs together', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, deps } = scene
    const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    const { head: before } = await scene.view(ann, id)
    let isTalking = true
    const talking = (async () => {
      for (let round = 0; round < 40; round += 1) await sayOften(scene, bob, id, 5)
      isTalking = false
    })()
    const looks = async (): Promise<void> => {
      while (isTalking) {
        // Reading SQLite takes no turn of the event loop.
        await turn()
        const { items } = await listConversations(deps, ann, { limit: 10 })
        expect(items.map(({ head, unread }) => head - before - unread)).toEqual([0])
        expect(items[0]?.lastMessage?.seq ?? before).toBe(items[0]?.head)
      }
    }
    await Promise.all([talking, looks(), looks(), looks()])
    expect((await scene.view(ann, id)).unread).toBe(200)
  })

  test('[RCP6] unread are the messages of others after the read mark; own ones, members and edits are not', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, cat, world, deps, view } = scene
    const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await sayOften(scene, ann, id, 3)
    await say(world, bob, id)
    await joinGroup(deps, cat, { conversationId: id })
    expect((await view(bob, id)).unread).toBe(3)
    expect((await view(ann, id)).unread).toBe(1)
    await scene.read(bob, id, 2)
    expect((await view(bob, id)).unread).toBe(1)
    const read = { conversationId: id, messageId: await scene.idAt(ann, id, 1) }
    await editMessage(deps, ann, { ...read, body: { kind: 'text', text: 'edited' } })
    expect((await view(bob, id)).unread).toBe(1)
    await scene.read(bob, id, (await view(bob, id)).head)
    expect(await view(bob, id)).toMatchObject({ unread: 0, readSeq: 6 })
  })

  test('[RCP6] a deleted message is not unread', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, deps, view } = scene
    const { id } = await newGroup(world, [ann, bob])
    await sayOften(scene, ann, id, 2)
    await deleteMessage(deps, ann, { conversationId: id, messageId: await scene.idAt(ann, id, 1) })
    expect((await view(bob, id)).unread).toBe(1)
    await deleteMessage(deps, ann, { conversationId: id, messageId: await scene.idAt(ann, id, 2) })
    expect((await view(bob, id)).unread).toBe(0)
  })

  test('[RCP6] nothing before a coming counts, nothing of a time away, and with the whole history everything', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, cat, world, deps, view } = scene
    const joined = await newGroup(world, [ann, bob])
    const whole = await newGroup(world, [ann, bob], { history: 'all' })
    for (const { id } of [joined, whole]) {
      await say(world, ann, id)
      await addMembers(deps, ann, { conversationId: id, userIds: [cat.userId] })
      await say(world, ann, id)
    }
    expect((await view(cat, joined.id)).unread).toBe(1)
    expect((await view(cat, whole.id)).unread).toBe(2)
    await leaveGroup(deps, cat, { conversationId: joined.id })
    await sayOften(scene, ann, joined.id, 3)
    await addMembers(deps, ann, { conversationId: joined.id, userIds: [cat.userId] })
    expect((await view(cat, joined.id)).unread).toBe(0)
    await say(world, ann, joined.id)
    expect((await view(cat, joined.id)).unread).toBe(1)
  })

  test('[RCP6] unread messages are counted to the last one up to 1,000, each conversation of a page for itself', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, deps } = scene
    const quiet = await newGroup(world, [ann, bob])
    const busy = await newGroup(world, [ann, bob])
    await say(world, ann, quiet.id)
    await sayOften(scene, ann, busy.id, LIMITS.unreadCount + 2)
    const unread = async () => {
      const { items } = await listConversations(deps, bob, { limit: 100 })
      return [busy, quiet].map(({ id }) => items.find((item) => item.id === id)?.unread)
    }
    expect(await unread()).toEqual([1000, 1])
    await scene.read(bob, busy.id, 2)
    expect(await unread()).toEqual([1000, 1])
    await scene.read(bob, busy.id, 3)
    expect(await unread()).toEqual([999, 1])
  })

  test('[CNV17] the last message is the newest one that the member sees, edited or deleted as it is by now', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, cat, world, deps, view } = scene
    const { id } = await newGroup(world, [ann, bob])
    expect((await view(bob, id)).lastMessage).toBeNull()
    await sayOften(scene, ann, id, 2)
    await addMembers(deps, ann, { conversationId: id, userIds: [cat.userId] })
    const newest = async (actor: Actor) => (await view(actor, id)).lastMessage
    expect(await newest(bob)).toMatchObject({ seq: 2, senderId: ann.userId, editedAt: null })
    expect(await newest(cat)).toBeNull()
    const ref = { conversationId: id, messageId: await scene.idAt(ann, id, 2) }
    const edited = await editMessage(deps, ann, { ...ref, body: { kind: 'text', text: 'new' } })
    expect(await newest(bob)).toEqual(edited)
    const deleted = await deleteMessage(deps, ann, ref)
    expect(await newest(bob)).toEqual(deleted)
    expect(deleted.body).toEqual({ kind: 'deleted' })
    expect(await newest(cat)).toBeNull()
  })

  test('[CNV17] who has been away sees the newest message of what he saw, not of the time between', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, deps, view } = scene
    const { id } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    const seen = await say(world, ann, id)
    await leaveGroup(deps, bob, { conversationId: id })
    await sayOften(scene, ann, id, 3)
    await joinGroup(deps, bob, { conversationId: id })
    expect((await view(bob, id)).lastMessage?.seq).toBe(seen)
    const later = await say(world, ann, id)
    expect((await view(bob, id)).lastMessage?.seq).toBe(later)
  })

  test('[CNV17] a conversation was active at its newest event, or when it was made, and the list goes by that', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, deps, view } = scene
    const first = await newGroup(world, [ann, bob])
    expect(first.activeAt).toBe(first.createdAt)
    const second = await newGroup(world, [ann, bob])
    await say(world, ann, second.id)
    const messageId = await scene.idAt(ann, second.id, 1)
    await say(world, ann, first.id)
    await editMessage(deps, ann, {
      conversationId: second.id,
      messageId,
      body: { kind: 'text', text: 'edited' },
    })
    const newest = (await eventsOf(world, `m:${second.id}`)).at(-1)
    expect((await view(bob, second.id)).activeAt).toBe(newest?.timestamp)
    const { items } = await listConversations(deps, bob, { limit: 10 })
    expect(items.map(({ id }) => id)).toEqual([second.id, first.id])
    const times = items.map(({ activeAt }) => activeAt)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
  })

  test('[CNV21] as they were made, each is named once, whatever becomes active, is left or made while the pages are read', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, deps } = scene
    const ids: string[] = []
    for (let made = 0; made < 7; made += 1)
      ids.push((await newGroup(world, [ann, bob], { joinPolicy: 'open' })).id)
    const named: string[] = []
    let cursor: string | undefined
    const meanwhile = [
      () => say(world, bob, ids[0] ?? ''),
      () => leaveGroup(deps, ann, { conversationId: ids[3] ?? '' }),
      async () => void ids.push((await newGroup(world, [ann], {})).id),
    ]
    do {
      const page = await listConversations(deps, ann, { order: 'creation', cursor, limit: 2 })
      named.push(...page.items.map(({ id }) => id))
      await meanwhile.shift()?.()
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    // He has left the fourth after it was named, and the page went on from there.
    expect(named).toEqual(ids)
  })

  test('[RCP7] how far the others are is the lowest of their marks, of present members alone', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, cat, world, deps, view } = scene
    const others = async (actor: Actor, id: string) => {
      const { othersDeliveredSeq, othersReadSeq } = await view(actor, id)
      return [othersDeliveredSeq, othersReadSeq]
    }
    const { id } = await newGroup(world, [ann, bob, cat])
    await sayOften(scene, ann, id, 4)
    expect(await others(ann, id)).toEqual([0, 0])
    await scene.read(bob, id, 3)
    expect(await others(ann, id)).toEqual([0, 0])
    await scene.delivered(cat, id, 2)
    expect(await others(ann, id)).toEqual([2, 0])
    expect(await others(cat, id)).toEqual([0, 0])
    await leaveGroup(deps, cat, { conversationId: id })
    expect(await others(ann, id)).toEqual([3, 3])
    await leaveGroup(deps, bob, { conversationId: id })
    expect(await others(ann, id)).toEqual([null, null])
    const direct = await openConversation(deps, ann, { userId: bob.userId })
    expect(await others(ann, direct.id)).toEqual([0, 0])
  })

  test('[RCP7] above 100 members nothing is said of the others', async () => {
    await using scene = await openScene(engine)
    const { ann, bob, world, view } = scene
    const { id } = await newGroup(world, [ann, bob])
    await say(world, ann, id)
    const { conversations } = world.database.tables
    const setCount = (memberCount: number) =>
      world.database.tx(async (tx) => {
        await tx.update(conversations).set({ memberCount }).where(eq(conversations.id, id))
      })
    await setCount(LIMITS.receiptMembers)
    expect((await view(ann, id)).othersReadSeq).toBe(0)
    await setCount(LIMITS.receiptMembers + 1)
    expect(await view(ann, id)).toMatchObject({ othersDeliveredSeq: null, othersReadSeq: null })
  })
})
