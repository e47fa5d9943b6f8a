import type { Signal } from '@tidings/protocol/wire'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeDatabase, idOf } from './support/fake-database.ts'
import { openTestNode } from './support/nodes.ts'
import { PresentConnection, RecordingConnection } from './support/recording-connection.ts'

const [ann, bob, cat, dan] = [1, 2, 3, 4]

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** What is gathered has been told. */
const gathered = () => vi.advanceTimersByTimeAsync(60)

async function openNode(delay?: ConstructorParameters<typeof FakeDatabase>[0]) {
  const database = new FakeDatabase(delay)
  const node = await openTestNode(database)
  const connect = (userKey: number) => new PresentConnection(userKey).register(node.realtime)
  return { database, node, connect, [Symbol.asyncDispose]: () => node.realtime.close() }
}

/** ann and bob share a conversation; cat shares one with nobody. */
async function openPair() {
  const world = await openNode()
  const place = world.database.createConversation([ann, bob])
  world.database.createConversation([cat])
  const bobHere = world.connect(bob)
  const catHere = world.connect(cat)
  await gathered()
  return { ...world, place, bobHere, catHere }
}

const told = (signals: readonly Signal[]) =>
  signals.map(({ type, body }) => ('online' in body ? [body.userId, body.online] : [type]))

test('[PRE1] [PRE3] who comes online is told to those who share a conversation with him, once, and not to himself', async () => {
  await using world = await openPair()
  const annHere = world.connect(ann)
  expect(world.node.realtime.presence.isOnline(ann)).toBe(true)
  await gathered()
  expect(world.bobHere.signals).toEqual([
    {
      type: 'presence.changed',
      timestamp: Date.now() - 10,
      body: { userId: idOf(ann), online: true, lastSeenAt: null },
    },
  ])
  expect([annHere.signals, world.catHere.signals]).toEqual([[], []])
})

test('[PRE1] a socket that only calls makes nobody online', async () => {
  await using world = await openPair()
  new RecordingConnection(ann).register(world.node.realtime)
  expect(world.node.realtime.presence.isOnline(ann)).toBe(false)
  const subscribed = world.connect(ann)
  await gathered()
  expect(told(world.bobHere.signals)).toEqual([[idOf(ann), true]])
  subscribed.leave()
  await vi.advanceTimersByTimeAsync(5_100)
  expect(told(world.bobHere.signals)).toEqual([
    [idOf(ann), true],
    [idOf(ann), false],
  ])
})

test('[PRE2] [PRE5] who is gone for 5 seconds is offline since he went', async () => {
  await using world = await openPair()
  const annHere = world.connect(ann)
  await gathered()
  annHere.leave()
  await vi.advanceTimersByTimeAsync(4_990)
  expect(world.node.realtime.presence.isOnline(ann)).toBe(true)
  expect(world.bobHere.signals).toHaveLength(1)
  expect(world.database.seen.size).toBe(0)
  await vi.advanceTimersByTimeAsync(100)
  expect(world.node.realtime.presence.isOnline(ann)).toBe(false)
  const lastSeenAt = world.database.seen.get(ann) ?? 0
  // The fake database's clock stands still: he went so long before the writing.
  expect(world.database.now - lastSeenAt).toBe(5_050)
  expect(world.bobHere.signals[1]).toMatchObject({
    type: 'presence.changed',
    body: { userId: idOf(ann), online: false, lastSeenAt },
  })
})

test('[PRE2] who is back in time was never offline, however often', async () => {
  await using world = await openPair()
  let annHere = world.connect(ann)
  await gathered()
  for (let time = 0; time < 5; time += 1) {
    annHere.leave()
    await vi.advanceTimersByTimeAsync(4_000)
    annHere = world.connect(ann)
    await gathered()
  }
  expect(told(world.bobHere.signals)).toEqual([[idOf(ann), true]])
  expect(world.database.seen.size).toBe(0)
})

test('[PRE2] with two devices he is online until the last one has gone', async () => {
  await using world = await openPair()
  const [phone, desk] = [world.connect(ann), world.connect(ann)]
  await gathered()
  phone.leave()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(told(world.bobHere.signals)).toEqual([[idOf(ann), true]])
  desk.leave()
  await vi.advanceTimersByTimeAsync(5_100)
  expect(told(world.bobHere.signals)).toEqual([
    [idOf(ann), true],
    [idOf(ann), false],
  ])
  expect([phone.signals, desk.signals]).toEqual([[], []])
})

test('[PRE2] who comes back while his going is being written was never offline', async () => {
  let written: () => void = () => undefined
  let held = false
  const delay = async (what: string) => {
    if (what !== 'seen answered' || held) return
    held = true
    await new Promise<void>((resolve) => {
      written = resolve
    })
  }
  await using world = await openNode({ delay })
  world.database.createConversation([ann, bob])
  const bobHere = world.connect(bob)
  const annHere = world.connect(ann)
  await gathered()
  annHere.leave()
  await vi.advanceTimersByTimeAsync(5_100)
  expect(world.node.realtime.presence.isOnline(ann)).toBe(true)
  world.connect(ann)
  written()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told(bobHere.signals)).toEqual([[idOf(ann), true]])
})

test('[PRE3] who has left the conversation is told nothing, who has joined it is', async () => {
  await using world = await openPair()
  world.connect(ann)
  await gathered()
  world.database.leave(world.place, bob)
  world.database.join(world.place, cat)
  world.database.join(world.place, dan)
  world.connect(dan)
  await gathered()
  expect(told(world.bobHere.signals)).toEqual([[idOf(ann), true]])
  expect(told(world.catHere.signals)).toEqual([[idOf(dan), true]])
})

test('[PRE3] a conversation of more than 100 members tells nobody', async () => {
  await using world = await openNode()
  const crowd = Array.from({ length: 101 }, (_, index) => index + 1)
  world.database.createConversation(crowd)
  world.database.createConversation(crowd.slice(1, 101))
  const [second, third] = [world.connect(2), world.connect(3)]
  await gathered()
  expect(told(second.signals)).toEqual([[idOf(3), true]])
  world.connect(1)
  await gathered()
  expect([second.signals.length, third.signals.length]).toEqual([1, 1])
})

test('[PRE7] a storm of reconnects is told in turns, with the same few queries for all of a turn', async () => {
  await using world = await openNode()
  const users = Array.from({ length: 1000 }, (_, index) => index + 1)
  for (let at = 0; at < users.length; at += 50)
    world.database.createConversation(users.slice(at, at + 50))
  const connections = users.map(world.connect)
  expect(world.database.reads).toBe(0)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(world.database.reads).toBe(30)
  expect(connections.map(({ signals }) => signals.length)).toEqual(users.map(() => 49))
})

test('[PRE7] a database that is down for a while delays what is told and loses nothing', async () => {
  await using world = await openPair()
  world.database.failing = true
  const annHere = world.connect(ann)
  await vi.advanceTimersByTimeAsync(2_000)
  annHere.leave()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(world.bobHere.signals).toEqual([])
  world.database.failing = false
  await vi.advanceTimersByTimeAsync(10_000)
  expect(told(world.bobHere.signals).at(-1)).toEqual([idOf(ann), false])
})

test('[PRE8] a node that stops tells nobody, and writes when its users were last seen', async () => {
  await using world = await openPair()
  world.connect(ann)
  const stubborn = Object.assign(new PresentConnection(dan), { close: () => undefined })
  stubborn.register(world.node.realtime)
  await gathered()
  const drained = world.node.realtime.drain()
  await vi.advanceTimersByTimeAsync(6_000)
  await drained
  await world.node.realtime.close()
  expect(told(world.bobHere.signals)).toEqual([[idOf(ann), true]])
  expect([...world.database.seen.keys()].sort()).toEqual([ann, bob, cat, dan])
  const agoOf = (userKey: number) => world.database.now - (world.database.seen.get(userKey) ?? 0)
  expect(agoOf(ann)).toBeGreaterThan(5_000)
  expect(agoOf(dan)).toBe(0)
})
