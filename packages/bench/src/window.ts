import { setTimeout as pause } from 'node:timers/promises'
import type { Running } from './subject.ts'
import { startUsage, type Usage } from './usage.ts'
import type { Pace } from './workload.ts'

/** What was done, and what it took. */
export interface Window extends Usage {
  readonly count: number
}

export interface WindowOptions extends Pace {
  /** Done so far. */
  readonly count: () => number
  /** Called when it begins to count. */
  readonly begun?: (() => void) | undefined
}

/** So much is done before it counts: a server runs for weeks, and what it does often it has compiled by then. */
const WARM_COUNT = 10_000
const MAX_WARM_UP_MS = 30_000
const LOOK_MS = 50

/** Lets something run, and counts what was done in the middle of it. */
export async function measureWindow(target: Running, options: WindowOptions): Promise<Window> {
  await warmUp(options)
  options.begun?.()
  const before = options.count()
  const stop = startUsage(target)
  await pause(options.windowMs)
  const count = options.count() - before
  return { ...stop(), count }
}

async function warmUp({ warmUpMs, count }: WindowOptions): Promise<void> {
  const end = performance.now() + MAX_WARM_UP_MS
  await pause(warmUpMs)
  while (count() < WARM_COUNT && performance.now() < end) await pause(LOOK_MS)
}
