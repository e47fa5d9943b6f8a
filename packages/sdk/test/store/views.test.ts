import type { Conversation, Event, Message } from '@tidings/protocol/wire'
import { TidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/index.ts'
import { conversationOf } from '../support/conversation-of.ts'
import {
  CONVERSATION,
  messageEvent,
  openScene,
  STREAM,
  textTo,
  type Scene,
} from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

const OTHER = '00000000-0000-4000-8000-000000000002'

/** Serves so many messages as history; the newest is the head. */
function history({ server }: Scene, count: number): void {
  const messages = Array.from({ length: count }, (_, index) => messageOf(index + 1)).reverse()
  server.on('sync.heads', () => ({
    epoch: 1,
    watermark: 1,
    heads: count === 0 ? [] : [{ stream: STREAM, head: count, tag: count * 7, floor: 0 }],
    next: null,
  }))
  server.on('message.list', ({ before = Infinity, limit }: { before?: number; limit: number }) => {
    const older = messages.filter(({ seq }) => seq < before)
    return { items: older.slice(0, limit), next: older.length > limit ? 'further' : null }
  })
  server.on('conversation.list', () => ({
    items: [conversationOf({ head: count, lastMessage: messages[0] ?? null })],
    next: null,
  }))
}

function messageOf(seq: number, text?: string): Message {
  const event = messageEvent(seq, text)
  if (event.type !== 'message.created') throw new TypeError('another event')
  return { ...event.body.message, editedAt: null }
}

function changed(type: 'message.edited' | 'message.deleted', seq: number, message: Message): Event {
  return { stream: STREAM, seq, tag: seq * 7, timestamp: seq, type, body: { message } }
}

async function connected(scene: Scene): Promise<void> {
  void scene.client.connect()
  await scene.clock.advance(0)
  await settle()
}

function seqsOf(scene: Scene): (number | undefined)[] {
  return scene.client.store
    .messages(CONVERSATION)
    .get()
    .items.map(({ seq }) => seq)
}

function upTo(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

test('[STO1] a view answers the same object until what it shows has changed, row by row', async () => {
  const scene = openScene()
  history(scene, 3)
  scene.server.on('conversation.list', () => ({
    items: [conversationOf({ head: 3 }), conversationOf({ id: OTHER })],
    next: null,
  }))
  await connected(scene)
  const { store } = scene.client
  const views = [store.conversations, store.messages(OTHER), store.conversation(OTHER), store.user]
  for (const view of views) view.subscribe(() => undefined)
  store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  const before = views.map((view) => view.get())
  expect(views.map((view) => view.get())).toEqual(before)
  const { items } = store.messages(CONVERSATION).get()
  scene.server.push({ kind: 'events', events: [messageEvent(4)] })
  await settle()
  const after = views.map((view) => view.get())
  expect(after[0]).not.toBe(before[0])
  expect(after.slice(1).map((value, index) => value === before[index + 1])).toEqual([
    true,
    true,
    true,
  ])
  expect(store.conversations.get().items.find(({ id }) => id === OTHER)).toBe(before[2])
  const shown = store.messages(CONVERSATION).get().items
  expect(shown.slice(0, 3)).toEqual(items)
  expect(shown.slice(0, 3).every((item, index) => item === items[index])).toBe(true)
  expect(shown).toHaveLength(4)
})

test('[STO1] listeners of events find the store level with what they are told', async () => {
  const scene = openScene()
  history(scene, 0)
  await connected(scene)
  scene.client.store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  const found: (number | undefined)[][] = []
  scene.client.on('message.created', () => found.push(seqsOf(scene)))
  scene.server.push({ kind: 'events', events: [messageEvent(1), messageEvent(2)] })
  await settle()
  expect(found).toEqual([[1], [1, 2]])
})

test('[STO2] conversations are listed once; a later run asks for nothing that has not changed', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  history(first, 3)
  await connected(first)
  expect(first.client.store.conversations.get()).toMatchObject({ complete: true, items: [{}] })
  await first.client.close()

  const second = openScene({ storage })
  history(second, 3)
  await second.client.store.load()
  expect(second.client.store.conversations.get()).toMatchObject({
    complete: true,
    items: [{ id: CONVERSATION, peer: { username: 'bob' } }],
  })
  await connected(second)
  expect(second.server.calls.map(({ path }) => path)).toEqual(['sync.heads'])
})

test('[STO2] what happens while the list is being fetched is part of what it shows', async () => {
  const scene = openScene()
  history(scene, 3)
  let answer: (page: unknown) => void = () => undefined
  scene.server.on('conversation.list', () => new Promise((resolve) => (answer = resolve)))
  await connected(scene)
  scene.server.push({ kind: 'events', events: [messageEvent(4), messageEvent(5)] })
  await settle()
  // Read by the server between the two.
  const items = [conversationOf({ head: 4, unread: 1, lastMessage: messageOf(4) })]
  answer({ items, next: null })
  await settle()
  expect(scene.client.store.conversations.get().items).toMatchObject([
    { head: 5, unread: 2, lastMessage: { seq: 5 } },
  ])
})

test('[STO2] being added somewhere brings the conversation, after a lost answer too', async () => {
  const scene = openScene()
  history(scene, 0)
  await connected(scene)
  scene.server.on('conversation.get', () => {
    throw new TidingsError('UNAVAILABLE')
  })
  scene.client.on('error', () => undefined)
  const body = {
    conversationId: OTHER,
    kind: 'group',
    name: 'Lunch',
    addedBy: 'id-of-bob',
  } as const
  scene.server.push({
    kind: 'events',
    events: [
      {
        ...{ stream: 'u:id-of-ann', seq: 1, tag: 7, timestamp: 9 },
        type: 'conversation.added',
        body: { ...body, memberCount: 3, userIds: [] },
      },
    ],
  })
  await settle()
  expect(scene.client.store.conversation(OTHER).get()).toMatchObject({ name: 'Lunch', unread: 0 })
  scene.server.on('conversation.get', () =>
    conversationOf({ id: OTHER, kind: 'group', name: 'Lunch', memberCount: 3, unread: 7, head: 9 }),
  )
  scene.server.on('sync.heads', () => ({ epoch: 1, watermark: 2, heads: [], next: null }))
  scene.server.socket.drop(1006)
  await scene.clock.advance(60_000)
  await settle()
  expect(scene.client.store.conversation(OTHER).get()).toMatchObject({
    unread: 7,
    peer: { id: 'id-of-bob' },
  })
})

test('[STO3] reading part of what is here is counted here; of what is not, by the server', async () => {
  const scene = openScene()
  history(scene, 0)
  await connected(scene)
  scene.server.on('message.read', () => ({ ok: true }))
  scene.server.push({ kind: 'events', events: upTo(1, 5).map((seq) => messageEvent(seq)) })
  await settle()
  const { store, message } = scene.client
  expect(store.unread.get()).toBe(5)
  const answered = conversationOf({ head: 5, readSeq: 2, unread: 3 })
  scene.server.on('conversation.get', () => answered)
  await message.read({ conversationId: CONVERSATION, seq: 2 })
  await settle()
  expect(store.unread.get()).toBe(3)
  expect(scene.server.callsOf('conversation.get')).toHaveLength(1)
  store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  await message.read({ conversationId: CONVERSATION, seq: 4 })
  expect(store.unread.get()).toBe(1)
  await message.read({ conversationId: CONVERSATION })
  expect(store.unread.get()).toBe(0)
  expect(scene.server.callsOf('conversation.get')).toHaveLength(1)
})

test('[STO4] subscribing brings the newest page, and paging back joins without a hole', async () => {
  const scene = openScene()
  history(scene, 120)
  await connected(scene)
  const list = scene.client.store.messages(CONVERSATION)
  expect(list.get()).toMatchObject({ items: [], hasOlder: true })
  list.subscribe(() => undefined)
  await settle()
  expect(seqsOf(scene)).toEqual(upTo(71, 120))
  scene.server.push({ kind: 'events', events: [messageEvent(121)] })
  await Promise.all([list.loadOlder(), list.loadOlder()])
  expect(seqsOf(scene)).toEqual(upTo(21, 121))
  await list.loadOlder()
  await list.loadOlder()
  expect(seqsOf(scene)).toEqual(upTo(1, 121))
  expect(list.get()).toMatchObject({ hasOlder: false, loading: false })
  expect(scene.server.callsOf('message.list')).toHaveLength(3)
})

test('[STO4] what was fetched once is there without a network, also for the next run', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  history(first, 60)
  await connected(first)
  const list = first.client.store.messages(CONVERSATION)
  const stop = list.subscribe(() => undefined)
  await settle()
  await list.loadOlder()
  stop()
  await first.client.close()

  const second = openScene({ storage })
  second.server.isUnreachable = true
  const later = second.client.store.messages(CONVERSATION)
  later.subscribe(() => undefined)
  await settle()
  expect(seqsOf(second)).toEqual(upTo(11, 60))
  await later.loadOlder()
  expect(seqsOf(second)).toEqual(upTo(1, 60))
  expect(later.get().hasOlder).toBe(false)
})

test('[STO4] a page that cannot be had says why, and can be asked for again', async () => {
  const scene = openScene()
  history(scene, 60)
  await connected(scene)
  const list = scene.client.store.messages(CONVERSATION)
  list.subscribe(() => undefined)
  await settle()
  scene.server.on('message.list', () => {
    throw new TidingsError('RATE_LIMITED')
  })
  await expect(list.loadOlder()).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  expect(list.get()).toMatchObject({ loading: false, error: { code: 'RATE_LIMITED' } })
  history(scene, 60)
  await list.loadOlder()
  expect(list.get()).toMatchObject({ hasOlder: false, error: undefined })
})

test('[STO4] an edit that overtakes the page of its message is not undone by it', async () => {
  const scene = openScene()
  history(scene, 60)
  await connected(scene)
  const list = scene.client.store.messages(CONVERSATION)
  list.subscribe(() => undefined)
  await settle()
  let answer: (page: unknown) => void = () => undefined
  scene.server.on('message.list', () => new Promise((resolve) => (answer = resolve)))
  const loading = list.loadOlder()
  await settle()
  const edited = { ...messageOf(5, 'as meant'), editedAt: 61 }
  scene.server.push({ kind: 'events', events: [changed('message.edited', 61, edited)] })
  await settle()
  answer({
    items: upTo(1, 10)
      .map((seq) => messageOf(seq))
      .reverse(),
    next: null,
  })
  await loading
  expect(list.get().items[4]).toMatchObject({ seq: 5, body: { text: 'as meant' }, editedAt: 61 })
})

test('[STO12] a stream that starts anew is fetched anew', async () => {
  const scene = openScene()
  history(scene, 60)
  await connected(scene)
  const list = scene.client.store.messages(CONVERSATION)
  list.subscribe(() => undefined)
  await settle()
  await list.loadOlder()
  scene.server.epoch = 2
  history(scene, 20)
  scene.server.on('sync.heads', () => ({
    epoch: 2,
    watermark: 3,
    heads: [{ stream: STREAM, head: 20, tag: 140, floor: 0 }],
    next: null,
  }))
  scene.server.on('conversation.get', () => conversationOf({ head: 20, unread: 4 }))
  scene.server.socket.drop(1006)
  await scene.clock.advance(60_000)
  await settle()
  expect(seqsOf(scene)).toEqual(upTo(1, 20))
  expect(list.get().hasOlder).toBe(false)
  expect(scene.client.store.unread.get()).toBe(4)
})

test('[STO12] who leaves has nothing of the conversation left', async () => {
  const scene = openScene()
  history(scene, 3)
  await connected(scene)
  const list = scene.client.store.messages(CONVERSATION)
  list.subscribe(() => undefined)
  await settle()
  const body = { conversationId: CONVERSATION, userId: 'id-of-ann', removedBy: null }
  const left: Event = { stream: STREAM, seq: 4, tag: 28, timestamp: 4, type: 'member.left', body }
  scene.server.push({ kind: 'events', events: [left] })
  await settle()
  expect(scene.client.store.conversations.get().items).toEqual([])
  expect(list.get().items).toEqual([])
})

test('[STO12] who leaves and is back before the server has answered is in it', async () => {
  const scene = openScene()
  history(scene, 3)
  await connected(scene)
  const answers: ((conversation: Conversation | undefined) => void)[] = []
  scene.server.on(
    'conversation.get',
    () =>
      new Promise((resolve, reject) => {
        answers.push((known) =>
          known === undefined ? reject(new TidingsError('NOT_FOUND')) : resolve(known),
        )
      }),
  )
  const about = { conversationId: CONVERSATION }
  const left: Event = {
    ...{ stream: STREAM, seq: 4, tag: 28, timestamp: 4 },
    type: 'member.left',
    body: { ...about, userId: 'id-of-ann', removedBy: null },
  }
  const added: Event = {
    ...{ stream: 'u:id-of-ann', seq: 1, tag: 7, timestamp: 5 },
    type: 'conversation.added',
    body: { ...about, kind: 'group', name: 'Lunch', addedBy: null, memberCount: 2, userIds: [] },
  }
  scene.server.push({ kind: 'events', events: [left] })
  await settle()
  scene.server.push({ kind: 'events', events: [added] })
  await settle()
  answers.shift()?.(undefined)
  await settle()
  answers.shift()?.(conversationOf({ head: 5, kind: 'group', name: 'Lunch' }))
  await settle()
  expect(scene.client.store.conversations.get().items).toMatchObject([{ name: 'Lunch', head: 5 }])
})

test('[STO13] of a conversation that nobody looks at the newest messages are kept', async () => {
  const storage = memoryStorage()
  const scene = openScene({ storage, messagesKept: 10 })
  history(scene, 0)
  await connected(scene)
  scene.server.push({ kind: 'events', events: upTo(1, 40).map((seq) => messageEvent(seq)) })
  await settle()
  const kept = await storage.read({ from: 'message/', to: 'message0' })
  expect(kept.length).toBeLessThanOrEqual(20)
  expect(kept.length).toBeGreaterThanOrEqual(10)
  history(scene, 40)
  scene.client.store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  expect(seqsOf(scene)).toEqual(upTo(1, 40))
})

test('[STO10] what others have written is marked delivered once it is kept, by default', async () => {
  const scene = openScene()
  history(scene, 0)
  await connected(scene)
  scene.server.push({ kind: 'events', events: upTo(1, 3).map((seq) => messageEvent(seq)) })
  await settle()
  // Nobody waits for the answer.
  expect(scene.server.callsOf('message.delivered').map(({ input }) => input)).toEqual([
    { conversationId: CONVERSATION, seq: 3, late: true },
  ])
  const manual = openScene({ delivered: 'manual' })
  history(manual, 0)
  await connected(manual)
  manual.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  expect(manual.server.callsOf('message.delivered')).toEqual([])
})

test('[STO9] what was read without a network is told with the next one, also by the next run', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  history(first, 0)
  await connected(first)
  first.server.push({ kind: 'events', events: upTo(1, 3).map((seq) => messageEvent(seq)) })
  await settle()
  first.server.isUnreachable = true
  first.server.welcome = () => ({ kind: 'silent' })
  first.server.socket.drop(1006)
  await settle()
  void first.client.message.read({ conversationId: CONVERSATION })
  expect(first.client.store.unread.get()).toBe(0)
  await settle()
  await first.client.close()
  const second = openScene({ storage })
  history(second, 3)
  second.server.on('message.read', () => ({ ok: true }))
  await connected(second)
  expect(second.server.callsOf('message.read').map(({ input }) => input)).toEqual([
    { conversationId: CONVERSATION, seq: 3 },
  ])
})

test('[STO11] typing is told every 3 seconds at most, and a message ends it', async () => {
  const scene = openScene()
  history(scene, 0)
  await connected(scene)
  for (const path of ['typing.start', 'typing.stop']) scene.server.on(path, () => null)
  scene.server.on('message.send', () => new Promise(() => undefined))
  const { typing, message } = scene.client
  for (let key = 0; key < 10; key += 1) await typing.start({ conversationId: CONVERSATION })
  await scene.clock.advance(3000)
  await typing.start({ conversationId: CONVERSATION })
  expect(scene.server.callsOf('typing.start')).toHaveLength(2)
  void message.send(textTo(CONVERSATION, 'done'))
  void message.send(textTo(CONVERSATION, 'and more'))
  await settle()
  expect(scene.server.callsOf('typing.stop')).toHaveLength(1)
})

test('[STO11] who writes is shown until he stops, his message comes, or the signal is too old', async () => {
  const scene = openScene()
  history(scene, 0)
  await connected(scene)
  const { store } = scene.client
  const signal = (type: 'typing.started' | 'typing.stopped', userId: string): void => {
    const body = { conversationId: CONVERSATION, userId }
    scene.server.push({ kind: 'signals', signals: [{ type, timestamp: 1, body }] })
  }
  const who = (): readonly string[] => store.typing(CONVERSATION).get()
  signal('typing.started', 'id-of-bob')
  signal('typing.started', 'id-of-cat')
  await settle()
  expect(who()).toEqual(['id-of-bob', 'id-of-cat'])
  expect(who()).toBe(who())
  scene.server.push({ kind: 'events', events: [messageEvent(1)] })
  await settle()
  expect(who()).toEqual(['id-of-cat'])
  await scene.clock.advance(10_000)
  expect(who()).toEqual([])
})

test('[STO3] [INB1] of conversations that were active at the same moment the younger stands first, as in the answer of the server', async () => {
  const scene = openScene()
  const both = [
    conversationOf({ activeAt: 9, createdAt: 1, id: CONVERSATION }),
    conversationOf({ activeAt: 9, createdAt: 2, id: OTHER }),
  ]
  scene.server.on('conversation.list', () => ({ items: both, next: null }))
  await connected(scene)
  const { items } = scene.client.store.conversations.get()
  expect(items.map(({ id }) => id)).toEqual([OTHER, CONVERSATION])
})
