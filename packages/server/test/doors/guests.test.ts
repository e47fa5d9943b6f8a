import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { httpClient, register } from '../contract/person.ts'
import { makeAdmin } from '../support/administrators.ts'
import { createTestPlace, describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { codeOf as refusalIn, RawTrpcClient } from './support/trpc-client.ts'

/** What a guest's call ends with. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: unknown) => (error as { data: { code: string } }).data.code,
  )
}

/** How the upgrade of a guest ends. */
async function statusOf(url: string): Promise<number> {
  const socket = new WebSocket(url)
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
  })
}

const ACTIONS = [
  'send_message',
  'read',
  'delete_session',
  'deletemessage',
  'send_messages',
  'receive_messages',
]

/** Where the seeds write, and where they read what was written. */
const OF_THE_SEEDS: readonly (readonly ['GET' | 'POST' | 'PUT', string])[] = [
  ...ACTIONS.flatMap((name) => {
    const path = `/api/v1/messages/${name}`
    return [['GET', path] as const, ['POST', path] as const]
  }),
  ['GET', '/api/inbox'],
  ['GET', '/api/thread/ann'],
  ['POST', '/sessions'],
  ['POST', '/groups'],
  ['PUT', '/groups/any/join'],
  ['PUT', '/groups/any/left'],
  ['POST', '/messages'],
  ['GET', '/messages?user=ann'],
]

describeEngines('guests', (engine) => {
  test('[S4.1] users write to one another and are notified; who has not signed in is denied both, at every door', async () => {
    await using place = await createTestPlace(engine)
    await using server = await startTestServer({ engine, databaseUrl: place.url })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    await makeAdmin(place.url, 'ann')
    const anns = httpClient(server.url, ann.accessToken)
    const { id: conversationId } = await anns.conversation.open.mutate({ userId: bob.userId })
    const message = { conversationId, body: { kind: 'text', text: 'hello' } } as const
    const news = {
      to: { userIds: [bob.userId] },
      ...{ clientNotificationId: 'one', kind: 'news', title: 'News' },
    }
    await anns.message.send.mutate(message)
    await anns.notification.send.mutate(news)

    const bobs = httpClient(server.url, bob.accessToken)
    const { items: messages } = await bobs.message.list.query({ conversationId })
    expect(messages.map(({ body }) => body)).toEqual([message.body])
    const { items } = await bobs.notification.list.query({})
    expect(items.map(({ title }) => title)).toEqual(['News'])

    const guest = httpClient(server.url)
    const calls = [
      guest.message.send.mutate(message),
      guest.message.list.query({ conversationId }),
      guest.message.search.query({ query: 'hello' }),
      guest.notification.send.mutate(news),
      guest.notification.list.query({}),
      guest.notification.countUnread.query(),
      guest.notification.read.mutate({ upTo: 1 }),
      guest.notification.remove.mutate({ upTo: 1 }),
    ]
    const codes = await Promise.all(calls.map(codeOf))
    expect(new Set(codes)).toEqual(new Set(['UNAUTHENTICATED']))
    const paths = [
      'notifications',
      'notifications/unread',
      `conversations/${conversationId}/messages`,
    ]
    for (const path of paths)
      expect((await fetch(`${server.url}/rest/v1/${path}`)).status, path).toBe(401)
    const sent = await fetch(`${server.url}/rest/v1/notifications`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(news),
    })
    expect(sent.status).toBe(401)
    const webSocket = server.url.replace('http', 'ws')
    for (const path of [`/ws/${'A'.repeat(43)}`, '/api/ws'])
      expect([path, await statusOf(webSocket + path)]).toEqual([path, 401])
    for (const [method, path] of OF_THE_SEEDS) {
      const init = { method, headers: { 'content-type': 'application/json' } }
      const body = method === 'GET' ? {} : { body: '{}' }
      const { status } = await fetch(server.url + path, { ...init, ...body })
      expect([method, path, status]).toEqual([method, path, 401])
    }
    await using socket = new RawTrpcClient(server.url, { query: '' })
    await once(socket.socket, 'open')
    const overWebSocket: readonly [string, unknown, string][] = [
      ['message.send', message, 'mutation'],
      ['message.list', { conversationId }, 'query'],
      ['notification.send', news, 'mutation'],
      ['notification.list', {}, 'query'],
      ['sync.live', { version: 1 }, 'subscription'],
    ]
    for (const [at, [path, input, method]] of overWebSocket.entries()) {
      socket.call(at, path, input, method)
      const told = refusalIn(
        await socket.heard(({ id, error }) => id === at && error !== undefined),
      )
      expect([path, told]).toEqual([path, 'UNAUTHENTICATED'])
    }
    expect((await bobs.message.list.query({ conversationId })).items).toHaveLength(1)
    expect(await bobs.notification.list.query({})).toMatchObject({ unread: 1 })
  })
})
