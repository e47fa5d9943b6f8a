import type { Event } from '@tidings/protocol/wire'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Audiences } from '../../src/realtime/audiences.ts'
import { jsonOfEvent, type LiveEvent } from '../../src/realtime/live-event.ts'
import { FakeDatabase } from './support/fake-database.ts'
import { openTestNode, settle } from './support/nodes.ts'
import { RecordingConnection } from './support/recording-connection.ts'

const [ann, bob, cat] = [1, 2, 3]

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

test('[LIV1] 1,000 members get every message once, by one reading of the audience', async () => {
  const database = new FakeDatabase()
  const users = Array.from({ length: 1000 }, (_, at) => at + 1)
  const place = database.createConversation(users)
  await using node = await openTestNode(database)
  const connections = users.map((user) => new RecordingConnection(user).register(node.realtime))
  for (let count = 0; count < 20; count += 1) {
    node.announce(database.send(place, ann))
    await settle()
  }
  const expected = Array.from({ length: 20 }, (_, at) => at + 1)
  for (const connection of connections) expect(connection.seqs(`m:${place.id}`)).toEqual(expected)
  expect(database.reads).toBe(1)
  const sizes = ['m', 'r'].map((kind) => node.realtime.audienceSize(`${kind}:${place.id}`))
  expect(sizes).toEqual([1_000, 0])
})

test('[LIV4] an event is one object for all connections, and its JSON is made once', async () => {
  const database = new FakeDatabase()
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const connections = [ann, ann, bob].map((user, session) =>
    new RecordingConnection(user, session).register(node.realtime),
  )
  node.announce(database.send(place, ann))
  await settle()
  const stringify = vi.spyOn(JSON, 'stringify')
  const texts = connections.flatMap(({ live }) => live.map(({ json }) => json))
  const again = connections.flatMap(({ events }) => events.map(jsonOfEvent))
  expect(stringify).toHaveBeenCalledTimes(1)
  stringify.mockRestore()
  expect(new Set([...texts, ...again]).size).toBe(1)
  expect(texts.map((text) => JSON.parse(text) as Event)).toEqual(
    connections.flatMap(({ events }) => events),
  )
})

test('[MSG11] an edit reaches those who see the message with its body, newcomers without, each by one JSON', async () => {
  const database = new FakeDatabase()
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const early = [ann, bob, bob].map((user, session) =>
    new RecordingConnection(user, session).register(node.realtime),
  )
  const late = [cat, cat].map((user, session) =>
    new RecordingConnection(user, session).register(node.realtime),
  )
  node.announce(database.send(place, ann))
  node.announce(database.join(place, cat))
  node.announce(database.leave(place, bob))
  node.announce(database.join(place, bob))
  node.announce(database.edit(place, ann, 1))
  node.announce(database.send(place, ann))
  await settle()
  const edits = (connections: readonly RecordingConnection[]) =>
    connections.flatMap(({ live }) => live.filter(({ event }) => event.type === 'message.edited'))
  const bodyOf = ({ event }: LiveEvent) => 'message' in event.body && event.body.message.body
  expect(edits(early).map(bodyOf)).toEqual(early.map(() => ({ kind: 'text', text: 'edited' })))
  expect(edits(late).map(bodyOf)).toEqual(late.map(() => ({ kind: 'deleted' })))
  expect(new Set(edits(early)).size).toBe(1)
  expect(new Set(edits(late)).size).toBe(1)
  expect(early[0]?.seqs(`m:${place.id}`)).toEqual([1, 2, 3, 4, 5, 6])
  expect(late[0]?.seqs(`m:${place.id}`)).toEqual([3, 4, 5, 6])
})

test('[LIV1] a leaver sees his leaving and nothing after it, back again everything from then on', async () => {
  const database = new FakeDatabase()
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  const rows = [
    ...database.send(place, ann),
    ...database.leave(place, bob),
    ...database.send(place, ann),
    ...database.join(place, bob),
    ...database.send(place, ann),
  ]
  node.announce(rows)
  await settle()
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1, 2, 5])
})

test('[LIV1] receipts after a removal stay hidden although the news of it comes later from another node', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  node.announce(database.receipt(place, ann))
  await settle()
  // Committed elsewhere: nobody has told this node.
  database.leave(place, bob)
  node.announce(database.receipt(place, ann))
  await settle()
  expect(bobHere.seqs(`r:${place.id}`)).toEqual([1])
})

test('[LIV1] one who was removed just before the first event that the node hears of is told', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  database.leave(place, bob)
  node.announce(database.send(place, ann))
  await settle()
  expect(bobHere.events.map(({ type }) => type)).toEqual(['member.left'])
})

test('[LIV2] events wait for a database that does not answer, and then come in order', async () => {
  const database = new FakeDatabase()
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database)
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  database.failing = true
  for (let count = 0; count < 3; count += 1) {
    node.announce(database.send(place, ann))
    await vi.advanceTimersByTimeAsync(1000)
  }
  expect(bobHere.events).toEqual([])
  database.failing = false
  await vi.advanceTimersByTimeAsync(5000)
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1, 2, 3])
})

test('[LIV1] an audience serves rows without a hole, and none after one', () => {
  const audiences = new Audiences()
  const spans = [{ userKey: ann, fromSeq: 1, toSeq: null }]
  audiences.keep('m:a', spans, 5)
  expect(audiences.find('m:a', 6, 8)).toBe(spans)
  expect(audiences.find('m:a', 9, 9)).toBe(spans)
  expect(audiences.find('m:a', 11, 11)).toBeUndefined()
  expect(audiences.find('m:b', 1, 1)).toBeUndefined()
})

test('[LIV1] audiences are bounded by the number of their spans; the least used go first', () => {
  const spans = (count: number) =>
    Array.from({ length: count }, (_, userKey) => ({ userKey, fromSeq: 1, toSeq: null }))
  const audiences = new Audiences(100)
  for (const name of ['m:a', 'm:b', 'm:c']) audiences.keep(name, spans(20), 1)
  audiences.find('m:a', 2, 2)
  audiences.keep('m:d', spans(20), 1)
  expect(['m:a', 'm:b', 'm:c', 'm:d'].map((name) => audiences.findLatest(name)?.length)).toEqual([
    20,
    undefined,
    20,
    20,
  ])
  audiences.keep('m:e', spans(1000), 1)
  expect(audiences.size).toBe(0)
})
