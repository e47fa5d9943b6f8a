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
}

/** Lets something run, and counts what was done in the middle of it. */
export async function measureWindow(target: Running, options: WindowOptions): Promise<Window> {
  await pause(options.warmUpMs)
  const before = options.count()
  const stop = startUsage(target)
  await pause(options.windowMs)
  const count = options.count() - before
  return { ...stop(), count }
}
