// What only our adapter does (docs/adr/0008). Above each test stands what tRPC's own does instead.
import { once } from 'node:events'
import { Socket } from 'node:net'
import { LIMITS } from '@tidings/protocol'
import { expect, test, vi } from 'vitest'
import { startTestServer } from '../support/test-server.ts'
import { createGroup, signUp } from './support/seed-client.ts'
import { codeOf, RawTrpcClient } from './support/trpc-client.ts'

// Takes any first frame for the connectionParams, calls it a parse error, and closes without a code.
test('[NET6] a first frame that is none is answered and closes the connection', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const cases: readonly [unknown, number, string][] = [
    [{ method: 'connectionParams', data: { token: 5 } }, 4401, 'UNAUTHENTICATED'],
    [{ method: 'connectionParams', data: 'x' }, 4401, 'UNAUTHENTICATED'],
    [{ id: 1, method: 'query', params: { path: 'account.get' } }, 4401, 'UNAUTHENTICATED'],
    ['not JSON', 4401, 'UNAUTHENTICATED'],
  ]
  for (const [first, code, error] of cases) {
    await using client = new RawTrpcClient(server.url)
    await once(client.socket, 'open')
    client.send(first)
    expect(codeOf(await client.answer(null))).toBe(error)
    expect(await client.closed()).toBe(code)
  }
})

// Waits for ever.
test('[NET6] who has not signed in in time is closed with 4408', async () => {
  await using server = await startTestServer({
    engine: 'sqlite',
    timings: { authenticateMs: 30, tickMs: 10 },
  })
  for (const query of ['', '?connectionParams=1']) {
    await using client = new RawTrpcClient(server.url, { query })
    expect(await client.closed()).toBe(4408)
  }
})

// Drops all of a batch for one item that it cannot read, and never answers an empty one.
test('[NET7] each item of a batch has its own answer', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  const me = (id: unknown) => ({ id, method: 'query', params: { path: 'account.get' } })
  client.send([
    me('good'),
    { id: 'method', method: 'steal', params: { path: 'account.get' } },
    { id: 'params', method: 'query' },
    { id: 'path', method: 'query', params: { path: 5 } },
    { id: 'proto', method: 'query', params: { path: '__proto__' } },
    { id: 'constructor', method: 'query', params: { path: 'constructor' } },
    { id: 'deep', method: 'query', params: { path: 'a.b.c' } },
    { id: 'type', method: 'query', params: { path: 'message.send', input: { json: {} } } },
    {
      id: 'meta',
      method: 'mutation',
      params: { path: 'message.send', input: { json: {}, meta: { values: ['regexp'] } } },
    },
    { id: 'bare', method: 'mutation', params: { path: 'message.send', input: 5 } },
    7,
    me('last'),
  ])
  for (const id of ['good', 'last']) expect((await client.answer(id)).error).toBeUndefined()
  for (const id of ['method', 'params', 'path', 'meta', 'bare']) {
    expect(codeOf(await client.answer(id)), id).toBe('INVALID_INPUT')
  }
  for (const id of ['proto', 'constructor', 'deep', 'type']) {
    expect(codeOf(await client.answer(id)), id).toBe('NOT_FOUND')
  }
  expect(client.frames.filter(({ id }) => id === null)).toHaveLength(1)
  expect(client.frames).toHaveLength(12)

  client.send([])
  await vi.waitFor(() => expect(client.frames).toHaveLength(13), 15_000)
  expect(client.frames.filter(({ id }) => id === null)).toHaveLength(2)
})

// Begins all of them at once, however many.
test('[NET7] [NET8] a long batch is answered to its end, and one of nothing but mistakes is cut', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  const count = 1_000
  const ids = Array.from({ length: count }, (_, index) => index)
  const me = { method: 'query', params: { path: 'account.get' } }
  client.send(ids.map((id) => ({ id, ...me })))
  client.send({ id: 'next', ...me })
  await client.answer('next')
  expect(client.frames.map(({ id }) => id)).toEqual([...ids, 'next'])
  expect(client.frames.filter(({ error }) => error !== undefined)).toEqual([])
  client.send(Array.from({ length: 20_000 }, () => ({})))
  expect(await client.closed()).toBe(1008)
  expect(client.frames.length).toBeLessThanOrEqual(count + 1 + 1_030)
})

// Has no limit on the length and the characters of an id, and answers 1e999 as null.
test('[NET8] what is no frame is answered, whatever its id', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  const ids = [null, undefined, {}, [], true, 'x'.repeat(65), '\u0000']
  const frames: unknown[] = [
    ...ids.map((id) => ({ id, method: 'query', params: { path: 'account.get' } })),
    '',
    '{',
    'null',
    '"x"',
    '['.repeat(100_000),
    '{"id":1e999,"method":"query","params":{"path":"account.get"}}',
  ]
  for (const [index, frame] of frames.entries()) {
    client.send(frame)
    await vi.waitFor(() => expect(client.frames).toHaveLength(index + 1), { timeout: 15_000 })
    expect(client.frames.at(-1)).toMatchObject({ id: null })
    expect(client.texts.at(-1)).not.toMatch(/node_modules|\.ts:\d/)
  }
  client.send('PING')
  await vi.waitFor(() => expect(client.texts.at(-1)).toBe('PONG'), 15_000)
  client.call(1, 'account.get', undefined, 'query')
  expect((await client.answer(1)).error).toBeUndefined()
})

// Serves all of them.
test('[NET8] of 20,000 subscriptions on one socket 64 are served, then the client is cut', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  for (let id = 0; id < 20_000; id += 1) client.call(id, 'sync.live', {}, 'subscription')
  expect(await client.closed()).toBe(1008)
  expect(client.frames.filter((frame) => frame.result?.type === 'started')).toHaveLength(
    LIMITS.subscriptionsPerConnection,
  )
  const refused = client.frames.filter((frame) => frame.error !== undefined)
  expect(new Set(refused.map(codeOf))).toEqual(new Set(['TOO_MANY_SUBSCRIPTIONS']))
  // One is forgiven each second.
  expect(refused.length).toBeLessThanOrEqual(1030)
})

// Compares the ids of subscriptions alone.
test('[NET8] an id in use is refused', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  client.call('live', 'sync.live', {}, 'subscription')
  await client.heard((frame) => frame.result?.type === 'data')
  client.call('live', 'account.get', undefined, 'query')
  expect(codeOf(await client.heard((frame) => frame.error !== undefined))).toBe('INVALID_INPUT')
})

// Answers a parse error.
test('[NET8] a binary frame closes the connection', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  client.socket.send(Buffer.from('{}'))
  expect(await client.closed()).toBe(1003)
})

// Has no order between connections.
test('[NET20] a message leaves for its reader before the answer, and its own event along with that', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const conversationId = await createGroup(ann, [bob])
  await using sender = await RawTrpcClient.open(server.url, ann.token)
  await using reader = await RawTrpcClient.open(server.url, bob.token)
  for (const client of [sender, reader]) {
    client.call('live', 'sync.live', {}, 'subscription')
    await client.heard(({ id, result }) => id === 'live' && result?.type === 'data')
  }
  const write = vi.spyOn(Socket.prototype, 'write')
  sender.call('sent', 'message.send', {
    conversationId,
    clientMessageId: 'one',
    body: { kind: 'text', text: 'hello' },
  })
  await sender.answer('sent')
  await reader.heard(({ id, result }) => id === 'live' && isAbout(result?.data, 'hello'))
  // A client masks what it sends, so that only the server's writes can be read.
  const written = write.mock.calls.map(([chunk]) => String(chunk))
  write.mockRestore()
  const told = written.filter((text) => text.includes('hello'))
  expect(told.map((text) => text.includes('"id":"sent"'))).toEqual([false, true])
  expect(written.filter((text) => text.includes('"id":"sent"'))).toHaveLength(1)
})

function isAbout(data: unknown, text: string): boolean {
  return JSON.stringify(data ?? null).includes(text)
}
