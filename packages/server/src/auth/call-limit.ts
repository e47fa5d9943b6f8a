import type { Clock } from '../clock.ts'

/** How many calls a second may go on for ever, and how many at once after a rest. */
export interface CallRate {
  readonly perSecond: number
  readonly burst: number
}

/** One bucket of calls for each key. */
export interface CallLimit {
  /** Takes calls, all or none; answers 0, or how many ms to wait for as many. A refusal costs nothing. */
  take(key: string, count?: number): number
  /** What {@link take} would answer; takes nothing. */
  wait(key: string, count: number): number
}

/** Thirds of a millisecond, added up on a number as large as a date, do not come out even. */
const FORGIVEN_MS = 0.5

/** Keys are looked through for idle ones whenever the table has grown by so many. */
const SWEEP_EVERY = 10_000

/**
 * A token bucket kept as one number a key: when it will be full again. (Known as GCRA.) Kept in memory: over several
 * nodes a caller has a bucket on each.
 */
export function openCallLimit({ perSecond, burst }: CallRate, clock: Clock): CallLimit {
  const intervalMs = 1000 / perSecond
  const depthMs = intervalMs * burst
  const fullAt = new Map<string, number>()
  let sweepAt = SWEEP_EVERY
  let last = 0
  let setBackMs = 0
  /** Never goes back: a clock that does would find every bucket emptier than it is. */
  function steadyNow(): number {
    const now = clock.now()
    setBackMs = Math.max(setBackMs, last - now)
    last = now + setBackMs
    return last
  }
  function sweep(now: number): void {
    for (const [key, at] of fullAt) if (at <= now) fullAt.delete(key)
    sweepAt = fullAt.size + SWEEP_EVERY
  }
  function tryTake(key: string, count: number) {
    const now = steadyNow()
    const fullest = now + depthMs + FORGIVEN_MS
    const from = Math.max(fullAt.get(key) ?? 0, now)
    const next = from + intervalMs * count
    return { now, from, next, waitMs: Math.max(0, Math.ceil(next - fullest)) }
  }
  return {
    take(key, count = 1) {
      const { now, from, next, waitMs } = tryTake(key, count)
      fullAt.set(key, waitMs > 0 ? from : next)
      if (fullAt.size > sweepAt) sweep(now)
      return waitMs
    },
    wait: (key, count) => tryTake(key, count).waitMs,
  }
}
