import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { describePlaces } from '../support/adapters.ts'
import { RestClient } from '../support/rest-client.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { openWebSocketClient } from './doors.ts'
import { dump } from './dump.ts'
import { NumberedClient } from './numbered-client.ts'
import { httpClient, register, type Person } from './person.ts'

/** Two who have said something to each other, and a group of the first. */
interface World {
  readonly server: TestServer
  readonly ann: Person
  readonly bob: Person
  readonly direct: string
  readonly group: string
  /** Of ann's, in the direct conversation. */
  readonly message: { readonly messageId: string; readonly seq: number }
}

async function setUp(server: TestServer): Promise<World> {
  const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
  const client = httpClient(server.url, ann.accessToken)
  const { id: direct } = await client.conversation.open.mutate({ username: 'bob' })
  const body = { kind: 'text' as const, text: 'first' }
  const sent = await client.message.send.mutate({ conversationId: direct, body })
  if (Array.isArray(sent)) throw new Error('one was sent')
  const { id: group } = await client.group.create.mutate({ name: 'g', userIds: [bob.userId] })
  return { server, ann, bob, direct, group, message: sent }
}

type Act = (world: World) => Promise<unknown>

/** What the others must not come out as. */
const idle: Act = () => Promise.resolve()

/** By tRPC's own client, over HTTP and over a WebSocket. */
const trpc = (
  run: (client: ReturnType<typeof httpClient>, world: World) => Promise<unknown>,
  who: 'ann' | 'bob' = 'ann',
): Readonly<Record<'http' | 'websocket', Act>> => ({
  http: (world) => run(httpClient(world.server.url, world[who].accessToken), world),
  async websocket(world) {
    await using socket = openWebSocketClient(world.server, world[who])
    await run(socket.client, world)
  },
})

/** By REST, as ann unless it says otherwise. */
const rest =
  (operation: string, input: (world: World) => object, who: 'ann' | 'bob' = 'ann'): Act =>
  async (world) => {
    const client = await RestClient.open(world.server)
    const { outcome } = await client.call(operation, input(world), world[who].accessToken)
    expect(outcome).toBe('ok')
  }

/** By the numbered protocol. */
const numbered =
  (method: number, body: (world: World) => object, who: 'ann' | 'bob' = 'ann'): Act =>
  async (world) => {
    const client = await NumberedClient.open(world.server, world[who])
    await client.start()
    expect(await client.call(method, { ...body(world) })).not.toHaveProperty('code')
    await client.close()
  }

/** By a route of a seed. */
const route =
  (
    method: string,
    path: (world: World) => string,
    body: (world: World) => object,
    status: number,
  ): Act =>
  async (world) => {
    const { url } = world.server
    const response = await fetch(url + path(world), {
      method,
      headers: {
        authorization: `Bearer ${world.ann.accessToken}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body(world)),
    })
    expect(response.status).toBe(status)
  }

const seed001Message: Act = async ({ server, ann }) => {
  const headers = { authorization: `Bearer ${ann.accessToken}` }
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/ws`, { headers })
  const heard: string[] = []
  socket.on('message', (data: Buffer) => heard.push(data.toString()))
  await once(socket, 'open')
  socket.send(JSON.stringify({ author: 'ann', recipient: 'bob', message: 'hello' }))
  await vi.waitFor(() => expect(heard.join()).toContain('hello'))
  socket.close()
  await once(socket, 'close')
}

const text = (value: string) => ({ kind: 'text' as const, text: value })
const hello = (world: World) => ({ conversationId: world.direct, body: text('hello') })
const messageOf = ({ direct: conversationId, message: { messageId } }: World) => ({
  conversationId,
  messageId,
})

/** The first way of each command is what the others must come out as. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, Act>>>> = {
  'a message to somebody': {
    ...trpc((client, world) => client.message.send.mutate(hello(world))),
    rest: rest('message.send', hello),
    numbered: numbered(40, ({ direct }) => ({ group_id: direct, data: 'hello' })),
    'seed 001': seed001Message,
    'seed 003': route(
      'POST',
      () => '/messages',
      () => ({ recipient: 'bob', type: 1, message: 'hello' }),
      201,
    ),
  },
  'reading it': {
    ...trpc(
      (client, { message: { messageId } }) => client.message.read.mutate({ messageId }),
      'bob',
    ),
    rest: rest('message.read', ({ message: { messageId } }) => ({ messageId }), 'bob'),
    numbered: numbered(42, ({ message: { messageId } }) => ({ message_id: messageId }), 'bob'),
  },
  'another body': {
    ...trpc((client, world) =>
      client.message.edit.mutate({ ...messageOf(world), body: text('other') }),
    ),
    rest: rest('message.edit', (world) => ({ ...messageOf(world), body: text('other') })),
    numbered: numbered(43, ({ direct, message: { messageId } }) => ({
      group_id: direct,
      message_id: messageId,
      data: 'other',
    })),
  },
  'deleting it': {
    ...trpc((client, world) => client.message.delete.mutate(messageOf(world))),
    rest: rest('message.delete', messageOf),
    numbered: numbered(44, ({ direct, message: { messageId } }) => ({
      group_id: direct,
      message_id: messageId,
    })),
  },
  'a group': {
    ...trpc((client, { bob }) =>
      client.group.create.mutate({ name: 'new', userIds: [bob.userId] }),
    ),
    rest: rest('group.create', ({ bob }) => ({ name: 'new', userIds: [bob.userId] })),
    numbered: numbered(50, ({ bob }) => ({ name: 'new', user_ids: [bob.userId] })),
    'seed 002': route(
      'POST',
      () => '/groups',
      ({ bob }) => ({ name: 'new', user_ids: [bob.userId] }),
      201,
    ),
  },
  'leaving a group': {
    ...trpc((client, { group }) => client.group.leave.mutate({ conversationId: group })),
    rest: rest('group.leave', ({ group }) => ({ conversationId: group })),
    numbered: numbered(52, ({ group }) => ({ group_id: group })),
    'seed 002': route(
      'PUT',
      ({ group }) => `/groups/${group}/left`,
      ({ ann }) => ({ user_id: ann.userId }),
      204,
    ),
  },
}

describePlaces('the same command through every door', (place) => {
  describe.each(Object.entries(COMMANDS))('%s', (_name, ways) => {
    test('[DIA1] [RES1] leaves the same database and the same events', async () => {
      const outcomes: Record<string, string> = {}
      for (const [door, act] of [['nothing', idle] as const, ...Object.entries(ways)]) {
        await using server = await startTestServer(place)
        const world = await setUp(server)
        await act(world)
        outcomes[door] = await dump(server, [world.ann, world.bob])
      }
      const [before, first, ...others] = Object.values(outcomes)
      expect(first).not.toBe(before)
      for (const other of others) expect(other).toBe(first)
    })
  })
})
