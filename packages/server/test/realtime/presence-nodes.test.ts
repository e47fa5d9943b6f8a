import type { Signal } from '@tidings/protocol/wire'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BrokerMessage } from '../../src/realtime/broker.ts'
import { createExchange, createMemoryBroker, type Carry } from './support/memory-broker.ts'
import { FakeDatabase, idOf } from './support/fake-database.ts'
import { mortal } from './support/mortal-broker.ts'
import { openTestNode } from './support/nodes.ts'
import { PresentConnection } from './support/recording-connection.ts'

const [ann, bob, cat] = [1, 2, 3]

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** What is gathered at one node and told at another has been told. */
const gathered = () => vi.advanceTimersByTimeAsync(200)

/** Nodes on one database, where ann, bob and cat share a conversation. */
async function openNodes(count: number, carry?: Carry) {
  const database = new FakeDatabase({ soleWriter: false })
  database.createConversation([ann, bob, cat])
  const exchange = createExchange(carry)
  const brokers = Array.from({ length: count }, () => mortal(createMemoryBroker(exchange)))
  const nodes = await Promise.all(brokers.map((broker) => openTestNode(database, broker)))
  const nodeAt = (at: number) => {
    const [node, broker] = [nodes[at], brokers[at]]
    if (node === undefined || broker === undefined) throw new Error(`no node ${at}`)
    return { ...node, broker }
  }
  return {
    database,
    exchange,
    connect: (at: number, userKey: number) =>
      new PresentConnection(userKey).register(nodeAt(at).realtime),
    isOnline: (at: number, userKey: number) => nodeAt(at).realtime.presence.isOnline(userKey),
    die: (at: number) => nodeAt(at).broker.die(),
    nodeAt,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node.realtime.close()))
    },
  }
}

const told = (signals: readonly Signal[], userKey: number) =>
  signals.flatMap(({ body }) =>
    'online' in body && body.userId === idOf(userKey) ? [body.online] : [],
  )

test('[PRE9] who comes online at one node is told at the others, once, and asked for there', async () => {
  await using world = await openNodes(3)
  const bobs = [0, 1, 2].map((at) => world.connect(at, bob))
  await gathered()
  const annHere = world.connect(1, ann)
  await gathered()
  expect(bobs.map(({ signals }) => told(signals, ann))).toEqual([[true], [true], [true]])
  expect([0, 1, 2].map((at) => world.isOnline(at, ann))).toEqual([true, true, true])
  expect(told(annHere.signals, ann)).toEqual([])
  annHere.leave()
  await vi.advanceTimersByTimeAsync(5_200)
  expect(bobs.map(({ signals }) => told(signals, ann))).toEqual([
    [true, false],
    [true, false],
    [true, false],
  ])
  const lastSeenAt = world.database.seen.get(ann)
  for (const { signals } of bobs) {
    expect(signals.at(-1)?.body).toEqual({ userId: idOf(ann), online: false, lastSeenAt })
  }
  expect([0, 1, 2].map((at) => world.isOnline(at, ann))).toEqual([false, false, false])
})

test('[PRE9] he is online while a device of his is connected anywhere, and nobody is told of the others', async () => {
  await using world = await openNodes(3)
  const bobs = [0, 1, 2].map((at) => world.connect(at, bob))
  await gathered()
  const phone = world.connect(1, ann)
  await gathered()
  const desk = world.connect(2, ann)
  await gathered()
  phone.leave()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(bobs.map(({ signals }) => told(signals, ann))).toEqual([[true], [true], [true]])
  desk.leave()
  await vi.advanceTimersByTimeAsync(5_200)
  expect(bobs.map(({ signals }) => told(signals, ann))).toEqual([
    [true, false],
    [true, false],
    [true, false],
  ])
})

test('[PRE2] [PRE9] who moves from node to node was never offline', async () => {
  await using world = await openNodes(2)
  const bobs = [0, 1].map((at) => world.connect(at, bob))
  await gathered()
  let annHere = world.connect(0, ann)
  await gathered()
  for (let move = 1; move < 8; move += 1) {
    annHere.leave()
    await vi.advanceTimersByTimeAsync(4_000)
    annHere = world.connect(move % 2, ann)
    await vi.advanceTimersByTimeAsync(3_000)
  }
  expect(bobs.map(({ signals }) => told(signals, ann))).toEqual([[true], [true]])
})

test('[PRE9] two devices at two nodes that go in the same moment are told of once', async () => {
  await using world = await openNodes(3)
  const bobs = [0, 1, 2].map((at) => world.connect(at, bob))
  await gathered()
  const devices = [1, 2].map((at) => world.connect(at, ann))
  await gathered()
  for (const device of devices) device.leave()
  await vi.advanceTimersByTimeAsync(5_300)
  expect(bobs.map(({ signals }) => told(signals, ann))).toEqual([
    [true, false],
    [true, false],
    [true, false],
  ])
})

test('[PRE10] a node that is drained is silent: who does not come back at another is offline there within 30 seconds', async () => {
  await using world = await openNodes(2)
  const bobHere = world.connect(0, bob)
  const stays = world.connect(1, ann)
  await gathered()
  expect(told(bobHere.signals, ann)).toEqual([true])
  const drained = world.nodeAt(1).realtime.drain()
  await vi.advanceTimersByTimeAsync(5_000)
  await drained
  expect(stays.closes).toEqual([1012])
  await vi.advanceTimersByTimeAsync(25_000)
  expect(world.isOnline(0, ann)).toBe(false)
  expect(told(bobHere.signals, ann)).toEqual([true, false])
})

test('[PRE10] a node that dies takes its users with it within 30 seconds, but for those whom another has', async () => {
  await using world = await openNodes(3)
  const bobs = [0, 1].map((at) => world.connect(at, bob))
  world.connect(2, ann)
  world.connect(2, cat)
  await gathered()
  world.database.seen.set(ann, 4711)
  world.die(2)
  await vi.advanceTimersByTimeAsync(3_000)
  world.connect(1, cat)
  await vi.advanceTimersByTimeAsync(10_000)
  expect([world.isOnline(0, ann), world.isOnline(1, ann)]).toEqual([true, true])
  await vi.advanceTimersByTimeAsync(17_000)
  expect([world.isOnline(0, ann), world.isOnline(1, ann)]).toEqual([false, false])
  for (const { signals } of bobs) {
    expect(told(signals, ann)).toEqual([true, false])
    expect(told(signals, cat)).toEqual([true])
    expect(signals.at(-1)?.body).toEqual({ userId: idOf(ann), online: false, lastSeenAt: 4711 })
  }
})

test('[PRE8] [PRE9] a node that stops says of nobody that he has gone; who is not back elsewhere within 5 seconds has gone', async () => {
  await using world = await openNodes(3)
  const stopping = world.nodeAt(1).realtime
  const bobs = [0, 2].map((at) => world.connect(at, bob))
  const anns = world.connect(1, ann)
  world.connect(1, cat)
  await gathered()
  // Whoever closes last is the last to come back.
  const stopped = stopping.drain().then(() => stopping.close())
  await vi.advanceTimersByTimeAsync(200)
  expect(anns.closes).toEqual([1012])
  await vi.advanceTimersByTimeAsync(4_000)
  world.connect(0, cat)
  expect([0, 2].map((at) => world.isOnline(at, ann))).toEqual([true, true])
  await vi.advanceTimersByTimeAsync(2_000)
  await stopped
  expect([0, 2].map((at) => world.isOnline(at, ann))).toEqual([false, false])
  expect([0, 2].map((at) => world.isOnline(at, cat))).toEqual([true, true])
  for (const { signals } of bobs) {
    expect(told(signals, cat)).toEqual([true])
    expect(told(signals, ann)).toEqual([true, false])
    const lastSeenAt = world.database.seen.get(ann)
    expect(signals.at(-1)?.body).toEqual({ userId: idOf(ann), online: false, lastSeenAt })
  }
})

test('[PRE8] [PRE10] the same when its last word is lost: within 30 seconds', async () => {
  const lossy: Carry = (message, deliver) => {
    if (message.kind !== 'bye') deliver()
  }
  await using world = await openNodes(2, lossy)
  const bobHere = world.connect(0, bob)
  world.connect(1, ann)
  world.connect(1, cat)
  await gathered()
  const stopping = world.nodeAt(1).realtime
  const stopped = stopping.drain().then(() => stopping.close())
  await vi.advanceTimersByTimeAsync(6_000)
  await stopped
  world.connect(0, cat)
  await vi.advanceTimersByTimeAsync(24_000)
  expect(told(bobHere.signals, cat)).toEqual([true])
  expect(told(bobHere.signals, ann)).toEqual([true, false])
})

test('[PRE10] a node that starts learns who is online within seconds, and one whose link was broken learns it again', async () => {
  let isCut = false
  const cut: Carry = (_message, deliver) => {
    if (!isCut) deliver()
  }
  await using world = await openNodes(2, cut)
  const bobHere = world.connect(0, bob)
  await gathered()
  isCut = true
  const annHere = world.connect(1, ann)
  await vi.advanceTimersByTimeAsync(60_000)
  expect([told(bobHere.signals, ann), world.isOnline(0, ann)]).toEqual([[], false])
  isCut = false
  for (const listener of world.exchange.listeners) listener.missed()
  await gathered()
  expect([told(bobHere.signals, ann), world.isOnline(0, ann)]).toEqual([[true], true])
  await using late = await openTestNode(world.database, createMemoryBroker(world.exchange))
  // All of it is told once a second at most, however many ask.
  await vi.advanceTimersByTimeAsync(1_200)
  expect(late.realtime.presence.isOnline(ann)).toBe(true)
  annHere.leave()
  await vi.advanceTimersByTimeAsync(5_300)
  expect(late.realtime.presence.isOnline(ann)).toBe(false)
})

test('[PRE11] without a word of another node nothing is sent but signs of life, and who is online costs one small message a change', async () => {
  const sent: BrokerMessage[] = []
  const note: Carry = (message, deliver) => {
    sent.push(message)
    deliver()
  }
  await using world = await openNodes(2, note)
  for (let userKey = 10; userKey < 310; userKey += 1) world.connect(0, userKey)
  await gathered()
  const changes = sent.filter(({ kind }) => kind === 'presence')
  expect(changes).toHaveLength(2)
  for (const message of sent) expect(JSON.stringify(message).length).toBeLessThan(7_000)
  sent.length = 0
  await vi.advanceTimersByTimeAsync(60_000)
  expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(['alive']))
  expect(sent.length).toBeLessThanOrEqual(2 * (60 / 4))
})

/** What somebody does at one of three nodes, and how long it takes until the next. */
const stepArbitrary = fc.record({
  act: fc.constantFrom('connect', 'connect', 'leave', 'leave', 'die', 'stop'),
  at: fc.nat({ max: 2 }),
  userKey: fc.constantFrom(ann, cat),
  waitMs: fc.constantFrom(0, 10, 60, 700, 4_000, 5_100),
})
const plan = fc.record({
  steps: fc.array(stepArbitrary, { maxLength: 25 }),
  fates: fc.array(fc.constantFrom('pass', 'pass', 'lose', 'double', 'late'), {
    minLength: 1,
    maxLength: 40,
  }),
})

/** Loses, doubles and delays what is sent, in turn. */
function carryBy(fates: readonly string[], isHealed: () => boolean): Carry {
  let at = 0
  return (_message, deliver) => {
    at += 1
    const fate = isHealed() ? 'pass' : fates[at % fates.length]
    if (fate === 'late') setTimeout(deliver, 300 + (at % 7) * 400)
    else if (fate !== 'lose') deliver()
    if (fate === 'double') setTimeout(deliver, 20)
  }
}

test('[PRE9] [PRE10] whatever is lost, doubled, late, dead and stopped: 30 seconds after it is over every node and everybody who was told knows who is online', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ steps, fates }) => {
      let healed = false
      await using world = await openNodes(
        3,
        carryBy(fates, () => healed),
      )
      const dead = new Set<number>()
      const stops: Promise<void>[] = []
      const watchers = [0, 1, 2].map((at) => world.connect(at, bob))
      const open: { at: number; userKey: number; connection: PresentConnection }[] = []
      await gathered()
      for (const { act, at, userKey, waitMs } of steps) {
        if (act === 'connect' && !dead.has(at))
          open.push({ at, userKey, connection: world.connect(at, userKey) })
        if (act === 'leave') {
          const isThat = (one: { at: number; userKey: number }) =>
            one.at === at && one.userKey === userKey && !dead.has(at)
          const place = open.findIndex(isThat)
          if (place >= 0) open.splice(place, 1)[0]?.connection.leave()
        }
        // The first node stays, so that there is somebody to tell.
        if (act === 'die' && at > 0) {
          dead.add(at)
          world.die(at)
        }
        if (act === 'stop' && at > 0 && !dead.has(at)) {
          dead.add(at)
          stops.push(world.nodeAt(at).realtime.drain())
        }
        await vi.advanceTimersByTimeAsync(waitMs)
      }
      healed = true
      await vi.advanceTimersByTimeAsync(30_000)
      await Promise.all(stops)
      for (const userKey of [ann, cat]) {
        const isOnline = open.some((one) => one.userKey === userKey && !dead.has(one.at))
        for (const at of [0, 1, 2].filter((node) => !dead.has(node))) {
          expect([at, userKey, world.isOnline(at, userKey)]).toEqual([at, userKey, isOnline])
          const seen = told(watchers[at]?.signals ?? [], userKey)
          expect([at, userKey, seen.at(-1) ?? false]).toEqual([at, userKey, isOnline])
        }
      }
    }),
    { numRuns: 60 },
  )
})
