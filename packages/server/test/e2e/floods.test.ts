import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { httpClient, register, type Person } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { createTestPlace } from '../support/databases.ts'
import {
  bundledCommand,
  spawnNode,
  spawnServer,
  type Environment,
  type Spawned,
} from './support/server-process.ts'

/** `FLOOD=2000 npx vitest run packages/server/test/e2e/floods.test.ts` is the proof; every day fewer must do. */
const { FLOOD: given } = process.env
const FLOOD = Number(given ?? 600)
/** What a flood may add to the memory of the server, MB. */
const MOST_MB = 150
/** A good client's calls meanwhile. That each takes less than half a second is for a machine with nothing else to do. */
const GOOD_CALLS = 30

beforeAll(async () => void (await bundledCommand()))

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** An app of its own that serves, and soon loses patience: the proof waits for the 10 s and 30 s that a server has by itself. */
const HASTY = `
  import { createServer } from './packages/server/src/index.ts'
  const { DATABASE_URL: databaseUrl, TIDINGS_SECRET } = process.env
  const timings = { authenticateMs: 3000, headersMs: 3000, requestMs: 5000 }
  const server = createServer({ port: 0, databaseUrl, secrets: [TIDINGS_SECRET], timings, logLevel: 'warn' })
  console.log('listens on', (await server.listen()).url)`
const SOURCES = ['--import', 'tsx', '--conditions=@tidings/source', '--input-type=module', '-e']

async function spawnHasty(environment: Environment): Promise<Spawned> {
  return given === undefined
    ? spawnNode([...SOURCES, HASTY], environment)
    : spawnServer(environment)
}

/** A server as an operator starts it: with the limits that it has by itself. */
async function startServer(spawn: typeof spawnHasty = spawnServer) {
  const place = await createTestPlace('sqlite')
  const server = await spawn({
    ...{ PORT: '0', DATABASE_URL: place.url },
    TIDINGS_SECRET: 'a secret of many processes that is long enough 0123456789',
  })
  const url = (await server.wrote(/listens on (http:\S+)/))?.[1]
  if (url === undefined) throw new Error(server.output().stderr)
  return {
    url,
    port: Number(new URL(url).port),
    memoryMb: () => memoryOf(server.pid),
    async [Symbol.asyncDispose]() {
      await server.end('SIGKILL')
      await place[Symbol.asyncDispose]()
    },
  }
}

function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

/** Opens a connection, says this, and no more. */
async function halfRequest(
  port: number,
  text: string,
): Promise<{ readonly closed: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined).resume()
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')
  socket.write(text)
  return { closed }
}

/** Sends one after another, and answers how long each took, milliseconds. */
async function goodCalls(url: string, person: Person, conversationId: string): Promise<number[]> {
  const client = httpClient(url, person.accessToken)
  const took: number[] = []
  for (let call = 1; call <= GOOD_CALLS; call += 1) {
    const begun = performance.now()
    await client.message.send.mutate({ conversationId, body: { kind: 'text', text: `${call}` } })
    took.push(performance.now() - begun)
  }
  return took.toSorted((one, other) => one - other)
}

function tell(what: string, took: readonly number[], memoryMb: number): void {
  const at = (share: number) => Math.round(took[Math.floor(share * (took.length - 1))] ?? 0)
  console.info(
    `${what}: a good client's calls took ${at(0.5)} ms in the middle, ${at(1)} ms at most; ` +
      `${Math.round(memoryMb)} MB more`,
  )
}

test(
  `[NET4] [NET6] ${FLOOD} connections that begin a request, a handshake or nothing and go no further are cut, and a good client works on meanwhile`,
  { timeout: 120_000 },
  async () => {
    await using server = await startServer(spawnHasty)
    const ann = await register(server, 'ann')
    const client = httpClient(server.url, ann.accessToken)
    const { id } = await client.group.create.mutate({ name: 'Alone', userIds: [] })
    const before = server.memoryMb()
    const beginnings = [
      '',
      'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
      'GET /trpc?connectionParams=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    ]
    const opening = Array.from({ length: FLOOD }, (_, at) =>
      halfRequest(server.port, beginnings[at % beginnings.length] ?? ''),
    )
    const opened = await Promise.all(opening)
    const took = await goodCalls(server.url, ann, id)
    const more = server.memoryMb() - before
    tell(`${FLOOD} slow handshakes`, took, more)
    expect(more).toBeLessThan(MOST_MB)
    // The last by the time for a whole request.
    await Promise.all(opened.map(({ closed }) => closed))
  },
)

/** As fast as it goes, until it is refused: over a WebSocket and in batches over HTTP. */
async function floodBy(url: string, person: Person, conversationId: string): Promise<number> {
  await using socket = await RawTrpcClient.open(url, person.accessToken)
  const body = { kind: 'text', text: 'flood' }
  const call = { conversationId, body }
  let id = 0
  const isRefused = () => socket.texts.some((text) => text.includes('RATE_LIMITED'))
  while (!isRefused() && socket.socket.readyState === WebSocket.OPEN) {
    for (let count = 0; count < 30; count += 1) {
      id += 1
      socket.call(id, 'message.send', call)
      id += 1
      socket.call(id, 'typing.start', { conversationId })
    }
    await socket.answer(id)
  }
  const taken = socket.frames.filter(({ result }) => result?.data?.json instanceof Object).length
  const batch = await fetch(`${url}/trpc/${Array(10).fill('message.send').join(',')}?batch=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${person.accessToken}` },
    body: JSON.stringify(
      Object.fromEntries(Array.from(Array(10), (_, at) => [at, { json: call }])),
    ),
  })
  const answers = (await batch.json()) as { result?: unknown }[]
  return taken + answers.filter(({ result }) => result !== undefined).length
}

test(
  '[MSG8] [CAL2] [SIG5] a flood of messages and typing by one user, by three sessions, over WebSockets and in batches over HTTP: no more than his limit gets through, and others go on',
  { timeout: 120_000 },
  async () => {
    await using server = await startServer()
    const { url } = server
    const [ann, bob, mallory] = [
      await register(server, 'ann'),
      await register(server, 'bob'),
      await register(server, 'mallory'),
    ]
    const asMallory = httpClient(url, mallory.accessToken)
    const { id } = await asMallory.group.create.mutate({
      ...{ name: 'All', userIds: [ann.userId, bob.userId] },
    })
    const login = { login: 'mallory', password: 'correct horse' }
    const again = () => httpClient(url).account.login.mutate(login)
    const second = await again()
    const third = await again()
    const sessions = [mallory.accessToken, second.accessToken, third.accessToken]
    await using watch = await RawTrpcClient.open(url, bob.accessToken)
    watch.call(0, 'sync.live', { version: 1 }, 'subscription')
    await watch.answer(0)
    const before = server.memoryMb()
    const begun = performance.now()
    const floods = sessions.map((accessToken) => floodBy(url, { ...mallory, accessToken }, id))
    const took = await goodCalls(url, ann, id)
    const taken = (await Promise.all(floods)).reduce((sum, count) => sum + count, 0)
    const seconds = (performance.now() - begun) / 1000
    const more = server.memoryMb() - before
    tell(`${taken} messages of a flood taken in ${seconds.toFixed(1)} s`, took, more)
    // The limits by default: 1,000 at once, and 100 a second. The group has been three of them.
    expect(taken).toBeGreaterThan(500)
    expect(taken).toBeLessThanOrEqual(1_000 + 100 * seconds)
    const typed = watch.texts.filter((text) => text.includes('"typing.st')).length
    // Six in two seconds at most, and what a message ends.
    expect(typed).toBeLessThanOrEqual(3 * (seconds + 2) + taken)
    expect(more).toBeLessThan(MOST_MB)
  },
)
