import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { inject } from 'vitest'
import { openTcpProxy } from './tcp-proxy.ts'

/** A Redis of one test, which can die. */
export interface TestRedis extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** At once, with all that it has. */
  kill(): Promise<void>
  /** Again, empty, at the same address. */
  start(): Promise<void>
}

const LENT = process.env['TEST_REDIS_URL'] ?? ''
const isInstalled = spawnSync('redis-server', ['--version']).status === 0

/** Why there is no Redis for a test; undefined when there is one. */
export const redisMissing: string | undefined =
  LENT !== '' || isInstalled ? undefined : 'no TEST_REDIS_URL and no redis-server on the path'

if (redisMissing !== undefined) {
  if (process.env['REQUIRE_REDIS'] === '1') throw new Error(redisMissing)
  console.warn(`The tests with Redis are skipped: ${redisMissing}.`)
}

/** Opens a Redis of its own on a free port; with `TEST_REDIS_URL` that one, which dies by its wire alone. */
export async function openTestRedis(args: readonly string[] = []): Promise<TestRedis> {
  if (LENT !== '' && args.length === 0) return lend(new URL(LENT))
  const port = await freePort()
  let running = await startRedis(port, args)
  const forget = killAtExit(() => running)
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => stop(running),
    async start() {
      running = await startRedis(port, args)
    },
    async [Symbol.asyncDispose]() {
      forget()
      await stop(running)
    },
  }
}

async function lend(url: URL): Promise<TestRedis> {
  const proxy = await openTcpProxy(Number(url.port || 6379))
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  return {
    url: url.href,
    port: proxy.port,
    kill() {
      proxy.refuse(true)
      proxy.cut()
      return Promise.resolve()
    },
    start() {
      proxy.refuse(false)
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}

async function startRedis(port: number, args: readonly string[]): Promise<ChildProcess> {
  const kept = ['--save', '', '--appendonly', 'no', '--dir', inject('runFolder')]
  const own = ['--bind', '127.0.0.1', ...(args.length > 0 ? args : ['--port', String(port)])]
  const redis = spawn(
    'redis-server',
    [...kept, ...own.map((arg) => arg.replace('PORT', String(port)))],
    {
      stdio: 'ignore',
    },
  )
  const died = once(redis, 'exit').then(() => {
    throw new Error('redis-server did not start')
  })
  // It is told of by the race, and later nobody's concern.
  died.catch(() => undefined)
  await Promise.race([answers(port), died])
  return redis
}

/** Until somebody takes connections there. */
async function answers(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (isThere) return
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}

async function stop(redis: ChildProcess): Promise<void> {
  if (redis.exitCode !== null || redis.signalCode !== null) return
  const gone = once(redis, 'exit')
  redis.kill('SIGKILL')
  await gone
}

/** A run that ends in the middle of a test leaves no server behind. */
function killAtExit(running: () => ChildProcess): () => void {
  const kill = () => void running().kill('SIGKILL')
  process.once('exit', kill)
  return () => process.removeListener('exit', kill)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no free port')
  server.close()
  await once(server, 'close')
  return address.port
}
