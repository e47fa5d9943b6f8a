import { once } from 'node:events'
import { createServer } from 'node:net'
import { symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { httpClient, register } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { createTestPlace, describeEngines } from '../support/databases.ts'
import { readDurable } from './support/durable.ts'
import {
  bundledCommand,
  spawnServer,
  startServerProcess,
  type Environment,
} from './support/server-process.ts'

/** Takes a while on a busy machine, and is no part of any test. */
beforeAll(async () => void (await bundledCommand()))

/** Must not be seen in anything that the command writes. */
const CANARY = 'canary8f2c'

/** Starts a command that cannot serve; answers the lines that it says so with. */
async function refusal(environment: Environment): Promise<readonly string[]> {
  await using server = await spawnServer(environment)
  expect(await server.exited).toEqual({ code: 1, signal: null })
  const { stdout, stderr } = server.output()
  expect(stdout).toBe('')
  expect(stderr).not.toContain(CANARY)
  expect(stderr.endsWith('\n')).toBe(true)
  return stderr.slice(0, -1).split('\n')
}

test('[NET16] [CFG2] a wrong environment ends the command with 1 and one line for each problem, and no value is shown', async () => {
  const lines = await refusal({
    PORT: `${CANARY}0`,
    DATABASE_URL: `mysql://ann:${CANARY}@127.0.0.1/chat`,
    TIDINGS_SECRET: CANARY,
    TIDINGS_SECERT: CANARY,
    ALLOWED_ORIGINS: `https://${CANARY}/path`,
    METRICS_TOKEN: CANARY,
    LIMIT_CALLS_BURST: '-1',
    LOG_LEVEL: CANARY,
  })
  expect(lines.map((line) => /^tidings: (\w+): \S/.exec(line)?.[1]).toSorted()).toEqual([
    'ALLOWED_ORIGINS',
    'DATABASE_URL',
    'LIMIT_CALLS_BURST',
    'LOG_LEVEL',
    'METRICS_TOKEN',
    'PORT',
    'TIDINGS_SECERT',
    'TIDINGS_SECRET',
  ])
})

test('[NET16] [DB23] a second command on one SQLite file, by whatever path, ends with 1 and one line, and the first goes on', async () => {
  await using place = await createTestPlace('sqlite')
  await using first = await startServerProcess({ DATABASE_URL: place.url })
  const file = pathOfFileUrl(place.url)
  const other = join(dirname(file), 'other.db')
  symlinkSync(file, other)
  const said = await Promise.all([
    refusal({ PORT: '0', DATABASE_URL: place.url }),
    refusal({ PORT: '0', DATABASE_URL: `file:${other}` }),
  ])
  for (const lines of said)
    expect(lines).toEqual([expect.stringMatching(/^tidings: .*in use by another Tidings server/)])
  await register(first, 'ann')
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
})

test('[NET16] [CFG4] a port that is taken, a database of another secret and one that cannot be reached are one line each', async () => {
  await using place = await createTestPlace('sqlite')
  await using first = await startServerProcess({ DATABASE_URL: place.url })
  await using elsewhere = await createTestPlace('sqlite')
  const port = String(first.port)
  const taken = await refusal({ PORT: port, DATABASE_URL: elsewhere.url })
  expect(taken).toEqual([
    `tidings: port ${port} is in use on 127.0.0.1; set PORT to another one, or to 0 for any`,
  ])
  await first.end('SIGKILL')

  const secret = `${CANARY} that is another secret 0123456789`
  const another = await refusal({ PORT: '0', DATABASE_URL: place.url, TIDINGS_SECRET: secret })
  expect(another).toEqual([expect.stringMatching(/^tidings: .*TIDINGS_SECRET/)])

  const closed = await freePort()
  const unreachable = await refusal({
    PORT: '0',
    DATABASE_URL: `postgres://ann:${CANARY}@127.0.0.1:${closed}/chat`,
    TIDINGS_SECRET: secret,
  })
  expect(unreachable).toEqual([expect.stringMatching(/^tidings: .*database/i)])
})

describeEngines('SIGTERM', (engine) => {
  test('[NET15] [LIV9] [MSG1] closes every WebSocket with 1012, takes nothing new, and exits 0 within 10 s with every acknowledged message stored', async () => {
    await using place = await createTestPlace(engine)
    await using server = await startServerProcess({ DATABASE_URL: place.url })
    const ann = await register(server, 'ann')
    const bob = await register(server, 'bob')
    const { id: conversationId } = await httpClient(
      server.url,
      ann.accessToken,
    ).conversation.open.mutate({ userId: bob.userId })
    await using one = await RawTrpcClient.open(server.url, ann.accessToken)
    await using other = await RawTrpcClient.open(server.url, bob.accessToken)
    const { messagingUrl } = await httpClient(
      server.url,
      bob.accessToken,
    ).session.createTicket.mutate()
    const numbered = new WebSocket(messagingUrl)
    const numberedClosed = once(numbered, 'close')
    await once(numbered, 'open')
    for (const client of [one, other]) {
      client.call(0, 'sync.live', { version: 1 }, 'subscription')
      await client.heard(({ id, result }) => id === 0 && result?.type === 'data')
    }
    // More than the server answers before it hears of its end.
    const ids = Array.from({ length: 1500 }, (_, at) => at + 1)
    for (const id of ids) {
      const body = { kind: 'text', text: `ann ${id}` }
      one.call(id, 'message.send', { conversationId, clientMessageId: String(id), body })
    }
    await one.answer(20)
    const start = performance.now()
    const ended = server.end('SIGTERM')
    await vi.waitFor(() => expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed'), {
      timeout: 10_000,
      interval: 5,
    })
    expect(await one.closed()).toBe(1012)
    expect(await other.closed()).toBe(1012)
    expect((await numberedClosed)[0]).toBe(1012)
    expect(await ended).toEqual({ code: 0, signal: null })
    expect(performance.now() - start).toBeLessThan(10_000)

    const acknowledged = one.frames
      .filter(({ id, result }) => id !== 0 && result !== undefined)
      .map(({ result }) => result?.data?.json as { seq: number; clientMessageId: string })
    const { streams } = await readDurable(place.url)
    const stored = streams.get(`m:${conversationId}`)?.events ?? []
    const keys = stored.map((event) =>
      event.type === 'message.created' ? event.body.message.clientMessageId : '',
    )
    expect(new Set(keys).size).toBe(keys.length)
    expect(acknowledged.length).toBeGreaterThanOrEqual(20)
    for (const { seq, clientMessageId } of acknowledged) expect(keys[seq - 1]).toBe(clientMessageId)
    expect(stored.map(({ seq }) => seq)).toEqual(keys.map((_, at) => at + 1))
  }, 40_000)
})

/** Nothing listens there. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
