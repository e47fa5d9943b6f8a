import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Event } from '../src/index.ts'
import { Receipts, type MarkCall } from '../src/receipts.ts'
import type { WebSocketClass } from '../src/websocket.ts'
import { FakeClock, settle } from './support/fake-clock.ts'
import { openWorld } from './support/world.ts'

/** Every text that connections have brought, and that was sent over them. */
function openTap(): {
  readonly Tap: WebSocketClass
  readonly texts: string[]
  readonly calls: string[]
} {
  const texts: string[] = []
  const calls: string[] = []
  class Tap extends WebSocket {
    constructor(url: string) {
      super(url)
      this.addEventListener('message', ({ data }) => texts.push(String(data)))
    }

    override send(text: string): void {
      calls.push(text)
      super.send(text)
    }
  }
  return { Tap, texts, calls }
}

test('[SDK6] [NET21] an own message crosses the wire once, and is told once and in its place', async () => {
  await using world = await openWorld()
  const { Tap, texts, calls } = openTap()
  const ann = await world.join('ann', { WebSocket: Tap })
  const bob = await world.join('bob')
  await Promise.all([ann.connect(), bob.connect()])
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  const told: Event['seq'][] = []
  ann.on('message.created', ({ seq }) => told.push(seq))
  const say = (client: typeof ann, text: string) =>
    client.message.send({ conversationId, body: { kind: 'text', text } })
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.all([say(ann, 'from ann'), say(ann, 'from ann')])
    await say(bob, 'from bob')
  }
  await vi.waitFor(() => expect(told).toHaveLength(15), 15_000)
  const pushed = texts.filter((text) => text.includes('message.created')).join()
  expect(pushed).not.toContain('from ann')
  expect(pushed.split('from bob')).toHaveLength(6)
  // Nor was it asked for.
  expect(calls.filter((call) => call.includes('sync.pull'))).toEqual([])
  // Of those that are committed together some may come both ways.
  for (let turn = 0; turn < 5; turn += 1)
    await Promise.all([say(ann, 'again'), say(bob, 'again'), say(ann, 'again')])
  await vi.waitFor(() => expect(told).toHaveLength(30), 15_000)
  expect(told).toEqual(told.map((_, at) => at + 1))
  // What is there is what the server has, also of those that it has not pushed.
  const { items } = await ann.message.list({ conversationId })
  const shown = ann.store.messages(conversationId)
  const stop = shown.subscribe(() => undefined)
  await vi.waitFor(() => expect(shown.get().items).toHaveLength(30), 15_000)
  expect(shown.get().items.map(({ id, seq }) => [id, seq])).toEqual(
    items
      .map(({ id, seq }) => [id, seq])
      .toSorted(([, one], [, other]) => Number(one) - Number(other)),
  )
  stop()
})

test('[SDK13] [NET22] a call of marks is late when nobody waits for any of them', async () => {
  const calls: MarkCall[] = []
  const receipts = new Receipts({
    mark: (call) => {
      calls.push(call)
      return Promise.resolve([undefined, undefined])
    },
    environment: new FakeClock(),
  })
  receipts.note('delivered', { conversationId: 'a', seq: 1 })
  receipts.note('delivered', { conversationId: 'b', seq: 1 })
  await settle()
  receipts.note('delivered', { conversationId: 'a', seq: 2 })
  await Promise.all([receipts.mark('delivered', { conversationId: 'a', seq: 2 }), settle()])
  receipts.note('delivered', { conversationId: 'a', seq: 3 })
  await settle()
  expect(calls.map(({ marks, late }) => [marks.length, late])).toEqual([
    [2, true],
    [1, false],
    [1, true],
  ])
})
