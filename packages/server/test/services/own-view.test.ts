import { randomUUID } from 'node:crypto'
import { FOREVER, LIMITS } from '@tidings/protocol/wire'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import {
  countUnread,
  listConversations,
  openConversation,
} from '../../src/services/conversation.ts'
import { joinGroup } from '../../src/services/group/join.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { listMessages } from '../../src/services/message-history.ts'
import { hideConversation, markUnread, updatePreference } from '../../src/services/own-view.ts'
import { countMessageReceipts } from '../../src/services/receipt.ts'
import { describeEngines } from '../support/databases.ts'
import { addedOf, codeOf, eventsOf, nextMillisecond, say } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'
import { openOwnWorld } from './own-world.ts'

describeEngines('what a member does with a conversation for himself', (engine) => {
  test('[INB2] a preference is the whole of what was set, told to the own devices once, and to nobody else', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, view, toldOf } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    const unset = { mutedUntil: null, archived: false, pinnedAt: null, data: null }
    expect((await view(bob, conversationId)).preference).toEqual(unset)
    const muted = await updatePreference(deps, bob, { conversationId, mutedUntil: FOREVER })
    expect(muted).toEqual({ ...unset, mutedUntil: FOREVER })
    const data = { colour: 'red', nested: [1, { deep: null }] }
    const set = await updatePreference(deps, bob, { conversationId, pinned: true, data })
    expect(set).toMatchObject({ mutedUntil: FOREVER, archived: false, data })
    expect(set.pinnedAt).toBeGreaterThan(0)
    // As it is already.
    expect(await updatePreference(deps, bob, { conversationId, pinned: true, data })).toEqual(set)
    expect(await updatePreference(deps, bob, { conversationId })).toEqual(set)
    expect((await view(bob, conversationId)).preference).toEqual(set)
    expect((await view(ann, conversationId)).preference).toEqual(unset)
    const cleared = await updatePreference(deps, bob, {
      ...{ conversationId, mutedUntil: null, pinned: false, data: null },
    })
    expect(cleared).toEqual(unset)
    const told = await toldOf(bob, 'conversation.preferenceUpdated')
    expect(told).toEqual(
      [muted, set, cleared].map((preference) => ({ conversationId, preference })),
    )
    expect(await toldOf(ann, 'conversation.preferenceUpdated')).toEqual([])
    expect(await eventsOf(world, `m:${conversationId}`)).toEqual([])
  })

  test("[INB2] a preference waits for who has left, and is nobody else's", async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, view } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob], { joinPolicy: 'open' })
    await updatePreference(deps, bob, { conversationId, archived: true })
    await leaveGroup(deps, bob, { conversationId })
    const change = { conversationId, archived: false }
    expect(await codeOf(updatePreference(deps, bob, change))).toBe('NOT_FOUND')
    expect(await codeOf(updatePreference(deps, cat, change))).toBe('NOT_FOUND')
    await joinGroup(deps, bob, { conversationId })
    expect((await view(bob, conversationId)).preference.archived).toBe(true)
  })

  test('[INB1] a list holds all but what is hidden, or what it is asked for', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, list } = scene
    const names = ['plain', 'archived', 'muted', 'over', 'pinned', 'unread', 'hidden'] as const
    const ids = new Map<string, string>()
    for (const name of names) ids.set(name, (await newGroup(world, [ann, bob])).id)
    const idOf = (name: (typeof names)[number]) => ids.get(name) ?? ''
    const set = (name: (typeof names)[number], preference: object) =>
      updatePreference(deps, bob, { conversationId: idOf(name), ...preference })
    await set('archived', { archived: true })
    await set('muted', { mutedUntil: FOREVER })
    await set('over', { mutedUntil: 1 })
    await set('pinned', { pinned: true })
    await nextMillisecond(world)
    await say(world, ann, idOf('unread'))
    await hideConversation(deps, bob, { conversationId: idOf('hidden') })
    const all = [...names].reverse().map(idOf)
    // The one that was written to is the newest.
    const order = [idOf('unread'), ...all.filter((id) => id !== idOf('unread'))]
    const without = (...gone: (typeof names)[number][]) =>
      order.filter((id) => !gone.map(idOf).includes(id))
    expect(await list(bob)).toEqual(without('hidden'))
    expect(await list(bob, { hidden: 'with' })).toEqual(order)
    expect(await list(bob, { hidden: 'only' })).toEqual([idOf('hidden')])
    expect(await list(bob, { archived: 'only' })).toEqual([idOf('archived')])
    expect(await list(bob, { archived: 'without' })).toEqual(without('hidden', 'archived'))
    expect(await list(bob, { muted: 'only' })).toEqual([idOf('muted')])
    expect(await list(bob, { muted: 'without' })).toEqual(without('hidden', 'muted'))
    expect(await list(bob, { pinned: 'only' })).toEqual([idOf('pinned')])
    expect(await list(bob, { pinned: 'without' })).toEqual(without('hidden', 'pinned'))
    expect(await list(bob, { unread: 'only' })).toEqual([idOf('unread')])
    expect(await list(bob, { unread: 'without', hidden: 'with' })).toEqual(without('unread'))
    expect(await list(bob, { archived: 'only', muted: 'only' })).toEqual([])
    // Nobody else's list depends on it.
    expect(await list(ann)).toEqual(order)
  })

  test('[INB1] [S1.4] pages by number hold the same list, and by cursor go on in what was asked for', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, list } = scene
    for (let i = 0; i < 7; i += 1) {
      const { id: conversationId } = await newGroup(world, [ann, bob])
      if (i % 2 === 0) await updatePreference(deps, bob, { conversationId, archived: true })
    }
    const all = await list(bob)
    expect([
      ...(await list(bob, { page: 1, limit: 3 })),
      ...(await list(bob, { page: 2, limit: 3 })),
      ...(await list(bob, { page: 3, limit: 3 })),
    ]).toEqual(all)
    expect(await list(bob, { page: 4, limit: 3 })).toEqual([])
    const archived = await list(bob, { archived: 'only' })
    expect(archived).toHaveLength(4)
    const first = await listConversations(deps, bob, { archived: 'only', limit: 3 })
    const rest = await list(bob, { archived: 'only', cursor: first.next ?? '' })
    expect([...first.items.map(({ id }) => id), ...rest]).toEqual(archived)
    const both = list(bob, { page: 1, cursor: first.next ?? '' })
    expect(await codeOf(both)).toBe('INVALID_INPUT')
    const page = LIMITS.pageOffset / 50 + 2
    expect(await codeOf(list(bob, { page, limit: 50 }))).toBe('INVALID_INPUT')
  })

  test('[INB3] the total is the sum of what the conversations tell, and what is muted of it', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, sayOften, read } = scene
    const total = () => countUnread(deps, bob)
    const nothing = { unread: 0, conversations: 0 }
    expect(await total()).toEqual({ ...nothing, muted: nothing })
    const one = await newGroup(world, [ann, bob])
    const two = await newGroup(world, [ann, bob, cat])
    await newGroup(world, [ann, bob])
    await newGroup(world, [ann, cat])
    await sayOften(ann, one.id, 3)
    await sayOften(cat, two.id, 2)
    expect(await total()).toEqual({ unread: 5, conversations: 2, muted: nothing })
    await updatePreference(deps, bob, { conversationId: two.id, mutedUntil: FOREVER })
    const muted = { unread: 2, conversations: 1 }
    expect(await total()).toEqual({ unread: 5, conversations: 2, muted })
    await read(bob, one.id, 2)
    expect(await total()).toEqual({ unread: 3, conversations: 2, muted })
    await hideConversation(deps, bob, { conversationId: one.id })
    expect(await total()).toEqual({ unread: 2, conversations: 1, muted })
    await leaveGroup(deps, bob, { conversationId: two.id })
    expect(await total()).toEqual({ ...nothing, muted: nothing })
  })

  test('[INB1] [INB3] what is unread in many conversations is counted in portions, between which others go on', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, list } = scene
    const { conversations, events, streams } = world.database.tables
    // Portions go by what there may be to look through.
    const [groups, written] = [12, 4000]
    for (let i = 0; i < groups; i += 1) await newGroup(world, [ann, bob])
    await world.database.tx(async (tx) => {
      for (const { streamKey } of await tx
        .select({ streamKey: conversations.messageStreamKey })
        .from(conversations)) {
        const rows = [1, 2, 3].map((seq) => ({
          ...{ streamKey, seq, ts: 1, type: 20, tag: 7, actorKey: bob.userKey },
          ...{ messageId: randomUUID(), payloadHash: 5, body: { kind: 'text', text: 'x' } },
        }))
        await tx.insert(events).values(rows)
        await tx.update(streams).set({ head: written }).where(eq(streams.key, streamKey))
      }
    })
    // Turns that others have had when it is done; those of the engine itself are none.
    const turnsDuring = async (work: () => Promise<unknown>) => {
      let [turns, isDone] = [0, false]
      const turn = () => {
        turns += 1
        if (!isDone) setImmediate(turn)
      }
      setImmediate(turn)
      await work()
      isDone = true
      return turns
    }
    const portions = groups / 2
    const nothing = { unread: 0, conversations: 0 }
    let total: unknown
    const counting = async () => {
      total = await countUnread(deps, ann)
    }
    expect(await turnsDuring(counting)).toBeGreaterThanOrEqual(portions)
    expect(total).toEqual({
      unread: groups * 3,
      conversations: groups,
      muted: nothing,
    })
    expect(await countUnread(deps, bob)).toEqual({ ...nothing, muted: nothing })
    const listing = async () => {
      expect(await list(bob, { unread: 'only' })).toEqual([])
      expect(await list(bob, { unread: 'without' })).toHaveLength(groups)
    }
    expect(await turnsDuring(listing)).toBeGreaterThanOrEqual(portions * 2)
    expect(await list(ann, { unread: 'only' })).toHaveLength(groups)
  })

  test('[INB4] [S0.4] a hidden conversation is out of the list until something is sent, and shows only that', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, view, list, sayOften, toldOf } = scene
    const { id: conversationId } = await openConversation(deps, ann, { userId: bob.userId })
    await sayOften(ann, conversationId, 3)
    const before = await view(ann, conversationId)
    await hideConversation(deps, bob, { conversationId })
    expect(await list(bob)).toEqual([])
    const hidden = await view(bob, conversationId)
    expect(hidden).toMatchObject({ hidden: true, clearedSeq: 3, unread: 0, lastMessage: null })
    const history = async () =>
      (await listMessages(deps, bob, { conversationId })).items.map(({ seq }) => seq)
    expect(await history()).toEqual([])
    expect((await listMessages(deps, bob, { conversationId, after: 0 })).items).toEqual([])
    // Twice is once.
    await hideConversation(deps, bob, { conversationId })
    expect(await toldOf(bob, 'conversation.hidden')).toEqual([{ conversationId, clearedSeq: 3 }])
    // The other one notices nothing.
    expect(await view(ann, conversationId)).toEqual(before)
    expect(await toldOf(ann, 'conversation.hidden')).toEqual([])
    await say(world, ann, conversationId)
    expect(await list(bob)).toEqual([conversationId])
    expect(await view(bob, conversationId)).toMatchObject({ hidden: false, unread: 1 })
    expect((await view(bob, conversationId)).lastMessage?.seq).toBe(4)
    expect(await history()).toEqual([4])
  })

  test('[INB4] [MSG18] it stays hidden when each message that was sent since is hidden', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, view, list } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    await hideConversation(deps, bob, { conversationId })
    await say(world, ann, conversationId)
    expect(await list(bob)).toEqual([conversationId])
    const { items: messages } = await listMessages(deps, bob, { conversationId })
    const messageId = messages[0]?.id ?? ''
    await hideMessage(deps, bob, { conversationId, messageId })
    expect(await list(bob)).toEqual([])
    expect(await view(bob, conversationId)).toMatchObject({ hidden: true, lastMessage: null })
    await say(world, ann, conversationId)
    expect(await list(bob)).toEqual([conversationId])
  })

  test('[INB4] what was not known to whoever hides stays, and comes with the conversation', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, view, list, sayOften, toldOf, world } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob])
    await sayOften(ann, conversationId, 5)
    await hideConversation(deps, bob, { conversationId, seq: 3 })
    expect(await list(bob)).toEqual([conversationId])
    expect(await view(bob, conversationId)).toMatchObject({
      hidden: false,
      unread: 2,
      clearedSeq: 3,
    })
    await hideConversation(deps, bob, { conversationId, seq: 5 })
    expect(await list(bob)).toEqual([])
    // What is cleared stays so.
    await hideConversation(deps, bob, { conversationId, seq: 1 })
    expect(await toldOf(bob, 'conversation.hidden')).toHaveLength(2)
    expect(await view(bob, conversationId)).toMatchObject({ hidden: true, clearedSeq: 5 })
    const seen = await countMessageReceipts(deps, ann, { conversationId, seq: 2 })
    expect(seen, 'nobody learns of it by the counts').toEqual({ delivered: 0, read: 0, members: 1 })
  })

  test('[INB4] an empty conversation can be hidden, and coming back into a group shows it again, empty', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, cat, deps, world, view, list, sayOften } = scene
    const { id: conversationId } = await newGroup(world, [ann, bob], {
      ...{ joinPolicy: 'open', history: 'all' },
    })
    await hideConversation(deps, bob, { conversationId })
    expect(await list(bob)).toEqual([])
    // Neither changes of the group nor comings and goings are something new.
    await joinGroup(deps, cat, { conversationId })
    expect(await list(bob)).toEqual([])
    await sayOften(ann, conversationId, 2)
    await hideConversation(deps, bob, { conversationId })
    await leaveGroup(deps, bob, { conversationId })
    expect(await codeOf(hideConversation(deps, bob, { conversationId }))).toBe('NOT_FOUND')
    await joinGroup(deps, bob, { conversationId })
    expect(await list(bob)).toEqual([conversationId])
    expect(await view(bob, conversationId)).toMatchObject({ hidden: false, lastMessage: null })
    expect((await listMessages(deps, bob, { conversationId })).items).toEqual([])
  })

  test('[INB6] notes to oneself are one conversation of one, and nothing in it is unread', async () => {
    await using scene = await openOwnWorld(engine)
    const { ann, bob, deps, world, unread, view } = scene
    const opened = await Promise.all([
      openConversation(deps, ann, { userId: ann.userId }),
      openConversation(deps, ann, { username: 'ANN' }),
    ])
    const [notes, again] = opened
    expect(again.id).toBe(notes.id)
    expect(notes).toMatchObject({ kind: 'self', memberCount: 1, peer: null, name: null })
    expect(await addedOf(world, ann)).toMatchObject([
      { kind: 'self', addedBy: null, memberCount: 1, userIds: [ann.userId] },
    ])
    await say(world, ann, notes.id)
    expect(await unread(ann, notes.id)).toBe(0)
    expect(await view(ann, notes.id)).toMatchObject({ othersReadSeq: null, head: 1 })
    await markUnread(deps, ann, { conversationId: notes.id, seq: 1 })
    expect(await unread(ann, notes.id)).toBe(0)
    expect(await codeOf(view(bob, notes.id))).toBe('NOT_FOUND')
    expect(await codeOf(leaveGroup(deps, ann, { conversationId: notes.id }))).toBe('NOT_FOUND')
    expect((await openConversation(deps, bob, { userId: bob.userId })).id).not.toBe(notes.id)
  })
})
