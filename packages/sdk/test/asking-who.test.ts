import { TidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { memoryStorage } from '../src/index.ts'
import { messageEvent, openScene, STREAM, type Scene } from './support/fake-client.ts'
import { settle } from './support/fake-clock.ts'

const ANN = { id: 'id-of-ann', username: 'ann' }

/** A client of an app that brings its own tokens: nothing says whose they are. */
function openStranger(options: Parameters<typeof openScene>[0] = {}): Scene {
  return openScene({ tokens: undefined, accessToken: () => 'given', ...options })
}

test('[SDK24] who connects is asked over the connection itself, once, and nothing goes before', async () => {
  const { client, server, clock } = openStranger()
  server.on('account.get', () => ANN)
  const connecting = client.connect()
  await clock.advance(0)
  await connecting
  expect(client.userId).toBe('id-of-ann')
  expect(client.store.user.get()).toEqual(ANN)
  expect(server.requests).toEqual([])
  server.socket.drop(1012)
  await settle()
  await clock.advance(60_000)
  expect(client.connection.state).toEqual({ state: 'connected' })
  expect(server.sockets).toHaveLength(2)
  expect(server.callsOf('account.get').map(({ over, token }) => [over, token])).toEqual([
    ['websocket', 'given'],
  ])
})

test('[SDK24] until it is known who connects nothing is told, and then everything in order', async () => {
  const { client, server, clock } = openStranger({ catchUp: 'from-start' })
  server.on('sync.heads', () => ({
    epoch: 1,
    watermark: 1,
    heads: [{ stream: STREAM, head: 2, tag: 14, floor: 0 }],
    next: null,
  }))
  const events = [messageEvent(1), messageEvent(2)]
  server.on('sync.pullCompact', () => ({
    epoch: 1,
    streams: [{ stream: STREAM, events, upTo: { seq: 2, tag: 14 }, more: false }],
  }))
  let answer = (): void => undefined
  server.on('account.get', () => new Promise((resolve) => (answer = () => resolve(ANN))))
  const told: unknown[] = []
  client.on('connection', ({ state }) => told.push(state))
  client.on('message.created', ({ seq }) => told.push(seq))
  const connecting = client.connect()
  await settle()
  server.push({ kind: 'events', events: [messageEvent(3)] })
  await settle()
  expect(told).toEqual(['connecting'])
  expect(server.callsOf('sync.heads')).toEqual([])
  answer()
  await clock.advance(0)
  await connecting
  await settle()
  expect(told).toEqual(['connecting', 'connected', 1, 2, 3])
})

test('[SDK24] what is kept is read for its owner alone, whoever that turns out to be', async () => {
  const storage = memoryStorage()
  const position = { kind: 'put', key: `position/${STREAM}`, value: { seq: 7, tag: 49 } } as const
  const first = openStranger({ storage })
  first.server.on('account.get', () => ANN)
  const sending = first.client.message
    .send({ conversationId: STREAM.slice(2), body: { kind: 'text', text: 'mine' } })
    .catch((error: unknown) => error)
  await settle()
  await first.client.close()
  await sending
  await storage.write([position])
  const second = openStranger({ storage })
  second.server.on('account.get', () => ({ id: 'id-of-bob', username: 'bob' }))
  const connecting = second.client.connect()
  await second.clock.advance(0)
  await connecting
  await settle()
  expect(second.client.userId).toBe('id-of-bob')
  expect(second.server.callsOf('message.send')).toEqual([])
  expect(await storage.read({ from: position.key, to: `${position.key}/` })).toEqual([])
})

test('[SDK24] a connection that does not learn whose it is ends, and the next try asks before it connects', async () => {
  const { client, server, clock } = openStranger()
  server.on('account.get', (_: never, { over }) => {
    if (over === 'websocket') throw new TidingsError('UNAVAILABLE')
    return ANN
  })
  const connecting = client.connect()
  await settle()
  expect(server.sockets.map(({ closedBy }) => closedBy)).toEqual(['client'])
  expect(client.connection.state).toMatchObject({
    state: 'connecting',
    attempt: 2,
    error: { code: 'UNAVAILABLE' },
  })
  await clock.advance(60_000)
  await connecting
  expect(server.callsOf('account.get').map(({ over }) => over)).toEqual(['websocket', 'http'])
  expect(server.sockets).toHaveLength(2)
})

test('[SDK24] a token that the connection refuses ends it, with what is said of it', async () => {
  const { client, server } = openStranger()
  const error = new TidingsError('SESSION_REVOKED')
  server.welcome = () => ({ kind: 'error', error, code: 4403 })
  server.on('account.get', (_: never, { over }) => {
    if (over === 'http') throw error
    return new Promise(() => undefined)
  })
  await expect(client.connect()).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  expect(client.connection.state).toMatchObject({ state: 'disconnected', reason: 'refused' })
  expect(client.userId).toBeUndefined()
  expect(server.sockets).toHaveLength(1)
})

test('[STO2] a client that is closed by what it hears asks for no conversations', async () => {
  const { client, server, clock } = openScene({ catchUp: 'from-start' })
  server.on('sync.heads', () => ({
    epoch: 1,
    watermark: 1,
    heads: [{ stream: STREAM, head: 1, tag: 7, floor: 0 }],
    next: null,
  }))
  server.on('sync.pullCompact', () => ({
    epoch: 1,
    streams: [{ stream: STREAM, events: [messageEvent(1)], upTo: { seq: 1, tag: 7 }, more: false }],
  }))
  const heard = new Promise((resolve) => client.on('message.created', resolve))
  client.connect().catch(() => undefined)
  await clock.advance(0)
  await Promise.all([heard.then(() => client.close()), settle()])
  expect(client.connection.state).toMatchObject({ reason: 'closed' })
  expect(server.callsOf('sync.pullCompact')).toHaveLength(1)
  expect(server.callsOf('conversation.list')).toEqual([])
})
