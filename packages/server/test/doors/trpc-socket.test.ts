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
import { describeAdapters, describePlaces } from '../support/adapters.ts'
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

/** Closes the socket under a client, and waits until it is gone. */
async function closeSocket({ connection }: ReturnType<typeof createWSClient>): Promise<void> {
  if (connection?.state !== 'open') throw new Error('not open')
  const { ws } = connection
  await new Promise((resolve) => {
    ws.addEventListener('close', resolve)
    ws.close()
  })
}

describePlaces('tRPC over WebSocket, stock client', (place) => {
  test('[NET6] calls, errors and the live subscription', async () => {
    await using server = await startTestServer(place)
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
    // What was committed just before may be told after it is ready, too.
    const said = expect.objectContaining({ message: expect.objectContaining({ body }) })
    const event = expect.objectContaining({ type: 'message.created', body: said })
    await vi.waitFor(
      () => expect(items).toContainEqual({ kind: 'events', events: [event] }),
      15_000,
    )
    expect(sent).toMatchObject({ conversationId: group, seq: 1 })
    live.unsubscribe()

    const refused = annClient.trpc.message.send.mutate({ conversationId: ann.id, body })
    await expect(refused).rejects.toMatchObject({ data: { code: 'NOT_FOUND', httpStatus: 404 } })
    expect(await annClient.trpc.account.get.query()).toMatchObject({ username: 'ann' })
  })

  test('[NET6] [NET18] a stock client makes a hundred calls in one turn', async () => {
    await using server = await startTestServer(place)
    const ann = await signUp(server.url, 'ann')
    const group = await createGroup(ann, [])
    await using client = connect(ann)
    const calls = Array.from({ length: 100 }, (_, index) =>
      client.trpc.message.send.mutate({
        conversationId: group,
        body: { kind: 'text', text: String(index) },
      }),
    )
    const sent = await Promise.all(calls)
    const seqs = sent.map((answer) => ('seq' in answer ? answer.seq : 0))
    expect(new Set(seqs).size).toBe(100)
  })

  test('[NET6] [NET18] a stock client that loses its connection has all its subscriptions again', async () => {
    await using server = await startTestServer(place)
    const ann = await signUp(server.url, 'ann')
    await using client = connect(ann)
    const count = LIMITS.subscriptionsPerConnection
    let ready = 0
    const failures: unknown[] = []
    for (let index = 0; index < count; index += 1) {
      client.trpc.sync.live.subscribe(undefined, {
        onData: (items) => (ready += items.filter(({ kind }) => kind === 'ready').length),
        onError: (error) => failures.push(error),
      })
    }
    await vi.waitFor(() => expect(ready).toBe(count), 15_000)
    await closeSocket(client.client)
    await vi.waitFor(() => expect(ready).toBe(2 * count), 15_000)
    expect(failures).toEqual([])
    // A server that stops takes its time over those who are still there.
    await closeSocket(client.client)
  })
})

describeAdapters('tRPC over WebSocket', (adapter) => {
  test('[MSG5] messages of one array and one by itself behind it have seqs in that order, in one frame or in two', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    const conversationId = await createGroup(ann, [])
    await using client = await RawTrpcClient.open(server.url, ann.token)
    const message = (clientMessageId: string) => ({
      ...{ conversationId, clientMessageId },
      body: { kind: 'text', text: clientMessageId },
    })
    const send = (id: string, json: unknown) => ({
      ...{ id, method: 'mutation' },
      params: { path: 'message.send', input: { json } },
    })
    client.send(send('array', [message('1'), message('2')]))
    client.send(send('single', message('3')))
    client.send([send('array too', [message('4'), message('5')]), send('single too', message('6'))])
    const answers = []
    for (const id of ['array', 'single', 'array too', 'single too'])
      answers.push((await client.answer(id)).result?.data?.json)
    const seqs = (answers.flat() as { seq: number }[]).map(({ seq }) => seq)
    expect(seqs).toHaveLength(6)
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
  })

  test('[NET6] a token that is refused is answered, as are the calls that came with it, and closes the connection', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    await request(`${server.url}/trpc/account.logout`, { token: ann.token, body: {} })
    const cases = [
      ['x', 4401, 'UNAUTHENTICATED'],
      [ann.token, 4403, 'SESSION_REVOKED'],
    ] as const
    for (const [token, code, error] of cases) {
      await using client = await RawTrpcClient.open(server.url, token)
      client.call(1, 'account.get', undefined, 'query')
      client.send([
        { id: 2, method: 'query', params: { path: 'account.get' } },
        { id: 3, method: 'subscription', params: { path: 'sync.live' } },
      ])
      expect(await client.closed()).toBe(code)
      expect(client.frames.map((frame) => [frame.id, codeOf(frame)])).toEqual([
        [null, error],
        [1, error],
        [2, error],
        [3, error],
      ])
      expect(client.frames.at(-1)?.error?.json.data['path']).toBe('sync.live')
    }
  })

  test('[NET6] a header of the upgrade signs in too, and nobody may make public calls alone', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    const headers = { authorization: `Bearer ${ann.token}` }
    await using known = new RawTrpcClient(server.url, { query: '', headers })
    await once(known.socket, 'open')
    known.call(1, 'account.get', undefined, 'query')
    expect((await known.answer(1)).result?.data?.json).toMatchObject({ username: 'ann' })
    await using nobody = new RawTrpcClient(server.url, { query: '' })
    await once(nobody.socket, 'open')
    nobody.call(1, 'account.get', undefined, 'query')
    expect(codeOf(await nobody.answer(1))).toBe('UNAUTHENTICATED')
    nobody.call(2, 'account.login', { login: 'ann', password: '0000' })
    expect((await nobody.answer(2)).result?.data?.json).toMatchObject({ user: { username: 'ann' } })
  })

  test('[NET8] a thousand calls at once are all answered, a few under way at a time', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
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

  test('[NET10] a session that ends closes its connections with 4403, the others of the user stay', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    const other = await request(`${server.url}/login`, {
      body: { username: 'ann', password: '0000' },
    })
    await using ending = await RawTrpcClient.open(server.url, ann.token)
    await using staying = await RawTrpcClient.open(server.url, String(other.body['token']))
    for (const client of [ending, staying]) {
      client.call(1, 'account.get', undefined, 'query')
      await client.answer(1)
    }
    ending.call(2, 'account.logout', undefined)
    expect(await ending.closed()).toBe(4403)
    staying.call(2, 'account.get', undefined, 'query')
    expect((await staying.answer(2)).error).toBeUndefined()
  })

  test('[NET8] a frame that is too big closes the connection', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    await using client = await RawTrpcClient.open(server.url, ann.token)
    client.send('x'.repeat(LIMITS.bodyBytes + 1))
    expect(await client.closed()).toBe(1009)
  })

  test('[NET8] stopping what is unknown does nothing, and the id of what has been stopped is free', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    await using client = await RawTrpcClient.open(server.url, ann.token)
    client.call('live', 'sync.live', {}, 'subscription')
    await client.heard((frame) => frame.result?.type === 'data')
    client.call('live', 'sync.live', {}, 'subscription')
    expect(codeOf(await client.heard((frame) => frame.error !== undefined))).toBe('INVALID_INPUT')
    client.send({ id: 'unknown', method: 'subscription.stop' })
    client.send({ id: 'live', method: 'subscription.stop' })
    await client.heard((frame) => frame.result?.type === 'stopped')
    client.call('live', 'account.get', undefined, 'query')
    const [, , , , last] = await vi.waitFor(() => {
      expect(client.frames).toHaveLength(5)
      return client.frames
    }, 15_000)
    expect(last?.result?.data?.json).toMatchObject({ username: 'ann' })
  })

  test('[NET15] a server that stops closes its connections with 1012', async () => {
    await using server = await startTestServer({ engine: 'sqlite', adapter })
    const ann = await signUp(server.url, 'ann')
    await using known = await RawTrpcClient.open(server.url, ann.token)
    await using nobody = new RawTrpcClient(server.url)
    await once(nobody.socket, 'open')
    known.call(1, 'account.get', undefined, 'query')
    await known.answer(1)
    await server.server.close()
    expect([await known.closed(), await nobody.closed()]).toEqual([1012, 1012])
  })

  test('[NET13] a connection that does not answer pings is cut', async () => {
    await using server = await startTestServer({
      engine: 'sqlite',
      adapter,
      // Long enough for the other one to answer in time, also where much else is done.
      timings: { keepAliveMs: 2_000, tickMs: 20 },
    })
    const ann = await signUp(server.url, 'ann')
    const headers = { authorization: `Bearer ${ann.token}` }
    await using answering = new RawTrpcClient(server.url, { query: '', headers })
    await using frozen = new RawTrpcClient(server.url, { query: '', headers, autoPong: false })
    expect(await frozen.closed()).toBe(1006)
    expect(answering.closeCode).toBeUndefined()
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
      trpc.account.get.query(),
      trpc.conversation.list.query({}),
      trpc.conversation.get.query({ conversationId: ann.id }),
    ])
    expect(me).toMatchObject({ value: { username: 'ann' } })
    expect(groups).toMatchObject({ value: { items: [] } })
    expect(refused).toMatchObject({ reason: { data: { code: 'NOT_FOUND' } } })
  }
})
