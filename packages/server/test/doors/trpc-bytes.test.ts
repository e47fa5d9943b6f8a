import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { startTestServer } from '../support/test-server.ts'
import { createGroup, signUp } from './support/seed-client.ts'
import { RawTrpcClient, type TrpcFrame } from './support/trpc-client.ts'

const WAIT = { timeout: 15_000, interval: 5 }

/** ann, connected to both adapters of one server; what she sends goes to both. */
async function openBoth() {
  const server = await startTestServer({ engine: 'sqlite', adapter: 'both' })
  const ann = await signUp(server.url, 'ann')
  const group = await createGroup(ann, [])
  const own = await RawTrpcClient.open(server.url, ann.token)
  const query = '?adapter=stock&connectionParams=1'
  const stock = await RawTrpcClient.open(server.url, ann.token, query)
  return {
    server,
    group,
    /** What both answer, when they have answered so often. */
    async ask(frames: readonly unknown[], count: number) {
      const [before, stockBefore] = [own.texts.length, stock.texts.length]
      for (const frame of frames) for (const client of [own, stock]) client.send(frame)
      await vi.waitFor(() => {
        expect(own.texts.length - before).toBeGreaterThanOrEqual(count)
        expect(stock.texts.length - stockBefore).toBeGreaterThanOrEqual(count)
      }, WAIT)
      return { own: own.texts.slice(before), stock: stock.texts.slice(stockBefore) }
    },
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]()
      await stock[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

const call = (id: unknown, path: unknown, input?: unknown, method: unknown = 'query') => ({
  id,
  method,
  params: { path, ...(input === undefined ? {} : { input }) },
})

/** In no order: tRPC's own adapter promises none, since its calls run side by side. */
const sorted = (texts: readonly string[]) => texts.toSorted()

test('[NET18] every answer has the bytes that tRPC would have written', async () => {
  await using both = await openBoth()
  const { group } = both
  const body = { kind: 'text', text: 'a "quoted" \u2028 text \ud83d\ude00' }
  const send = { json: { conversationId: group, clientMessageId: 'one', body } }
  await both.ask([call('made', 'message.send', send, 'mutation')], 1)
  const nowhere = { json: { conversationId: '00000000-0000-4000-8000-000000000000' } }
  const calls: readonly (readonly [string, unknown?, string?])[] = [
    ['account.get'],
    ['account.get', { json: null, meta: { values: ['undefined'], v: 1 } }],
    ['conversation.list', { json: {} }],
    ['message.list', { json: { conversationId: group } }],
    ['message.send', send, 'mutation'],
    ['sync.heads', { json: { positions: [] } }, 'mutation'],
    // Refusals: of a rule, of a schema, of the transformer.
    ['conversation.get', nowhere],
    ['conversation.get', { json: { conversationId: 5 } }],
    ['conversation.get'],
    ['message.send', { json: {}, meta: { values: ['regexp'] } }, 'mutation'],
    ['message.send', 5, 'mutation'],
    ['sync.live', { json: { version: 'x' } }, 'subscription'],
  ]
  const ids = [1, 0, -1, 1.5, '', 'a "quoted" id', '\u2028', '\ud83d\ude00']
  const frames = [
    ...calls.map(([path, input, method], index) => call(`call-${index}`, path, input, method)),
    ...calls.map(([path, input, method], index) => ({
      jsonrpc: '2.0',
      ...call(`rpc-${index}`, path, input, method),
    })),
    ...ids.map((id) => call(id, 'account.get')),
    [call('first', 'account.get'), call('second', 'conversation.get', nowhere)],
    Array.from({ length: 100 }, (_, index) => call(`of-100-${index}`, 'account.get')),
    'PING',
  ]
  const { own, stock } = await both.ask(frames, 2 * calls.length + ids.length + 103)
  expect(sorted(own.map(withoutTime))).toEqual(sorted(stock.map(withoutTime)))
})

test('[NET18] what is no call, or a call of nothing, is answered by the same error but for the words', async () => {
  await using both = await openBoth()
  const path = 'account.get'
  const [none, mutation, subscription] = [undefined, 'mutation', 'subscription']
  const frames: readonly unknown[] = [
    '',
    '{',
    'null',
    '"x"',
    '7',
    {},
    { id: null, method: 'query', params: { path } },
    { method: 'query', params: { path } },
    { id: {}, method: 'query', params: { path } },
    { id: true, method: 'query', params: { path } },
    [7],
    [{ id: null, method: 'query', params: { path } }],
    call(1, 'message.send', { json: {} }),
    call(2, path, none, mutation),
    call(3, path, none, subscription),
    call(4, 'sync.live', { json: {} }),
    { jsonrpc: '2.0', ...call(5, 'nowhere.at.all') },
    ...['__proto__', 'constructor', ''].map((name) => call(6, name)),
  ]
  for (const frame of frames) {
    const { own, stock } = await both.ask([frame], 1)
    expect(own.map(withoutWords), JSON.stringify(frame)).toEqual(stock.map(withoutWords))
  }
})

/** The words of an error are for people; what a program goes by is left. */
function withoutWords(text: string): unknown {
  const frame = JSON.parse(text) as TrpcFrame
  if (frame.error === undefined) return frame
  const { message, ...json } = frame.error.json
  expect(message.length).toBeGreaterThan(0)
  return { ...frame, error: { json } }
}

test('[NET18] a subscription has the same frames from its start to its end', async () => {
  await using both = await openBoth()
  const { group } = both
  const live = { ...call('live "1"', 'sync.live', { json: {} }, 'subscription') }
  const frames: Record<'own' | 'stock', string[]> = { own: [], stock: [] }
  const keep = (texts: { own: readonly string[]; stock: readonly string[] }) => {
    frames.own.push(...texts.own.map(withoutTime))
    frames.stock.push(...texts.stock.map(withoutTime))
  }
  keep(await both.ask([live, { jsonrpc: '2.0', ...live, id: 2 }], 4))
  const body = { kind: 'text', text: 'a "quoted" \u2028 text \ud83d\ude00' }
  const send = { json: { conversationId: group, clientMessageId: 'one', body } }
  // An answer and two events each: whoever sends second repeats.
  keep(await both.ask([call('sent', 'message.send', send, 'mutation')], 3))
  const duplicate = await both.ask([live], 1)
  expect(duplicate.own.map(withoutWords)).toEqual(duplicate.stock.map(withoutWords))
  const stop = { method: 'subscription.stop' }
  keep(
    await both.ask(
      [
        { ...stop, id: 'nobody' },
        { ...stop, id: live.id },
        { ...stop, id: 2 },
      ],
      2,
    ),
  )
  // A stopped id is free.
  keep(await both.ask([call(live.id, 'account.get')], 1))
  expect(sorted(frames.own)).toEqual(sorted(frames.stock))
  expect(frames.own).toHaveLength(10)
})

/** What differs between two calls whatever answers them: the time, and which was first. */
function withoutTime(text: string): string {
  return text
    .replace(/"watermark":\d+/, '"watermark":0')
    .replace(/"duplicate":(true|false)/, '"duplicate":null')
}

test('[NET18] whatever is sent, both understand the same', async () => {
  await using both = await openBoth()
  const path = fc.constantFrom('account.get', 'conversation.get', 'sync.nothing', '', 5, null)
  const method = fc.constantFrom('query', 'mutation', 'subscription', 'subscription.stop', 'x', 7)
  const input = fc.oneof(fc.jsonValue(), fc.record({ json: fc.jsonValue(), meta: fc.jsonValue() }))
  const params = fc.oneof(
    { weight: 4, arbitrary: fc.record({ path, input }, { requiredKeys: ['path'] }) },
    fc.jsonValue(),
  )
  const rest = fc.record(
    { method, params, jsonrpc: fc.constantFrom('2.0', '1.0', null, 2) },
    { requiredKeys: ['method', 'params'] },
  )
  // One at a time: what tRPC's own adapter cannot read has no id in its answer.
  let id = 0
  await fc.assert(
    fc.asyncProperty(rest, async (frame) => {
      id += 1
      const fence = call('fence', 'account.get')
      const answers = frame.method === 'subscription.stop' ? 1 : 2
      const { own, stock } = await both.ask([{ id, ...frame }, fence], answers)
      expect(sorted(own.map(comparable))).toEqual(sorted(stock.map(comparable)))
    }),
    { numRuns: 100 },
  )
})

/** Ours names the call that it could not read, where that of tRPC says that some call could not be read. */
function comparable(text: string): string {
  const frame = JSON.parse(text) as TrpcFrame
  const id = frame.error?.json.code === -32_700 ? null : frame.id
  return JSON.stringify(Object.entries({ ...(withoutWords(text) as object), id }).toSorted())
}
