import type { Signal } from '@tidings/protocol/wire'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createExchange, createMemoryBroker } from './support/memory-broker.ts'
import type { Typist } from '../../src/realtime/realtime.ts'
import { FakeDatabase, idOf, type Place } from './support/fake-database.ts'
import { openTestNode, settle } from './support/nodes.ts'
import { RecordingConnection } from './support/recording-connection.ts'

const [ann, bob, cat] = [1, 2, 3]

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

function typist(place: Place, userKey: number): Typist {
  return {
    streamKey: place.m,
    conversationId: place.id,
    userKey,
    userId: idOf(userKey),
  }
}

const types = (signals: readonly Signal[]) => signals.map(({ type }) => type)

async function startConversation() {
  const database = new FakeDatabase()
  const place = database.createConversation([ann, bob])
  const node = await openTestNode(database)
  const connect = (userKey: number) => new RecordingConnection(userKey).register(node.realtime)
  return {
    database,
    place,
    node,
    typing: node.realtime.typing,
    annHere: connect(ann),
    bobHere: connect(bob),
    catHere: connect(cat),
    [Symbol.asyncDispose]: () => node.realtime.close(),
  }
}

test('[SIG1] a start and a stop reach the other members, not the typist and not others', async () => {
  await using talk = await startConversation()
  talk.typing.start(typist(talk.place, ann))
  talk.typing.stop(typist(talk.place, ann))
  await settle()
  expect(talk.bobHere.signals).toEqual([
    {
      type: 'typing.started',
      timestamp: Date.now(),
      body: { conversationId: talk.place.id, userId: idOf(ann) },
    },
    {
      type: 'typing.stopped',
      timestamp: Date.now(),
      body: { conversationId: talk.place.id, userId: idOf(ann) },
    },
  ])
  expect([talk.annHere.signals, talk.catHere.signals]).toEqual([[], []])
  expect(talk.database.head(talk.place.m)).toBe(0)
})

test('[SIG1] who has left the conversation gets no more signals, who has joined gets them', async () => {
  await using talk = await startConversation()
  talk.typing.start(typist(talk.place, ann))
  await settle()
  talk.node.announce(talk.database.leave(talk.place, bob))
  talk.node.announce(talk.database.join(talk.place, cat))
  talk.typing.stop(typist(talk.place, ann))
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.started'])
  expect(types(talk.catHere.signals)).toEqual(['typing.stopped'])
})

test('[SIG3] typing that is not repeated ends by itself after 6 seconds', async () => {
  await using talk = await startConversation()
  talk.typing.start(typist(talk.place, ann))
  await vi.advanceTimersByTimeAsync(5999)
  expect(types(talk.bobHere.signals)).toEqual(['typing.started'])
  await vi.advanceTimersByTimeAsync(1)
  expect(types(talk.bobHere.signals)).toEqual(['typing.started', 'typing.stopped'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(talk.bobHere.signals).toHaveLength(2)
})

test('[SIG3] a repeated start gives the typist another 6 seconds, also one that is not passed on', async () => {
  await using talk = await startConversation()
  talk.typing.start(typist(talk.place, ann))
  await vi.advanceTimersByTimeAsync(1500)
  talk.typing.start(typist(talk.place, ann))
  await vi.advanceTimersByTimeAsync(5999)
  expect(types(talk.bobHere.signals)).toEqual(['typing.started'])
  await vi.advanceTimersByTimeAsync(1)
  expect(types(talk.bobHere.signals)).toEqual(['typing.started', 'typing.stopped'])
})

test('[SIG4] the message of the typist ends his typing, that of another one does not', async () => {
  await using talk = await startConversation()
  talk.typing.start(typist(talk.place, ann))
  talk.node.announce(talk.database.send(talk.place, bob))
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.started'])
  talk.node.announce(talk.database.send(talk.place, ann))
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.started', 'typing.stopped'])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(talk.bobHere.signals).toHaveLength(2)
})

test('[SIG4] the end of the last connection of the typist ends his typing', async () => {
  await using talk = await startConversation()
  const phone = new RecordingConnection(ann).register(talk.node.realtime)
  talk.typing.start(typist(talk.place, ann))
  phone.leave()
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.started'])
  talk.annHere.leave()
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.started', 'typing.stopped'])
})

test('[SIG5] a start repeated within 2 seconds is not passed on, a later one is', async () => {
  await using talk = await startConversation()
  for (let at = 0; at < 5; at += 1) {
    talk.typing.start(typist(talk.place, ann))
    await vi.advanceTimersByTimeAsync(499)
  }
  expect(types(talk.bobHere.signals)).toEqual(['typing.started'])
  talk.typing.start(typist(talk.place, ann))
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.started', 'typing.started'])
})

test('[SIG5] starting and stopping in turn, however fast, passes on 6 signals in 2 seconds, a stop last', async () => {
  await using talk = await startConversation()
  for (let round = 0; round < 1000; round += 1) {
    talk.typing.start(typist(talk.place, ann))
    talk.typing.stop(typist(talk.place, ann))
  }
  await settle()
  expect(talk.bobHere.signals).toHaveLength(6)
  expect(talk.bobHere.signals.at(-1)?.type).toBe('typing.stopped')
  await vi.advanceTimersByTimeAsync(2000)
  talk.typing.start(typist(talk.place, ann))
  await settle()
  expect(talk.bobHere.signals).toHaveLength(7)
})

test('[SIG5] only stopping, again and again, passes on one stop', async () => {
  await using talk = await startConversation()
  for (let round = 0; round < 100; round += 1) talk.typing.stop(typist(talk.place, ann))
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.stopped'])
})

test('[SIG1] [SIG3] a typist who moves to another node is that node’s: one end is told, at its time', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  const exchange = createExchange()
  await using one = await openTestNode(database, createMemoryBroker(exchange))
  await using two = await openTestNode(database, createMemoryBroker(exchange))
  const bobHere = new RecordingConnection(bob).register(one.realtime)
  one.realtime.typing.start(typist(place, ann))
  await vi.advanceTimersByTimeAsync(3000)
  two.realtime.typing.start(typist(place, ann))
  await vi.advanceTimersByTimeAsync(5999)
  expect(types(bobHere.signals)).toEqual(['typing.started', 'typing.started'])
  await vi.advanceTimersByTimeAsync(1)
  expect(types(bobHere.signals)).toEqual(['typing.started', 'typing.started', 'typing.stopped'])
})

test('[SIG1] a stop told to another node than the start ends the typing, once', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  const exchange = createExchange()
  await using one = await openTestNode(database, createMemoryBroker(exchange))
  await using two = await openTestNode(database, createMemoryBroker(exchange))
  const bobHere = new RecordingConnection(bob).register(one.realtime)
  one.realtime.typing.start(typist(place, ann))
  await settle()
  two.realtime.typing.stop(typist(place, ann))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(types(bobHere.signals)).toEqual(['typing.started', 'typing.stopped'])
})

test('[SIG1] a database that does not answer loses signals and nothing else', async () => {
  await using talk = await startConversation()
  talk.database.failing = true
  talk.typing.start(typist(talk.place, ann))
  await settle()
  talk.database.failing = false
  talk.typing.stop(typist(talk.place, ann))
  await settle()
  expect(types(talk.bobHere.signals)).toEqual(['typing.stopped'])
})

test('[SIG1] [SIG5] a stop stays behind its start, also when the members must be looked up first and the answers cross', async () => {
  const waits = [300, 100, 200]
  const delay = (what: string) =>
    what === 'audience answered'
      ? new Promise<void>((resolve) => void setTimeout(resolve, waits.shift() ?? 0))
      : Promise.resolve()
  const database = new FakeDatabase({ delay })
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  node.realtime.typing.start(typist(place, ann))
  node.realtime.typing.stop(typist(place, ann))
  await vi.advanceTimersByTimeAsync(150)
  node.realtime.typing.start(typist(place, ann))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(types(bobHere.signals)).toEqual(['typing.started', 'typing.stopped', 'typing.started'])
})
