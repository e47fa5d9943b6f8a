import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Broker } from '../../src/realtime/broker.ts'
import { createExchange, createMemoryBroker } from './support/memory-broker.ts'
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

/** A broker that carries nothing. */
const dead = (): Broker => createMemoryBroker(createExchange(() => undefined))

test('[LIV5] with the broker dead, a commit of another node is pushed within 3 seconds', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  await using one = await openTestNode(database, dead())
  await using two = await openTestNode(database, dead())
  const bobHere = new RecordingConnection(bob).register(two.realtime)
  for (let seq = 1; seq <= 10; seq += 1) {
    one.announce(database.send(place, ann))
    await vi.advanceTimersByTimeAsync(3000)
    database.now += 3000
    expect(bobHere.seqs(`m:${place.id}`).at(-1)).toBe(seq)
  }
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('[LIV5] a commit that took 10 seconds is found although its time is older than the last check', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database, dead())
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  await vi.advanceTimersByTimeAsync(3000)
  database.now += 10_000
  await vi.advanceTimersByTimeAsync(3000)
  database.now -= 9900
  database.send(place, ann)
  database.now += 9900
  await vi.advanceTimersByTimeAsync(3000)
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1])
})

test('[LIV5] hints make it at once, between nodes that share an exchange', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  const exchange = createExchange()
  await using one = await openTestNode(database, createMemoryBroker(exchange))
  await using two = await openTestNode(database, createMemoryBroker(exchange))
  const bobHere = new RecordingConnection(bob).register(two.realtime)
  one.announce(database.send(place, ann))
  await settle()
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1])
})

test('[LIV5] a broker that may have missed something causes a head check at once', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  const exchange = createExchange(() => undefined)
  await using node = await openTestNode(database, createMemoryBroker(exchange))
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  database.send(place, ann)
  await settle()
  expect(bobHere.events).toEqual([])
  for (const listener of exchange.listeners) listener.missed()
  await settle()
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1])
})

test('[LIV5] a head check that fails is made up for by the next one', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  await using node = await openTestNode(database, dead())
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  await vi.advanceTimersByTimeAsync(3000)
  database.send(place, ann)
  database.failing = true
  await vi.advanceTimersByTimeAsync(30_000)
  database.now += 30_000
  database.failing = false
  await vi.advanceTimersByTimeAsync(3000)
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1])
})

test('[LIV5] hints of streams that do not exist, and absurd heads, push nothing', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const place = database.createConversation([ann, bob])
  const exchange = createExchange()
  const intruder = createMemoryBroker(exchange)
  await using node = await openTestNode(database, createMemoryBroker(exchange))
  const bobHere = new RecordingConnection(bob).register(node.realtime)
  intruder.publish({
    kind: 'hints',
    hints: [
      [999, 1],
      [place.m, 2 ** 50],
      [place.m, 0],
    ],
  })
  await settle()
  expect(bobHere.events).toEqual([])
  node.announce(database.send(place, ann))
  await settle()
  expect(bobHere.seqs(`m:${place.id}`)).toEqual([1])
})

test('[LIV8] revoked sessions are closed at once here and, by a hint, on other nodes', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const exchange = createExchange()
  await using one = await openTestNode(database, createMemoryBroker(exchange))
  await using two = await openTestNode(database, createMemoryBroker(exchange))
  const phones = [one, two].map((node) => new RecordingConnection(ann, 11).register(node.realtime))
  const laptop = new RecordingConnection(ann, 12).register(one.realtime)
  database.ended.add(11)
  one.realtime.sessionsRevoked([11])
  expect(phones[0]?.closes).toEqual([4403])
  await settle()
  expect([phones[1]?.closes, laptop.closes]).toEqual([[4403], []])
})

test('[BRK7] a hint by itself ends no session, and asks nothing of a database that has no answer', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  const exchange = createExchange()
  await using node = await openTestNode(database, createMemoryBroker(exchange))
  const phone = new RecordingConnection(ann, 11).register(node.realtime)
  const intruder = createMemoryBroker(exchange)
  intruder.publish({ kind: 'revoked', sessionKeys: [11] })
  await settle()
  expect(phone.closes).toEqual([])
  database.failing = true
  database.ended.add(11)
  intruder.publish({ kind: 'revoked', sessionKeys: [11] })
  await settle()
  expect(phone.closes).toEqual([])
  database.failing = false
  await vi.advanceTimersByTimeAsync(5_000)
  expect(phone.closes).toEqual([4403])
})

test('[LIV8] with all hints lost, an ended session is closed within 5 seconds, by one query for all', async () => {
  const database = new FakeDatabase()
  await using node = await openTestNode(database)
  const connections = [ann, bob, cat].map((user) =>
    new RecordingConnection(user).register(node.realtime),
  )
  database.ended.add(bob)
  await vi.advanceTimersByTimeAsync(5000)
  expect(connections.map(({ closes }) => closes)).toEqual([[], [4403], []])
  expect(database.reads).toBe(1)
})

test('[LIV8] a session check that fails closes nobody, and the next one is made', async () => {
  const database = new FakeDatabase()
  await using node = await openTestNode(database)
  const connection = new RecordingConnection(ann).register(node.realtime)
  database.failing = true
  database.ended.add(ann)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(connection.closes).toEqual([])
  database.failing = false
  await vi.advanceTimersByTimeAsync(5000)
  expect(connection.closes).toEqual([4403])
})

test('[LIV11] a database that was put back closes all connections', async () => {
  const database = new FakeDatabase({ soleWriter: false })
  await using node = await openTestNode(database, dead())
  const connections = [ann, bob].map((user) =>
    new RecordingConnection(user).register(node.realtime),
  )
  database.epoch = 2
  await vi.advanceTimersByTimeAsync(3000)
  expect(connections.map(({ closes }) => closes)).toEqual([[1012], [1012]])
})

test('[LIV9] draining closes everybody with 1012, spread over 2 seconds, and newcomers at once', async () => {
  const database = new FakeDatabase()
  await using node = await openTestNode(database)
  const connections = Array.from({ length: 400 }, (_, at) =>
    new RecordingConnection(at + 1).register(node.realtime),
  )
  const closed = () => connections.filter(({ closes }) => closes.length > 0).length
  const drained = node.realtime.drain()
  await vi.advanceTimersByTimeAsync(1000)
  expect(closed()).toBeGreaterThan(100)
  expect(closed()).toBeLessThan(300)
  const late = new RecordingConnection(ann).register(node.realtime)
  expect(late.closes).toEqual([1012])
  late.leave()
  await vi.advanceTimersByTimeAsync(1000)
  await drained
  expect(closed()).toBe(400)
  expect(node.realtime.connectionCount()).toBe(0)
})

test('[LIV9] draining does not wait for ever for connections that do not go', async () => {
  const database = new FakeDatabase()
  await using node = await openTestNode(database)
  const stubborn = new RecordingConnection(ann)
  node.realtime.register(stubborn)
  const drained = node.realtime.drain()
  await vi.advanceTimersByTimeAsync(5000)
  await drained
  expect(stubborn.closes).toEqual([1012])
})

test('[SES8] a socket that is held open counts as use of its session', async () => {
  const database = new FakeDatabase({ soleWriter: true })
  await using node = await openTestNode(database)
  const connection = new RecordingConnection(bob).register(node.realtime)
  await vi.advanceTimersByTimeAsync(12 * 60 * 1000)
  expect([...database.touched]).toEqual([connection.sessionKey])
})
