import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { describe, expect, test, vi } from 'vitest'
import { createLogger } from '../../src/logger.ts'
import { systemMachine, type Machine } from '../../src/machine.ts'
import type { BrokerMessage } from '../../src/realtime/broker.ts'
import { openBroker, type BrokerPlace } from '../../src/realtime/open-broker.ts'
import { makeCertificate, type Certificate } from '../support/certificate.ts'
import { openTestRedis, redisMissing } from '../support/redis.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const PATIENCE = 15_000
const hints: BrokerMessage = { kind: 'hints', hints: [[1, 5]] }

/** A broker that listens, and what it has logged. */
async function openListening(place: BrokerPlace, machine: Machine = systemMachine) {
  const log: string[] = []
  const broker = openBroker(place, {
    epoch: 1,
    secrets: ['a secret'],
    machine,
    log: createLogger({ level: 'info', destination: { write: (line) => void log.push(line) } }),
  })
  if (broker === undefined) throw new Error('no broker')
  const heard: BrokerMessage[] = []
  let missed = 0
  await broker.listen({ message: (message) => heard.push(message), missed: () => (missed += 1) })
  return {
    broker,
    heard,
    log,
    missed: () => missed,
    [Symbol.asyncDispose]: () => broker.close(),
  }
}

/** Takes TLS for a port that does not speak it. */
async function openTlsEnd(port: number, { key, cert }: Certificate) {
  const sockets = new Set<Socket>()
  const server = createServer({ key, cert }, (near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => near.destroy())
      socket.on('close', () => [near, far].forEach((end) => end.destroy()))
    }
    near.pipe(far).pipe(near)
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `rediss://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.skipIf(redisMissing !== undefined)('a link to Redis', () => {
  test('[BRK9] rediss:// is TLS, and a certificate that nobody vouches for is refused', async () => {
    await using redis = await openTestRedis()
    const certificate = makeCertificate()
    await using end = await openTlsEnd(redis.port, certificate)
    const trusted = { kind: 'redis', url: end.url, ca: certificate.cert } as const
    await using ann = await openListening(trusted)
    await using bob = await openListening(trusted)
    await using stranger = await openListening({ kind: 'redis', url: end.url })
    ann.broker.publish(hints)
    await vi.waitFor(() => expect(bob.heard).toEqual([hints]), PATIENCE)
    expect(stranger.heard).toEqual([])
    expect(stranger.log.join('')).toMatch(/self.signed certificate/i)
  })

  test('[BRK9] a password is given, and a wrong one is told once, without a word of it', async () => {
    await using redis = await openTestRedis(['--port', 'PORT', '--requirepass', 'open sesame'])
    const at = (password: string) => {
      const url = Object.assign(new URL(redis.url), { password }).href
      return { kind: 'redis', url } as const
    }
    await using ann = await openListening(at('open sesame'))
    await using bob = await openListening(at('open sesame'))
    await using stranger = await openListening(at('canary canary'))
    ann.broker.publish(hints)
    await vi.waitFor(() => expect(bob.heard).toEqual([hints]), PATIENCE)
    expect([ann.log, bob.log]).toEqual([[], []])
    expect(stranger.log).toHaveLength(1)
    expect(stranger.log[0]).toMatch(/WRONGPASS|invalid/)
    expect(stranger.log[0]).not.toContain('canary')
  })

  test('[BRK3] [BRK9] a Redis that is killed is told of once, and once that it is back', async () => {
    await using redis = await openTestRedis()
    await using ann = await openListening({ kind: 'redis', url: redis.url })
    for (let round = 1; round <= 2; round += 1) {
      await redis.kill()
      await vi.waitFor(() => expect(ann.log).toHaveLength(2 * round - 1), PATIENCE)
      ann.broker.publish(hints)
      await redis.start()
      await vi.waitFor(() => expect(ann.missed()).toBe(round), PATIENCE)
      await vi.waitFor(() => expect(ann.log).toHaveLength(2 * round), PATIENCE)
    }
    const words = ann.log.map((line) => (JSON.parse(line) as { msg: string }).msg)
    const [lost, back] = ['no link to the broker; trying again', 'the broker is linked again']
    expect(words).toEqual([lost, back, lost, back])
  })

  test('[BRK4] one that takes everything and carries nothing is noticed by what does not come back', async () => {
    await using redis = await openTestRedis()
    await using wire = await openTcpProxy(redis.port)
    let isDeaf = false
    wire.onAnswer((chunk) => (isDeaf && chunk.includes('message') ? 'drop' : 'pass'))
    const url = Object.assign(new URL(redis.url), { port: String(wire.port) }).href
    // Asked for twenty times as often as in production.
    const every = (ms: number, run: () => void) => systemMachine.every(ms / 20, run)
    await using ann = await openListening({ kind: 'redis', url }, { ...systemMachine, every })
    isDeaf = true
    await vi.waitFor(() => expect(ann.missed()).toBeGreaterThan(0), PATIENCE)
    expect(ann.log).toHaveLength(1)
    expect(ann.log[0]).toContain('did not come back')
    isDeaf = false
    await vi.waitFor(() => expect(ann.log).toHaveLength(2), PATIENCE)
  })

  test('[BRK4] one that may not be used is told of once', async () => {
    await using redis = await openTestRedis([
      ...['--port', 'PORT'],
      ...['--user', 'default', 'on', 'nopass', '+@all', 'resetchannels'],
    ])
    await using ann = await openListening({ kind: 'redis', url: redis.url })
    await vi.waitFor(() => expect(ann.log).toHaveLength(1), PATIENCE)
    expect(ann.log[0]).toContain('NOPERM')
  })
})

test('[BRK3] a broker that is closed while it waits for an answer is closed at once', async () => {
  const broker = openBroker(
    // Reserved for documentation: nobody answers, and nobody refuses.
    { kind: 'redis', url: 'redis://192.0.2.1:6379' },
    {
      epoch: 1,
      secrets: ['a secret'],
      machine: systemMachine,
      log: createLogger({ level: 'silent' }),
    },
  )
  let missed = 0
  const listening = broker?.listen({ message: () => undefined, missed: () => (missed += 1) })
  await broker?.close()
  await listening
  expect(missed).toBe(0)
})
