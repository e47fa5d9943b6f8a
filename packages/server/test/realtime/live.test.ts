import type { KnownCloseCode, LiveItem } from '@tidings/protocol/wire'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openLive } from '../../src/realtime/live.ts'
import type { LiveEvent } from '../../src/realtime/live-event.ts'
import type { LiveTransport } from '../../src/realtime/live-queue.ts'
import { FakeDatabase } from './support/fake-database.ts'
import { openTestNode, settle } from './support/nodes.ts'

const [ann, bob] = [1, 2]
const LIMIT = 256 * 1024

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** A socket whose reader takes what the test lets it take. */
class FakeSocket implements LiveTransport {
  buffered = 0
  largest = 0
  readonly closes: KnownCloseCode[] = []

  bufferedAmount(): number {
    return this.buffered
  }

  send(items: readonly LiveItem[]): void {
    this.buffered += JSON.stringify(items).length
    this.largest = Math.max(this.largest, this.buffered)
  }

  close(code: KnownCloseCode): void {
    this.closes.push(code)
  }
}

interface Subscription {
  readonly items: LiveItem[]
  readonly socket: FakeSocket | null
  readonly ending: AbortController
  readonly ended: Promise<void>
}

async function startConversation() {
  const database = new FakeDatabase()
  const place = database.createConversation([ann, bob])
  const node = await openTestNode(database)
  const clock = { now: () => Promise.resolve(database.now) }
  const deps = { database: clock, journal: node.journal, realtime: node.realtime }

  /** Reads a subscription as a door does: takes each yield at once and writes it to the socket. */
  function subscribe(userKey: number, socket: FakeSocket | null = new FakeSocket()): Subscription {
    const items: LiveItem[] = []
    const ending = new AbortController()
    const read = async () => {
      const options = { transport: socket, signal: ending.signal }
      for await (const batch of openLive(deps, { userKey, sessionKey: userKey }, options)) {
        items.push(...batch)
        socket?.send(batch)
      }
    }
    return { items, socket, ending, ended: read() }
  }

  return {
    database,
    place,
    node,
    deps,
    subscribe,
    send: (count = 1) => {
      for (let at = 0; at < count; at += 1) node.announce(database.send(place, ann))
    },
    [Symbol.asyncDispose]: () => node.realtime.close(),
  }
}

const seqsOf = (items: readonly LiveItem[]) =>
  items.flatMap((item) => (item.kind === 'events' ? item.events.map(({ seq }) => seq) : []))

const kindsOf = (items: readonly LiveItem[]) => items.map(({ kind }) => kind)

test('[LIV3] a subscription begins with ready, and what commits while the clock is read comes after it', async () => {
  await using talk = await startConversation()
  const bobLive = talk.subscribe(bob)
  talk.send()
  await settle()
  expect(bobLive.items[0]).toEqual({ kind: 'ready', epoch: 1, watermark: talk.database.now })
  expect(seqsOf(bobLive.items)).toEqual([1])
})

test('[LIV3] a socket that takes events at once gets them in order, past a reader who has nothing left to write', async () => {
  await using talk = await startConversation()
  const pushed: LiveItem[] = []
  class PushSocket extends FakeSocket {
    push(events: readonly LiveEvent[]): void {
      pushed.push({ kind: 'events', events: events.map(({ event }) => event) })
      read.items.push(...pushed.slice(-1))
    }
  }
  const socket = new PushSocket()
  const read = talk.subscribe(bob, socket)
  talk.send()
  await settle()
  expect(kindsOf(read.items)[0]).toBe('ready')
  talk.send(3)
  await settle()
  const before = pushed.length
  expect(before).toBeGreaterThan(0)
  socket.buffered = LIMIT + 1
  talk.send(2)
  await settle()
  expect(pushed).toHaveLength(before)
  socket.buffered = 0
  await vi.advanceTimersByTimeAsync(300)
  await settle()
  expect(kindsOf(read.items).at(-1)).toBe('behind')
  talk.send()
  await settle()
  expect(pushed.length).toBeGreaterThan(before)
  expect(seqsOf(read.items)).toEqual([1, 2, 3, 4, 7])
  read.ending.abort()
  talk.send()
  await settle()
  expect(seqsOf(read.items)).toEqual([1, 2, 3, 4, 7])
})

test('[LIV3] the watermark is taken after the connection is registered', async () => {
  await using talk = await startConversation()
  let registered = 0
  const database = {
    now: () => {
      registered = talk.node.realtime.connectionCount()
      return Promise.resolve(5)
    },
  }
  const live = openLive(
    { ...talk.deps, database },
    { userKey: bob, sessionKey: bob },
    {
      transport: null,
      signal: undefined,
    },
  )
  await live.next()
  expect(registered).toBe(1)
  await live.return()
  expect(talk.node.realtime.connectionCount()).toBe(0)
})

test('[LIV3] a clock that cannot be read ends the subscription and leaves nothing behind', async () => {
  await using talk = await startConversation()
  const database = { now: () => Promise.reject(new Error('down')) }
  const live = openLive(
    { ...talk.deps, database },
    { userKey: bob, sessionKey: bob },
    {
      transport: null,
      signal: undefined,
    },
  )
  await expect(live.next()).rejects.toThrow('down')
  expect(talk.node.realtime.connectionCount()).toBe(0)
})

test('[LIV2] everything that has come in since the last yield comes in one, signals after events', async () => {
  await using talk = await startConversation()
  const live = openLive(
    talk.deps,
    { userKey: bob, sessionKey: bob },
    {
      transport: new FakeSocket(),
      signal: undefined,
    },
  )
  await live.next()
  talk.send(3)
  await settle()
  const typist = {
    streamKey: talk.place.m,
    conversationId: talk.place.id,
    userKey: ann,
    userId: 'a',
  }
  talk.node.realtime.typing.start(typist)
  await settle()
  const { value } = await live.next()
  expect(kindsOf(value ?? [])).toEqual(['events', 'signals'])
  expect(seqsOf(value ?? [])).toEqual([1, 2, 3])
  await live.return()
})

test('[LIV10] aborting ends a waiting subscription, and so does aborting before it began', async () => {
  await using talk = await startConversation()
  const bobLive = talk.subscribe(bob)
  await settle()
  expect(talk.node.realtime.connectionCount()).toBe(1)
  bobLive.ending.abort()
  await bobLive.ended
  expect(talk.node.realtime.connectionCount()).toBe(0)
  expect(bobLive.socket?.closes).toEqual([])
  const early = talk.deps
  const live = openLive(
    early,
    { userKey: bob, sessionKey: bob },
    {
      transport: null,
      signal: AbortSignal.abort(),
    },
  )
  expect((await live.next()).done).toBe(true)
  expect(talk.node.realtime.connectionCount()).toBe(0)
})

test('[LIV10] 1,000 idle subscriptions hold no timer of their own', async () => {
  await using talk = await startConversation()
  const timers = vi.getTimerCount()
  const lives = Array.from({ length: 1000 }, (_, at) => talk.subscribe(at + 1))
  // It is told that they are online, in turns.
  await vi.advanceTimersByTimeAsync(1000)
  expect(talk.node.realtime.connectionCount()).toBe(1000)
  expect(vi.getTimerCount()).toBe(timers)
  for (const { ending } of lives) ending.abort()
  await Promise.all(lives.map(({ ended }) => ended))
})

test('[LIV7] a reader that never reads is paused, keeps a bounded buffer, and is closed with 1013 after 30 s', async () => {
  await using talk = await startConversation()
  const goodSocket = new FakeSocket()
  const [slow, good] = [talk.subscribe(bob), talk.subscribe(ann, goodSocket)]
  await settle()
  let sent = 0
  for (let second = 0; second < 29; second += 1) {
    talk.send(200)
    sent += 200
    await vi.advanceTimersByTimeAsync(1000)
    goodSocket.buffered = 0
  }
  expect(slow.socket?.closes).toEqual([])
  expect(slow.socket?.largest).toBeLessThan(LIMIT + 128 * 1024)
  expect(kindsOf(slow.items)).not.toContain('behind')
  await vi.advanceTimersByTimeAsync(6000)
  expect(slow.socket?.closes).toEqual([1013])
  await slow.ended
  expect(seqsOf(good.items)).toHaveLength(sent)
  expect(kindsOf(good.items)).not.toContain('behind')
  expect(good.socket?.closes).toEqual([])
})

test('[LIV7] a reader that drains in time gets one behind and then what is pushed from then on', async () => {
  await using talk = await startConversation()
  const socket = new FakeSocket()
  const slow = talk.subscribe(bob, socket)
  await settle()
  socket.buffered = LIMIT + 1
  talk.send(10)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(kindsOf(slow.items)).toEqual(['ready'])
  socket.buffered = 0
  await vi.advanceTimersByTimeAsync(500)
  talk.send()
  await settle()
  expect(kindsOf(slow.items)).toEqual(['ready', 'behind', 'events'])
  expect(seqsOf(slow.items)).toEqual([11])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(slow.socket?.closes).toEqual([])
})

test('[LIV7] one yield carries at most 64 KiB of events and one more', async () => {
  await using talk = await startConversation()
  const live = openLive(
    talk.deps,
    { userKey: bob, sessionKey: bob },
    {
      transport: new FakeSocket(),
      signal: undefined,
    },
  )
  await live.next()
  talk.send(900)
  await settle()
  const lengths: number[] = []
  for (let seen = 0; seen < 900;) {
    const { value } = await live.next()
    seen += seqsOf(value ?? []).length
    lengths.push(JSON.stringify(value).length)
  }
  expect(Math.max(...lengths)).toBeLessThan(66 * 1024)
  await live.return()
})

test('[LIV7] a subscription that is not read keeps 1,000 events at most, and is then behind', async () => {
  await using talk = await startConversation()
  const live = openLive(
    talk.deps,
    { userKey: bob, sessionKey: bob },
    { transport: null, signal: undefined },
  )
  await live.next()
  talk.send(1500)
  await settle()
  talk.send(3)
  await settle()
  const { value } = await live.next()
  expect(kindsOf(value ?? [])[0]).toBe('behind')
  expect(seqsOf(value ?? []).length).toBeLessThanOrEqual(1000)
  expect(seqsOf(value ?? []).at(-1)).toBe(1503)
  await live.return()
})

test('[LIV8] the end of the session closes the socket, or fails a subscription that has none', async () => {
  await using talk = await startConversation()
  const [withSocket, without] = [talk.subscribe(bob), talk.subscribe(bob, null)]
  const failure = without.ended.catch((error: unknown) => error)
  await settle()
  talk.node.realtime.sessionsRevoked([bob])
  await withSocket.ended
  expect(withSocket.socket?.closes).toEqual([4403])
  expect(await failure).toMatchObject({ code: 'SESSION_REVOKED' })
  expect(talk.node.realtime.connectionCount()).toBe(0)
})

test('[LIV9] a node that stops closes the sockets of its subscriptions with 1012', async () => {
  await using talk = await startConversation()
  const bobLive = talk.subscribe(bob)
  await settle()
  const drained = talk.node.realtime.drain()
  await vi.advanceTimersByTimeAsync(100)
  await drained
  await bobLive.ended
  expect(bobLive.socket?.closes).toEqual([1012])
})
