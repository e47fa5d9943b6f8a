/** Where times come from. Injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970, an integer. */
  now(): number
}

/** Whether so many ms have gone by since a time. A clock that was set back does not know: then they have. */
export function hasPassed(clock: Clock, since: number, ms: number): boolean {
  const passed = clock.now() - since
  return passed >= ms || passed < 0
}

/** The clock of this process. */
export const systemClock: Clock = { now: () => Date.now() }
