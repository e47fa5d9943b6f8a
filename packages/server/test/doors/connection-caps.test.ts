import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { isTidingsError } from '@tidings/protocol/wire'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { openConnectionCaps, releaseWith } from '../../src/doors/connection-caps.ts'
import { Mistakes } from '../../src/doors/mistakes.ts'
import { describeAdapters } from '../support/adapters.ts'
import { startTestServer } from '../support/test-server.ts'
import { NumberedClient, openSession, signUp } from './support/seed-client.ts'
import { codeOf, RawTrpcClient } from './support/trpc-client.ts'

const WAIT = { timeout: 15_000, interval: 5 }

/** Tries to open a WebSocket; answers 101, or the status and the code of the refusal. */
async function upgrade(url: string): Promise<readonly [number, string?]> {
  const socket = new WebSocket(url)
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.terminate()
      socket.once('close', () => resolve([101]))
    })
    socket.once('unexpected-response', (_, response) => {
      response.setEncoding('utf8')
      response.once('data', (body: string) => {
        const { error } = JSON.parse(body) as { error: { code: string } }
        resolve([response.statusCode ?? 0, error.code])
      })
    })
    socket.on('error', () => undefined)
  })
}

describeAdapters('the caps of connections', (adapter) => {
  test('[NET17] beyond the cap of an address nothing is upgraded, and a place is free again when its connection is gone', async () => {
    await using server = await startTestServer({
      engine: 'sqlite',
      adapter,
      config: { limits: { connectionsPerIp: 3 } },
    })
    const ann = await signUp(server.url, 'ann')
    const address = `${server.url.replace('http', 'ws')}/trpc?connectionParams=1`
    await using first = await RawTrpcClient.open(server.url, ann.token)
    await using second = new RawTrpcClient(server.url)
    await once(second.socket, 'open')
    const numbered = await NumberedClient.open(ann)
    expect(await upgrade(address)).toEqual([429, 'TOO_MANY_CONNECTIONS'])
    const messagingUrl = await openSession(ann)
    expect(await upgrade(messagingUrl)).toEqual([429, 'TOO_MANY_CONNECTIONS'])
    first.call(1, 'account.get', undefined, 'query')
    expect((await first.answer(1)).error).toBeUndefined()
    await numbered[Symbol.asyncDispose]()
    await vi.waitFor(async () => expect(await upgrade(address)).toEqual([101]), WAIT)
    // What was refused has not used the ticket up.
    await vi.waitFor(async () => expect(await upgrade(messagingUrl)).toEqual([101]), WAIT)
  })

  test('[NET17] beyond the cap of a user a connection is told so and closed, over whichever of his devices', async () => {
    await using server = await startTestServer({
      engine: 'sqlite',
      adapter,
      config: { limits: { connectionsPerUser: 2 } },
    })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    await using first = await RawTrpcClient.open(server.url, ann.token)
    first.call(1, 'account.get', undefined, 'query')
    await first.answer(1)
    const tablet = await NumberedClient.open(ann, { deviceId: 'tablet' })
    await using third = await RawTrpcClient.open(server.url, ann.token)
    expect(codeOf(await third.heard(({ error }) => error !== undefined))).toBe(
      'TOO_MANY_CONNECTIONS',
    )
    expect(await third.closed()).toBe(4429)
    const messagingUrl = await openSession(ann)
    expect(await upgrade(messagingUrl)).toEqual([429, 'TOO_MANY_CONNECTIONS'])
    await using other = await RawTrpcClient.open(server.url, bob.token)
    other.call(1, 'account.get', undefined, 'query')
    expect((await other.answer(1)).error).toBeUndefined()
    await tablet[Symbol.asyncDispose]()
    await vi.waitFor(async () => {
      await using again = await RawTrpcClient.open(server.url, ann.token)
      again.call(1, 'account.get', undefined, 'query')
      expect((await again.heard(() => true)).error).toBeUndefined()
    }, WAIT)
  })
})

test('[NET17] refused upgrades hold no place', async () => {
  await using server = await startTestServer({
    engine: 'sqlite',
    config: { limits: { connectionsPerIp: 1 } },
  })
  const wsUrl = server.url.replace('http', 'ws')
  for (let times = 0; times < 3; times += 1) {
    await vi.waitFor(
      async () =>
        expect(await upgrade(`${wsUrl}/ws/${'x'.repeat(43)}`)).toEqual([401, 'UNAUTHENTICATED']),
      WAIT,
    )
  }
  await vi.waitFor(async () => {
    expect(await upgrade(`${wsUrl}/trpc?connectionParams=1`)).toEqual([101])
  }, WAIT)
})

test('[NET17] addresses of one /64 are one, and a place is given back once', () => {
  const caps = openConnectionCaps({ connectionsPerIp: 2, connectionsPerUser: 1 })
  const first = caps.takeAddress('2001:db8::1')
  caps.takeAddress('2001:db8::2')
  const refused = (take: () => unknown): unknown => {
    try {
      return take()
    } catch (error) {
      return isTidingsError(error) && error.code
    }
  }
  expect(refused(() => caps.takeAddress('2001:db8::3'))).toBe('TOO_MANY_CONNECTIONS')
  caps.takeAddress('2001:db8:0:1::1')
  first()
  first()
  caps.takeAddress('2001:db8::4')
  expect(refused(() => caps.takeAddress('2001:db8::5'))).toBe('TOO_MANY_CONNECTIONS')
  const stream = new PassThrough()
  stream.destroy()
  releaseWith(stream, caps.takeUser(1))
  expect(refused(() => caps.takeUser(1))).toBeTypeOf('function')
})

test('[NET8] [NUM2] a thousand mistakes at once are too many, and one is forgiven each second', () => {
  let now = 0
  const mistakes = new Mistakes(() => now)
  const add = (times: number) => Array.from({ length: times }, () => mistakes.add()).includes(true)
  expect(add(999)).toBe(false)
  now += 500_000
  expect(add(499)).toBe(false)
  for (let second = 0; second < 5000; second += 1) {
    now += 1000
    expect(mistakes.add()).toBe(false)
  }
  expect(add(3)).toBe(true)
})
