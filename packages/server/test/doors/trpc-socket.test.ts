import { once } from 'node:events'
import { LIMITS } from '@tidings/protocol'
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpBatchStreamLink,
  wsLink,
} from '@trpc/client'
import superjson from 'superjson'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { AppRouter } from '../../src/rpc/root.ts'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { createGroup, request, signUp, type SeedUser } from './support/seed-client.ts'
import { codeOf, RawTrpcClient } from './support/trpc-client.ts'

/** A stock client over WebSocket. */
function connect(user: SeedUser) {
  const options = {
    url: `${user.url.replace('http', 'ws')}/trpc`,
    connectionParams: () => ({ token: user.token }),
    retryDelayMs: () => 10,
  }
  // Node 20 has none of its own, and the types of ws are not quite those of a browser.
  Reflect.set(options, 'WebSocket', WebSocket)
  const client = createWSClient(options)
  const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client, transformer: superjson })] })
  return { trpc, client, [Symbol.asyncDispose]: () => client.close() }
}

describeEngines('tRPC over WebSocket, stock client', (engine) => {
  test('[NET6] calls, errors and the live subscription', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    await using annClient = connect(ann)
    await using bobClient = connect(bob)

    const items: unknown[] = []
    const live = await new Promise<{ unsubscribe(): void }>((resolve) => {
      const subscription = bobClient.trpc.sync.live.subscribe(
        {},
        { onData: (data) => items.push(...data), onStarted: () => resolve(subscription) },
      )
    })
    await vi.waitFor(() => expect(items[0]).toMatchObject({ kind: 'ready' }), 15_000)
    const body = { kind: 'text', text: 'hi' } as const
    const sent = await annClient.trpc.message.send.mutate({ conversationId: group, body })
    await vi.waitFor(
      () =>
        expect(items[1]).toMatchObject({
          kind: 'events',
          events: [{ type: 'message.created', body: { message: { body } } }],
        }),
      15_000,
    )
    expect(sent).toMatchObject({ conversationId: group, seq: 1 })
    live.unsubscribe()

    const refused = annClient.trpc.message.send.mutate({ conversationId: ann.id, body })
    await expect(refused).rejects.toMatchObject({ data: { code: 'NOT_FOUND', httpStatus: 404 } })
    expect(await annClient.trpc.account.me.query()).toMatchObject({ username: 'ann' })
  })
})

test('[NET6] a stock client over HTTP, batched and streamed', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const options = {
    url: `${server.url}/trpc`,
    transformer: superjson,
    headers: { authorization: `Bearer ${ann.token}` },
  }
  for (const link of [httpBatchLink(options), httpBatchStreamLink(options)]) {
    const trpc = createTRPCClient<AppRouter>({ links: [link] })
    const [me, groups, refused] = await Promise.allSettled([
      trpc.account.me.query(),
      trpc.conversation.list.query({}),
      trpc.conversation.get.query({ conversationId: ann.id }),
    ])
    expect(me).toMatchObject({ value: { username: 'ann' } })
    expect(groups).toMatchObject({ value: { items: [] } })
    expect(refused).toMatchObject({ reason: { data: { code: 'NOT_FOUND' } } })
  }
})

test('[NET6] a token that is refused is answered and closes the connection', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const cases: readonly [unknown, number, string][] = [
    [{ method: 'connectionParams', data: { token: 'x' } }, 4401, 'UNAUTHENTICATED'],
    [{ method: 'connectionParams', data: { token: 5 } }, 4401, 'UNAUTHENTICATED'],
    [{ method: 'connectionParams', data: 'x' }, 4401, 'UNAUTHENTICATED'],
    [{ id: 1, method: 'query', params: { path: 'account.me' } }, 4401, 'UNAUTHENTICATED'],
    ['not JSON', 4401, 'UNAUTHENTICATED'],
  ]
  for (const [first, code, error] of cases) {
    await using client = new RawTrpcClient(server.url)
    await once(client.socket, 'open')
    client.send(first)
    expect(codeOf(await client.answer(null))).toBe(error)
    expect(await client.closed()).toBe(code)
  }
  await request(`${server.url}/trpc/account.logout`, { token: ann.token, body: {} })
  await using ended = await RawTrpcClient.open(server.url, ann.token)
  expect(codeOf(await ended.answer(null))).toBe('SESSION_REVOKED')
  expect(await ended.closed()).toBe(4403)
})

test('[NET6] a header of the upgrade signs in too, and nobody may make public calls alone', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const headers = { authorization: `Bearer ${ann.token}` }
  await using known = new RawTrpcClient(server.url, { query: '', headers })
  await once(known.socket, 'open')
  known.call(1, 'account.me', undefined, 'query')
  expect((await known.answer(1)).result?.data?.json).toMatchObject({ username: 'ann' })
  await using nobody = new RawTrpcClient(server.url, { query: '' })
  await once(nobody.socket, 'open')
  nobody.call(1, 'account.me', undefined, 'query')
  expect(codeOf(await nobody.answer(1))).toBe('UNAUTHENTICATED')
  nobody.call(2, 'account.login', { login: 'ann', password: '0000' })
  expect((await nobody.answer(2)).result?.data?.json).toMatchObject({ user: { username: 'ann' } })
})

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

test('[NET7] each item of a batch has its own answer', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  const me = (id: unknown) => ({ id, method: 'query', params: { path: 'account.me' } })
  client.send([
    me('good'),
    { id: 'method', method: 'steal', params: { path: 'account.me' } },
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
  client.send(Array.from({ length: 21 }, (_, index) => me(`many-${index}`)))
  expect(codeOf(await client.answer('many-20'))).toBe('INVALID_INPUT')
  expect(client.frames.filter(({ id }) => id === null)).toHaveLength(2)
  expect(client.frames).toHaveLength(34)
})

test('[NET8] what is no frame is answered, whatever its id', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  const ids = [null, undefined, {}, [], true, 'x'.repeat(65), '\u0000']
  const frames: unknown[] = [
    ...ids.map((id) => ({ id, method: 'query', params: { path: 'account.me' } })),
    '',
    '{',
    'null',
    '"x"',
    '['.repeat(100_000),
    '{"id":1e999,"method":"query","params":{"path":"account.me"}}',
  ]
  for (const [index, frame] of frames.entries()) {
    client.send(frame)
    await vi.waitFor(() => expect(client.frames).toHaveLength(index + 1), { timeout: 15_000 })
    expect(client.frames.at(-1)).toMatchObject({ id: null })
    expect(client.texts.at(-1)).not.toMatch(/node_modules|\.ts:\d/)
  }
  client.send('PING')
  await vi.waitFor(() => expect(client.texts.at(-1)).toBe('PONG'), 15_000)
  client.call(1, 'account.me', undefined, 'query')
  expect((await client.answer(1)).error).toBeUndefined()
})

test('[NET8] ids in use are refused, free ones are not, and stopping what is unknown does nothing', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await RawTrpcClient.open(server.url, ann.token)
  client.call('live', 'sync.live', {}, 'subscription')
  await client.heard((frame) => frame.result?.type === 'data')
  client.call('live', 'account.me', undefined, 'query')
  expect(codeOf(await client.heard((frame) => frame.error !== undefined))).toBe('INVALID_INPUT')
  client.send({ id: 'unknown', method: 'subscription.stop' })
  client.send({ id: 'live', method: 'subscription.stop' })
  await client.heard((frame) => frame.result?.type === 'stopped')
  client.call('live', 'account.me', undefined, 'query')
  const [, , , , last] = await vi.waitFor(() => {
    expect(client.frames).toHaveLength(5)
    return client.frames
  }, 15_000)
  expect(last?.result?.data?.json).toMatchObject({ username: 'ann' })
})

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

test('[NET8] a thousand calls at once are all answered, a few under way at a time', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const group = await createGroup(ann, [])
  await using client = await RawTrpcClient.open(server.url, ann.token)
  const body = { kind: 'text', text: 'hi' }
  for (let id = 0; id < 1000; id += 1)
    client.call(id, 'message.send', { conversationId: group, body })
  await vi.waitFor(() => expect(client.frames).toHaveLength(1000), { timeout: 10_000 })
  expect(client.frames.filter((frame) => frame.error !== undefined)).toEqual([])
  expect(new Set(client.frames.map(({ id }) => id)).size).toBe(1000)
})

test('[NET8] frames that are too big or binary close the connection', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using big = await RawTrpcClient.open(server.url, ann.token)
  big.send('x'.repeat(LIMITS.bodyBytes + 1))
  expect(await big.closed()).toBe(1009)
  await using binary = await RawTrpcClient.open(server.url, ann.token)
  binary.socket.send(Buffer.from('{}'))
  expect(await binary.closed()).toBe(1003)
})

test('[NET10] a session that ends closes its connections with 4403, the others of the user stay', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  const other = await request(`${server.url}/login`, {
    body: { username: 'ann', password: '0000' },
  })
  await using ending = await RawTrpcClient.open(server.url, ann.token)
  await using staying = await RawTrpcClient.open(server.url, String(other.body['token']))
  for (const client of [ending, staying]) {
    client.call(1, 'account.me', undefined, 'query')
    await client.answer(1)
  }
  ending.call(2, 'account.logout', undefined)
  expect(await ending.closed()).toBe(4403)
  staying.call(2, 'account.me', undefined, 'query')
  expect((await staying.answer(2)).error).toBeUndefined()
})

test('[NET13] a connection that does not answer pings is cut', async () => {
  await using server = await startTestServer({
    engine: 'sqlite',
    timings: { keepAliveMs: 40, tickMs: 20 },
  })
  const ann = await signUp(server.url, 'ann')
  const headers = { authorization: `Bearer ${ann.token}` }
  await using answering = new RawTrpcClient(server.url, { query: '', headers })
  await using frozen = new RawTrpcClient(server.url, { query: '', headers, autoPong: false })
  expect(await frozen.closed()).toBe(1006)
  expect(answering.closeCode).toBeUndefined()
})
