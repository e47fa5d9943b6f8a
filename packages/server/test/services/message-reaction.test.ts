import { randomUUID } from 'node:crypto'
import { reactionTextSchema } from '@tidings/protocol'
import type { Event, MessageBody, ReactInput, Sent } from '@tidings/protocol/wire'
import { and, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { addMembers } from '../../src/services/group/add-members.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { getMessage, listMessages } from '../../src/services/message-history.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { reactToMessage } from '../../src/services/message-reaction.ts'
import { sendMessage } from '../../src/services/message.ts'
import { hideConversation } from '../../src/services/own-view.ts'
import type { Actor } from '../../src/services/actor.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld, seenBy } from './conversation-world.ts'

const text = (value: string): MessageBody => ({ kind: 'text', text: value })

/** ann's group with bob, in which she has said something. */
async function openScene(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const { deps } = world
  const { ann, bob, cat } = world.users
  const policies = { joinPolicy: 'invite', history: 'joined' } as const
  const made = { name: 'g', userIds: [bob.userId], ...policies }
  const { id: conversationId } = await createGroup(deps, ann, made)
  const say = async (actor: Actor) =>
    (await sendMessage(deps, actor, { conversationId, body: text('hi') })) as Sent
  const { messageId, seq } = await say(ann)
  const react = (actor: Actor, reaction: string, more: Partial<ReactInput> = {}) =>
    reactToMessage(deps, actor, { conversationId, messageId, reaction, ...more })
  const stream = `m:${conversationId}`
  return {
    ...{ world, deps, ann, bob, cat, conversationId, messageId, seq, say, react },
    shown: async (actor: Actor) =>
      (await getMessage(deps, actor, { conversationId, messageId })).reactions,
    told: async () => reactedOf(await eventsOf(world, stream)),
    pulledBy: async (actor: Actor) => reactedOf((await seenBy(world, actor, stream)) ?? []),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

function reactedOf(events: readonly Event[]) {
  return events.flatMap((event) => (event.type === 'message.reacted' ? [event.body] : []))
}

/** So many more events of the one reaction that was given, each naming the one before it, as they stand after long. */
async function chainOf(
  { world: { database }, messageId }: Awaited<ReturnType<typeof openScene>>,
  times: number,
) {
  const { events, streams } = database.tables
  const message = eq(events.messageId, messageId)
  await database.tx(async (tx) => {
    const [row] = await tx
      .select({ streamKey: events.streamKey, newest: events.editSeq })
      .from(events)
      .where(message)
    const { streamKey = 0, newest } = row ?? {}
    const first = newest ?? 0
    const [given] = await tx
      .select()
      .from(events)
      .where(and(eq(events.streamKey, streamKey), eq(events.seq, first)))
    if (given === undefined) throw new Error('no reaction')
    for (let seq = first; seq < first + times; seq += 1000) {
      const rows = Array.from({ length: 1000 }, (_, place) => seq + place)
      const link = (before: number) => ({ ...given, seq: before + 1, editSeq: before })
      await tx.insert(events).values(rows.map(link))
    }
    const head = first + times
    await tx.update(events).set({ editSeq: head }).where(message)
    await tx.update(streams).set({ head }).where(eq(streams.key, streamKey))
  })
}

test('[REA1] a reaction is an emoji or a word of at most 32 bytes', () => {
  const isTaken = (reaction: string) => reactionTextSchema.safeParse(reaction).success
  const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'
  for (const reaction of ['👍', family, 'danke', '+1', 'é'.repeat(16), '"\\%s'])
    expect(isTaken(reaction)).toBe(true)
  const wrong = ['', ' ', 'a b', 'a\n', '\u200b', 'é'.repeat(17), '\ud800', 'a\u0000']
  for (const reaction of wrong) expect(isTaken(reaction)).toBe(false)
})

describeEngines('reactions', (engine) => {
  test('[REA1] several of one user stand on a message, each once, and history counts them', async () => {
    await using chat = await openScene(engine)
    const { ann, bob } = chat
    await chat.react(ann, '👍')
    await chat.react(bob, '👍')
    const answer = await chat.react(bob, 'danke')
    expect(answer.reactions).toEqual([
      { reaction: 'danke', count: 1, own: true },
      { reaction: '👍', count: 2, own: true },
    ])
    expect(await chat.shown(ann)).toEqual([
      { reaction: 'danke', count: 1, own: false },
      { reaction: '👍', count: 2, own: true },
    ])
    const { conversationId } = chat
    await chat.say(bob)
    const { items: messages } = await listMessages(chat.deps, bob, { conversationId })
    expect(messages.map(({ reactions }) => reactions)).toEqual([undefined, answer.reactions])
    const own = { clientMessageId: 'k' }
    const body = text('mine')
    await sendMessage(chat.deps, bob, { conversationId, body, ...own })
    const named = await chat.react(bob, '👍', { messageId: undefined, ...own })
    expect(named).toMatchObject({ body, reactions: [{ count: 1, own: true }] })
  })

  test('[REA2] each change is one event with the count after it; what is so already tells nobody', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, conversationId, messageId, seq } = chat
    await chat.react(ann, '👍')
    await chat.react(ann, '👍')
    await chat.react(bob, '👍')
    await chat.react(bob, 'no', { remove: true })
    await chat.react(ann, '👍', { remove: true })
    await chat.react(ann, '👍', { remove: true })
    const place = { conversationId, messageId, messageSeq: seq, reaction: '👍' }
    const events = [
      { ...place, userId: ann.userId, removed: false, count: 1 },
      { ...place, userId: bob.userId, removed: false, count: 2 },
      { ...place, userId: ann.userId, removed: true, count: 1 },
    ]
    expect(await chat.told()).toEqual(events)
    expect(await chat.pulledBy(bob)).toEqual(events)
    expect(await chat.shown(ann)).toEqual([{ reaction: '👍', count: 1, own: false }])
  })

  test('[REA3] who is no member, has left, or does not see the message may not', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, cat, conversationId } = chat
    expect(await codeOf(chat.react(cat, '👍'))).toBe('NOT_FOUND')
    await addMembers(chat.deps, ann, { conversationId, userIds: [cat.userId] })
    expect(await codeOf(chat.react(cat, '👍'))).toBe('NOT_FOUND')
    await leaveGroup(chat.deps, bob, { conversationId })
    expect(await codeOf(chat.react(bob, '👍'))).toBe('NOT_FOUND')
    expect(await codeOf(chat.react(ann, '👍', { messageId: randomUUID() }))).toBe('NOT_FOUND')
    expect(await chat.told()).toEqual([])
  })

  test('[REA3] [MSG18] [INB4] to what one has hidden or cleared one does not react; others do', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, deps, conversationId, messageId } = chat
    await hideMessage(deps, bob, { conversationId, messageId })
    expect(await codeOf(chat.react(bob, '👍'))).toBe('NOT_FOUND')
    await chat.react(ann, '👍')
    const clientMessageId = 'k'
    await sendMessage(deps, bob, { conversationId, body: text('mine'), clientMessageId })
    await hideConversation(deps, bob, { conversationId })
    const own = { messageId: undefined, clientMessageId }
    expect(await codeOf(chat.react(bob, '👍', own))).toBe('NOT_FOUND')
    expect(await chat.told()).toMatchObject([{ userId: ann.userId }])
  })

  test('[REA3] to a newcomer a reaction to what was said before him says nothing', async () => {
    await using chat = await openScene(engine)
    const { ann, cat, conversationId, messageId, seq } = chat
    await addMembers(chat.deps, ann, { conversationId, userIds: [cat.userId] })
    await chat.react(ann, '👍')
    const place = { conversationId, messageId, messageSeq: seq }
    const nothing = { userId: null, reaction: null, removed: true, count: 0 }
    expect(await chat.pulledBy(cat)).toEqual([{ ...place, ...nothing }])
    expect(await chat.pulledBy(chat.bob)).toMatchObject([{ reaction: '👍', count: 1 }])
  })

  test('[REA4] a message takes 20 different reactions, and further ones of those that it has', async () => {
    await using chat = await openScene(engine)
    const { ann, bob } = chat
    for (let index = 0; index < 20; index += 1) await chat.react(ann, `r${index}`)
    expect(await codeOf(chat.react(bob, 'more'))).toBe('TOO_MANY_REACTIONS')
    await chat.react(bob, 'r7')
    await chat.react(ann, 'r0', { remove: true })
    await chat.react(bob, 'more')
    expect(await chat.shown(bob)).toHaveLength(20)
  })

  test('[REA5] [MSG10] a deletion takes the reactions along, also out of what was told, in any order with edits', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, deps, conversationId, messageId } = chat
    const edit = (value: string) =>
      editMessage(deps, ann, { conversationId, messageId, body: text(value) })
    await chat.react(bob, 'secret')
    await edit('first')
    await chat.react(bob, 'secret', { remove: true })
    await edit('second')
    await chat.react(ann, 'other')
    expect(await chat.shown(bob)).toMatchObject([{ reaction: 'other' }])
    await deleteMessage(deps, ann, { conversationId, messageId })
    expect(await chat.shown(bob)).toBeUndefined()
    expect(await codeOf(chat.react(bob, 'late'))).toBe('NOT_FOUND')
    const { events, reactions, messageVersions } = chat.world.database.tables
    const { read } = chat.world.database
    const kept = JSON.stringify([
      await read.select().from(events),
      await read.select().from(reactions),
      await read.select().from(messageVersions),
    ])
    for (const word of ['secret', 'other', 'first', 'second']) expect(kept).not.toContain(word)
    expect(await chat.pulledBy(bob)).toMatchObject([
      { reaction: null, userId: null },
      { reaction: null },
      { reaction: null },
    ])
  })

  test('[REA5] [MSG10] what was reacted to without end can be deleted, and nothing of it stays', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, deps, conversationId, messageId } = chat
    await chat.react(bob, 'secret')
    await chainOf(chat, 10_000)
    await deleteMessage(deps, ann, { conversationId, messageId })
    const { events } = chat.world.database.tables
    const kept = JSON.stringify(await chat.world.database.read.select().from(events))
    expect(kept).not.toContain('secret')
    expect(kept.match(/"reaction":null/g)).toHaveLength(10_001)
  })

  test('[REA2] reactions of many at once leave each in place, with every count told once', async () => {
    await using chat = await openScene(engine)
    await Promise.all(
      [chat.ann, chat.bob].flatMap((actor) =>
        ['a', 'b', 'a', 'c'].map((reaction) => chat.react(actor, reaction)),
      ),
    )
    expect((await chat.shown(chat.ann))?.map(({ count }) => count)).toEqual([2, 2, 2])
    const counts = (await chat.told()).map(({ reaction, count }) => `${reaction}${count}`)
    expect(counts.toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
  })

  test('[REA6] a reaction that is told to many counts as a message to them does', async () => {
    await using chat = await openScene(engine)
    const taken: number[] = []
    const takeMessages = (_: string, count: number) => taken.push(count) && 0
    const known = { auth: { takeMessages }, realtime: { audienceSize: () => 250 } }
    const deps = { ...chat.deps, ...(known as unknown as Pick<typeof chat.deps, 'auth'>) }
    const { conversationId, messageId } = chat
    await reactToMessage(deps, chat.ann, { conversationId, messageId, reaction: 'a' })
    expect(taken).toEqual([3])
  })

  test('[REA6] reactions count as what a user writes', async () => {
    await using chat = await openScene(engine)
    const auth = { takeMessages: () => 1000 } as unknown as typeof chat.deps.auth
    const { conversationId, messageId } = chat
    const input = { conversationId, messageId, reaction: 'a' }
    const call = reactToMessage({ ...chat.deps, auth }, chat.ann, input)
    await expect(call).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })
})
