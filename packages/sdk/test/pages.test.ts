import { TidingsError, type CompactPull, type PullInput } from '@tidings/protocol/wire'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { WebSocketClass } from '../src/websocket.ts'
import { describeAdapters } from '../../server/test/support/adapters.ts'
import { messageEvent, openScene, STREAM, type Scene } from './support/fake-client.ts'
import { settle } from './support/fake-clock.ts'
import { openPair, openWorld } from './support/world.ts'

/** So much text that a page of three is worth asking ahead. */
const LONG_TEXT = 'a'.repeat(8_000)

interface Served {
  readonly pageSize: number
  /** Where the stream ends, by the time at which a page is made. */
  readonly head: () => number
  /** Throws when a page is not to be had. */
  readonly before?: (input: PullInput) => void
}

/** Serves one stream page by page, and says first where each leads, as the server does. */
function servePages({ server }: Scene, { pageSize, head, before }: Served): void {
  server.on('sync.heads', () => ({
    epoch: 1,
    watermark: 1,
    heads: [{ stream: STREAM, head: head(), tag: head() * 7, floor: 0 }],
    next: null,
  }))
  server.on('sync.pullCompact', (input: PullInput) => {
    before?.(input)
    const after = input.streams[0]?.after ?? 0
    const last = Math.min(head(), after + pageSize)
    const events = Array.from({ length: last - after }, (_, index) =>
      messageEvent(after + 1 + index, LONG_TEXT),
    )
    const upTo = { seq: last, tag: last * 7 }
    return { epoch: 1, streams: [{ stream: STREAM, upTo, more: last < head(), events }] }
  })
}

/** Where pulls began, in the order in which they were made. */
function askedAfter({ server }: Scene): (number | undefined)[] {
  return server
    .callsOf('sync.pullCompact')
    .map(({ input }) => (input as PullInput).streams[0]?.after)
}

function toldTo({ client }: Scene): number[] {
  const told: number[] = []
  client.on('message.created', ({ seq }) => told.push(seq))
  return told
}

async function connected(scene: Scene): Promise<void> {
  const connecting = scene.client.connect()
  await scene.clock.advance(0)
  await connecting
}

test('[SDK23] the next page is asked for before the one that has come is read', async () => {
  const scene = openScene({ catchUp: 'from-start' })
  const log: string[] = []
  servePages(scene, {
    pageSize: 3,
    head: () => 8,
    before: ({ streams }) => log.push(`asked after ${streams[0]?.after}`),
  })
  const told = toldTo(scene)
  const parse = JSON.parse
  using spy = vi.spyOn(JSON, 'parse').mockImplementation((text: string) => {
    const value: unknown = parse(text)
    if (text.includes(LONG_TEXT)) log.push('read')
    return value
  })
  await connected(scene)
  expect(spy).toHaveBeenCalled()
  expect(log).toEqual([
    'asked after 0',
    ...['asked after 3', 'read'],
    ...['asked after 6', 'read'],
    'read',
  ])
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('[SDK23] a page that was asked for ahead and is not wanted any more is not told', async () => {
  // Who adopts heads gives up after so many events that have not brought it to the newest one.
  const scene = openScene()
  let head = 1
  servePages(scene, { pageSize: 500, head: () => head })
  await connected(scene)
  const told = toldTo(scene)
  const resets: unknown[] = []
  scene.client.on('reset', ({ reason }) => resets.push(reason))
  head = 2_000
  scene.server.push({ kind: 'events', events: [messageEvent(1_900)] })
  await scene.clock.advance(1_000)
  expect(resets).toEqual(['too_far'])
  for (let turn = 0; turn < 10; turn += 1) await settle()
  // Nor is it followed by others.
  expect(askedAfter(scene)).toEqual([1, 501, 1_001])
  scene.server.push({ kind: 'events', events: [messageEvent(1_901)] })
  await scene.clock.advance(0)
  expect(told).toEqual([...Array.from({ length: 1_000 }, (_, index) => 2 + index), 1_901])
})

test('[SDK23] [SYN7] a page that was asked for ahead and did not come is asked for again', async () => {
  const scene = openScene({ catchUp: 'from-start' })
  let refusals = 1
  servePages(scene, {
    pageSize: 3,
    head: () => 8,
    before({ streams }) {
      if (streams[0]?.after !== 3 || refusals === 0) return
      refusals -= 1
      throw new TidingsError('UNAVAILABLE')
    },
  })
  const told = toldTo(scene)
  const connecting = scene.client.connect()
  await scene.clock.advance(0)
  await settle()
  expect(told).toEqual([1, 2, 3])
  await scene.clock.advance(250)
  await connecting
  expect(askedAfter(scene)).toEqual([0, 3, 3, 6])
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

/** A page of three from where a pull begins, of a stream that goes on for ever. */
function pageOf({ streams: [from] }: PullInput): CompactPull {
  const after = from?.after ?? 0
  const events = [1, 2, 3].map((more) => messageEvent(after + more, LONG_TEXT))
  const upTo = { seq: after + 3, tag: (after + 3) * 7 }
  return { epoch: 1, streams: [{ stream: STREAM, upTo, more: true, events }] }
}

test('[SDK23] an answer that comes after its time is up leads to no question', async () => {
  const scene = openScene({ catchUp: 'from-start' })
  servePages(scene, { pageSize: 3, head: () => 9 })
  const late: (() => void)[] = []
  scene.server.on(
    'sync.pullCompact',
    (input: PullInput) => new Promise((resolve) => late.push(() => resolve(pageOf(input)))),
  )
  const connecting = scene.client.connect()
  connecting.catch(() => undefined)
  await scene.clock.advance(0)
  await settle()
  expect(askedAfter(scene)).toEqual([0])
  await scene.clock.advance(16_000)
  expect(askedAfter(scene)).toEqual([0, 0])
  late[0]?.()
  for (let turn = 0; turn < 10; turn += 1) await settle()
  expect(askedAfter(scene)).toEqual([0, 0])
  late[1]?.()
  for (let turn = 0; turn < 10; turn += 1) await settle()
  expect(askedAfter(scene)).toEqual([0, 0, 3])
  await scene.client.close()
})

test('[SDK23] [SYN7] a page that does not move on leads to no question before a pause', async () => {
  const scene = openScene({ catchUp: 'from-start' })
  servePages(scene, { pageSize: 3, head: () => 9 })
  const stuck = { epoch: 1, streams: [{ stream: STREAM, after: 0, tag: 0 }] }
  scene.server.on('sync.pullCompact', () => pageOf(stuck))
  scene.client.connect().catch(() => undefined)
  await scene.clock.advance(0)
  for (let turn = 0; turn < 10; turn += 1) await settle()
  expect(askedAfter(scene)).toEqual([0, 3])
  await scene.client.close()
})

test('[SDK23] [SYN6] what new heads call for is asked for after they have come', async () => {
  const scene = openScene()
  let head = 1
  servePages(scene, { pageSize: 500, head: () => head })
  await connected(scene)
  const told = toldTo(scene)
  // Given up at 1,500, with the page after 1,001 asked for ahead.
  head = 1_502
  scene.server.push({ kind: 'events', events: [messageEvent(1_500)] })
  await scene.clock.advance(1_000)
  for (let turn = 0; turn < 10; turn += 1) await settle()
  scene.server.push({ kind: 'events', events: [messageEvent(1_501)] })
  await scene.clock.advance(0)
  head = 1_900
  scene.server.push({ kind: 'behind' })
  for (let turn = 0; turn < 10; turn += 1) await settle()
  expect(askedAfter(scene)).toEqual([1, 501, 1_001, 1_501])
  expect(told.at(-1)).toBe(1_900)
})

test('[SDK23] what was asked for ahead of a lost connection answers nothing after it', async () => {
  const scene = openScene({ catchUp: 'from-start' })
  servePages(scene, { pageSize: 3, head: () => 8 })
  const told = toldTo(scene)
  let isLost = false
  scene.server.on('sync.pullCompact', (input: PullInput) => {
    const { streams } = pageOf(input)
    if (input.streams[0]?.after === 3 && !isLost) {
      isLost = true
      scene.server.socket.drop(1006)
    }
    const more = (input.streams[0]?.after ?? 0) < 6
    return { epoch: 1, streams: streams.map((page) => ({ ...page, more })) }
  })
  const connecting = scene.client.connect()
  await scene.clock.advance(60_000)
  await connecting
  expect(askedAfter(scene)).toEqual([0, 3, 3, 6])
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

/** Notes of each pull whether it was sent while a frame was being received: its answer is told later. */
function watched(pulls: boolean[]): WebSocketClass {
  return class extends WebSocket {
    #isReceiving = false

    override emit(name: string | symbol, ...values: unknown[]): boolean {
      this.#isReceiving = name === 'message'
      const isHeard = super.emit(name, ...values)
      this.#isReceiving = false
      return isHeard
    }

    override send(text: string): void {
      if (text.includes('sync.pullCompact')) pulls.push(this.#isReceiving)
      super.send(text)
    }
  }
}

describeAdapters('catching up', (adapter) => {
  test('[SDK23] a server says first where a page leads', async () => {
    await using world = await openWorld({ adapter })
    const { ann, conversationId } = await openPair(world)
    const texts = Array.from({ length: 1_700 }, (_, index) => `text ${index}`)
    await Promise.all(
      texts.map((text) => ann.message.send({ conversationId, body: { kind: 'text', text } })),
    )
    const pulls: boolean[] = []
    const told: string[] = []
    const late = await world.again('bob', { catchUp: 'from-start', WebSocket: watched(pulls) })
    late.on('message.created', ({ body: { message } }) => {
      if (message.body.kind === 'text') told.push(message.body.text)
    })
    await late.connect()
    expect(told).toEqual(texts)
    // The first asks for all streams at once; after it there is one left, of three pages more.
    expect(pulls.filter((isEarly) => isEarly).length).toBeGreaterThanOrEqual(2)
  })
})
