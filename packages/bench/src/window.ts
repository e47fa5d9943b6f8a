import { setTimeout as pause } from 'node:timers/promises'
import { cpuSecondsOf, memoryOf } from './process.ts'
import type { Target } from './subject.ts'

/** What a server used while something was counted. */
export interface Window {
  readonly count: number
  readonly seconds: number
  readonly serverCpuSeconds: number
  /** Of this process, which is the load, as a share of one core. */
  readonly loadShare: number
  readonly memoryBytes: number
}

export interface WindowOptions {
  readonly warmUpMs: number
  readonly ms: number
  /** Done so far. */
  readonly count: () => number
}

/** Lets something run, and counts what was done in the middle of it. */
export async function measureWindow(target: Target, options: WindowOptions): Promise<Window> {
  await pause(options.warmUpMs)
  const pids = target.pids()
  const before = { count: options.count(), cpu: cpuSecondsOf(pids), own: process.cpuUsage() }
  const start = performance.now()
  await pause(options.ms)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(before.own)
  return {
    count: options.count() - before.count,
    seconds,
    serverCpuSeconds: cpuSecondsOf(pids) - before.cpu,
    loadShare: (user + system) / 1e6 / seconds,
    memoryBytes: memoryOf(target.pid),
  }
}
