import { TidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import type { ConnectionState } from '../src/index.ts'
import {
  credentialsOf,
  keptTokens,
  messageEvent,
  openScene,
  type Scene,
} from './support/fake-client.ts'
import { settle } from './support/fake-clock.ts'
import type { Welcome } from './support/fake-server.ts'

const READY: Welcome = { kind: 'ready' }

/** Connects and counts on it. */
async function connected(scene: Scene): Promise<void> {
  const connecting = scene.client.connect()
  await scene.clock.advance(0)
  await connecting
}

function statesOf({ client }: Scene): ConnectionState[] {
  const states: ConnectionState[] = []
  client.on('connection', (state) => states.push(state))
  return states
}

test('[SDK8] a connection says who connects in its first frame, and subscribes in the second', async () => {
  const scene = openScene()
  await connected(scene)
  const [socket] = scene.server.sockets
  expect(socket?.url).toBe('ws://server.test/trpc?connectionParams=1')
  expect(JSON.parse(socket?.sent[0] ?? '')).toEqual({
    method: 'connectionParams',
    data: { token: 'ann-token' },
  })
  expect(JSON.parse(socket?.sent[1] ?? '')).toMatchObject({
    method: 'subscription',
    params: { path: 'sync.live' },
  })
})

test('[SDK8] the states are told in order, and the present one can be asked for', async () => {
  const scene = openScene()
  expect(scene.client.connection.state).toEqual({
    state: 'disconnected',
    reason: 'idle',
    error: undefined,
  })
  const states = statesOf(scene)
  await connected(scene)
  await scene.client.close()
  expect(states).toEqual([
    { state: 'connecting', attempt: 1, retryInMs: 0, error: undefined },
    { state: 'connected' },
    { state: 'disconnected', reason: 'closed', error: undefined },
  ])
})

test('[SDK8] an unreachable server is tried again for ever, with waits that double up to 30 seconds', async () => {
  const scene = openScene()
  scene.server.isUnreachable = true
  scene.clock.chance = 0.999_999
  const states = statesOf(scene)
  const connecting = scene.client.connect()
  for (let hour = 0; hour < 3; hour += 1) await scene.clock.advance(3_600_000)
  const waits = states.flatMap((state) =>
    state.state === 'connecting' && state.retryInMs > 0
      ? [Math.round(state.retryInMs / 100) * 100]
      : [],
  )
  expect(waits.slice(0, 9)).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  expect(waits.length).toBeGreaterThan(300)
  scene.server.isUnreachable = false
  await scene.clock.advance(30_000)
  await connecting
  expect(scene.client.connection.state).toEqual({ state: 'connected' })
})

test('[SDK8] a wait is drawn from nothing up to its bound, each time anew', async () => {
  const scene = openScene()
  scene.server.isUnreachable = true
  const states = statesOf(scene)
  scene.clock.chance = 0.1
  void scene.client.connect()
  await settle()
  scene.clock.chance = 0.9
  await scene.clock.advance(50)
  const waits = states.map((state) => (state.state === 'connecting' ? state.retryInMs : 0))
  expect(waits).toEqual([0, 50, 0, 900])
})

test.each([
  [1006, 250],
  [1001, 250],
  [1012, 250],
  [1013, 2000],
  [1011, 2000],
  [4429, 2000],
  [3999, 250],
])(
  '[SDK8] after close code %i a good connection is replaced within %i ms',
  async (code, withinMs) => {
    const scene = openScene()
    scene.clock.chance = 0.999_999
    await connected(scene)
    await scene.clock.advance(5000)
    scene.server.socket.drop(code)
    await settle()
    expect(scene.client.connection.state).toMatchObject({ state: 'connecting', attempt: 1 })
    await scene.clock.advance(withinMs / 2)
    expect(scene.client.connection.state.state).toBe('connecting')
    await scene.clock.advance(withinMs / 2)
    expect(scene.client.connection.state.state).toBe('connected')
  },
)

test.each([
  [1000, 'NETWORK'],
  [1003, 'NETWORK'],
  [4403, 'SESSION_REVOKED'],
] as const)('[SDK8] after close code %i nothing is tried again', async (code, errorCode) => {
  const scene = openScene()
  await connected(scene)
  scene.server.socket.drop(code)
  await scene.clock.advance(3_600_000)
  const { state } = scene.client.connection
  expect(state).toMatchObject({
    state: 'disconnected',
    reason: 'refused',
    error: { code: errorCode },
  })
  expect(scene.server.sockets).toHaveLength(1)
})

test('[SDK8] a connection that breaks at once counts as a failed try, one that lasted does not', async () => {
  const scene = openScene()
  await connected(scene)
  for (const attempt of [2, 3, 4]) {
    scene.server.socket.drop(1006)
    await settle()
    expect(scene.client.connection.state).toMatchObject({ state: 'connecting', attempt })
    await scene.clock.advance(4000)
    expect(scene.client.connection.state.state).toBe('connected')
  }
  await scene.clock.advance(5000)
  scene.server.socket.drop(1006)
  await settle()
  expect(scene.client.connection.state).toMatchObject({ state: 'connecting', attempt: 1 })
})

test('[SDK8] connect during a wait tries at once', async () => {
  const scene = openScene()
  scene.server.isUnreachable = true
  const connecting = scene.client.connect()
  await scene.clock.advance(60_000)
  scene.server.isUnreachable = false
  expect(scene.client.connection.state).toMatchObject({ state: 'connecting' })
  void scene.client.connect()
  await scene.clock.advance(0)
  await connecting
  expect(scene.client.connection.state.state).toBe('connected')
})

test('[SDK8] a server that says nothing is given up after 10 seconds, and tried again', async () => {
  const scene = openScene()
  const welcomes: Welcome[] = [{ kind: 'silent' }]
  scene.server.welcome = () => welcomes.shift() ?? READY
  void scene.client.connect()
  await scene.clock.advance(9999)
  expect(scene.server.sockets).toHaveLength(1)
  await scene.clock.advance(1000)
  expect(scene.server.sockets).toHaveLength(2)
  expect(scene.client.connection.state.state).toBe('connected')
})

test('[SDK8] a refusal with a time to wait is not repeated before it', async () => {
  const scene = openScene()
  const error = new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 20_000 })
  const welcomes: Welcome[] = [{ kind: 'error', error, code: 4429 }]
  scene.server.welcome = () => welcomes.shift() ?? READY
  void scene.client.connect()
  await scene.clock.advance(20_000)
  expect(scene.server.sockets).toHaveLength(1)
  await scene.clock.advance(4000)
  expect(scene.client.connection.state.state).toBe('connected')
})

test('[SDK8] a server of an earlier version is tried again: the next one may be of the later', async () => {
  const scene = openScene()
  const error = new TidingsError('UNSUPPORTED_VERSION')
  const welcomes: Welcome[] = Array.from({ length: 3 }, () => ({
    kind: 'error',
    error,
    code: 1000,
  }))
  scene.server.welcome = () => welcomes.shift() ?? READY
  void scene.client.connect()
  await scene.clock.advance(1000)
  expect(scene.client.connection.state).toMatchObject({
    state: 'connecting',
    error: { code: 'UNSUPPORTED_VERSION' },
  })
  await scene.clock.advance(60_000)
  expect(scene.client.connection.state.state).toBe('connected')
})

test.each(['subscription', 'notice'])(
  '[SDK8] the end of the %s makes the client connect anew',
  async (what) => {
    const scene = openScene()
    await connected(scene)
    if (what === 'subscription') scene.server.socket.endLive()
    else scene.server.socket.receive({ id: null, method: 'reconnect' })
    await scene.clock.advance(1000)
    expect(scene.client.connection.state.state).toBe('connected')
    expect(scene.server.sockets).toHaveLength(2)
  },
)

test('[SDK8] nobody is signed in: connecting is refused, and can be tried after signing in', async () => {
  const scene = openScene({ tokens: keptTokens(undefined) })
  await scene.client.account.logout().catch(() => undefined)
  await expect(scene.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  scene.server.on('account.login', () => credentialsOf())
  await scene.client.account.login({ login: 'ann', password: 'x' })
  await connected(scene)
  expect(scene.client.connection.state.state).toBe('connected')
})

test('[SDK9] a quiet connection is asked for a sign of life after 15 seconds, and kept when there is one', async () => {
  const scene = openScene()
  await connected(scene)
  await scene.clock.advance(14_000)
  expect(scene.server.socket.sent).not.toContain('PING')
  await scene.clock.advance(2000)
  expect(scene.server.socket.sent).toContain('PING')
  await scene.clock.advance(120_000)
  expect(scene.server.sockets).toHaveLength(1)
})

test('[SDK9] a half-open connection is replaced within 20 seconds, and its calls fail with NETWORK', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.socket.isDead = true
  const call = scene.client.typing.stop({ conversationId: 'x' })
  const opened = scene.client.conversation
    .open({ username: 'bob' })
    .catch((error: unknown) => error)
  await scene.clock.advance(20_001)
  expect(await opened).toMatchObject({ code: 'NETWORK', retryable: true })
  await call
  await scene.clock.advance(1000)
  expect(scene.server.sockets).toHaveLength(2)
  expect(scene.client.connection.state.state).toBe('connected')
})

test('[SDK9] a program that stood still does not take its own silence for the server’s', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.socket.isDead = true
  await scene.clock.advance(15_000)
  expect(scene.server.socket.sent).toContain('PING')
  scene.clock.freeze(60_000)
  scene.server.socket.isDead = false
  await scene.clock.advance(60_000)
  expect(scene.server.sockets).toHaveLength(1)
})

test('[SDK9] the server’s own ping is answered', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.socket.receive('PING')
  await settle()
  expect(scene.server.socket.sent.at(-1)).toBe('PONG')
})

test('[SDK10] an expired token is renewed once and the connection follows at once', async () => {
  const scene = openScene()
  const error = new TidingsError('TOKEN_EXPIRED')
  scene.server.welcome = (token) => (token === 'new' ? READY : { kind: 'error', error, code: 4401 })
  scene.server.on('account.refresh', () => credentialsOf('ann', 'new'))
  await connected(scene)
  expect(scene.server.callsOf('account.refresh')).toEqual([
    {
      path: 'account.refresh',
      input: { refreshToken: 'ann-token-refresh' },
      over: 'http',
      token: undefined,
    },
  ])
  expect(scene.server.socket.token).toBe('new')
})

test('[SDK10] a token that is refused twice is not renewed for ever', async () => {
  const scene = openScene()
  const error = new TidingsError('UNAUTHENTICATED')
  scene.server.welcome = () => ({ kind: 'error', error, code: 4401 })
  scene.server.on('account.refresh', () => credentialsOf('ann', `new ${scene.clock.newId()}`))
  const connecting = scene.client.connect()
  await scene.clock.advance(3_600_000)
  await expect(connecting).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  expect(scene.server.callsOf('account.refresh')).toHaveLength(1)
})

test('[SDK10] while the token cannot be renewed for want of a network, the client goes on trying', async () => {
  const scene = openScene()
  const error = new TidingsError('TOKEN_EXPIRED')
  scene.server.welcome = (token) => (token === 'new' ? READY : { kind: 'error', error, code: 4401 })
  let failures = 3
  scene.server.on('account.refresh', () => {
    failures -= 1
    if (failures >= 0) throw new TidingsError('UNAVAILABLE')
    return credentialsOf('ann', 'new')
  })
  void scene.client.connect()
  await scene.clock.advance(120_000)
  expect(scene.client.connection.state.state).toBe('connected')
})

test('[SDK11] a revoked session ends with SESSION_REVOKED, and no reconnection', async () => {
  const scene = openScene()
  await connected(scene)
  const error = new TidingsError('SESSION_REVOKED')
  scene.server.welcome = () => ({ kind: 'error', error, code: 4403 })
  scene.server.on('message.send', () => {
    throw error
  })
  scene.server.socket.drop(4403)
  await settle()
  const body = { kind: 'text', text: 'too late' } as const
  const sending = scene.client.message.send({ conversationId: 'c', body })
  await expect(sending).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  await scene.clock.advance(3_600_000)
  expect(scene.server.sockets).toHaveLength(1)
  expect(scene.client.connection.state).toMatchObject({
    reason: 'refused',
    error: { code: 'SESSION_REVOKED' },
  })
})

test('[SDK8] after close nothing happens any more, and everything is rejected with CLOSED', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.on('conversation.get', () => new Promise(() => undefined))
  const asking = scene.client.conversation
    .get({ conversationId: 'x' })
    .catch((error: unknown) => error)
  const listening: unknown[] = []
  scene.client.on('message.created', (event) => listening.push(event))
  await settle()
  const { socket } = scene.server
  await scene.client.close()
  socket.live([{ kind: 'events', events: [messageEvent(1)] }])
  await scene.clock.advance(3_600_000)
  expect(await asking).toMatchObject({ code: 'CLOSED' })
  await expect(scene.client.connect()).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(scene.client.account.get()).rejects.toMatchObject({ code: 'CLOSED' })
  expect(listening).toEqual([])
  expect(scene.clock.nextInMs).toBeUndefined()
})
