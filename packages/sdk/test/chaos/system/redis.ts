import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { adopt } from './children.ts'
import { freePort } from './ports.ts'

/** A Redis of our own that can die, stand still and lose its clients. */
export interface MortalRedis extends AsyncDisposable {
  readonly port: number
  kill(): Promise<void>
  /** Again, empty, at the same address. */
  start(): Promise<void>
  freeze(): void
  thaw(): void
  /** Sends it one command in words, and waits for the first bytes of its answer. */
  command(...words: readonly string[]): Promise<string>
}

/** True where a `redis-server` is on the path. */
export function hasRedis(): boolean {
  isInstalled ??= spawnSync('redis-server', ['--version']).status === 0
  return isInstalled
}

let isInstalled: boolean | undefined

/**
 * Starts it.
 *
 * @throws Error saying so where there is no `redis-server`
 */
export async function startMortalRedis(): Promise<MortalRedis> {
  if (!hasRedis())
    throw new Error('there is no redis-server, which --full and --broker redis need: install it')
  const port = await freePort()
  let running = await serve(port)
  const kill = async (): Promise<void> => {
    if (running.exitCode !== null || running.signalCode !== null) return
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
  }
  return {
    port,
    kill,
    async start() {
      running = await serve(port)
    },
    freeze: () => void running.kill('SIGSTOP'),
    thaw: () => void running.kill('SIGCONT'),
    command: (...words) => ask(port, words),
    [Symbol.asyncDispose]: kill,
  }
}

async function serve(port: number): Promise<ChildProcess> {
  const options = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const redis = spawn('redis-server', options, { stdio: 'ignore' })
  adopt(redis)
  while (redis.exitCode === null) {
    const answer = await ask(port, ['PING']).catch(() => '')
    if (answer.startsWith('+PONG')) return redis
    await pause(20)
  }
  throw new Error('redis-server did not start')
}

async function ask(port: number, words: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    socket.write(`*${words.length}\r\n${parts.join('')}`)
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })) as [
      Buffer,
    ]
    return answer.toString()
  } finally {
    socket.destroy()
  }
}
