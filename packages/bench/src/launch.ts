import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { COLLECTED, spawnServer } from './process.ts'

/** A server's process that accepts connections. */
export interface Launched {
  readonly child: ChildProcess
  readonly pid: number
  readonly port: number
  /** When the process was started, by `performance.now()`. */
  readonly startedAt: number
  /** Collects its garbage; answers the bytes of its young generation. */
  collectGarbage(): Promise<number>
  stop(): Promise<void>
}

/** No server outlives the measurement, however it ends. */
const living = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(1))

/** Starts a program and waits for the line that names its port. */
export async function launch(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  port: RegExp,
): Promise<Launched> {
  const startedAt = performance.now()
  const child = spawnServer(args, env)
  const ended = once(child, 'exit')
  living.add(child)
  child.once('exit', () => living.delete(child))
  if (child.stdout === null || child.pid === undefined) throw new Error('a server did not start')
  const lines = createInterface({ input: child.stdout })
  const { pid } = child
  const listening = await Promise.race([printed(lines, port), ended])
  if (typeof listening !== 'string') throw new Error('a server ended before it listened')
  return {
    ...{ child, pid, port: Number(listening), startedAt },
    async collectGarbage() {
      const collected = printed(lines, COLLECTED)
      child.kill('SIGUSR2')
      return Number(await collected)
    },
    stop: () => stop(child, ended),
  }
}

/** What the next line that fits says. */
function printed(lines: Interface, what: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const look = (line: string): void => {
      const found = what.exec(line)?.[1]
      if (found === undefined) return
      lines.off('line', look)
      resolve(found)
    }
    lines.on('line', look)
  })
}

const STOP_MS = 10_000

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(impatient)
}
