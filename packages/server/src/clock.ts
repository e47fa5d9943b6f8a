/** Where times come from. Injected, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970, an integer. */
  now(): number
}

/** The clock of this process. */
export const systemClock: Clock = { now: () => Date.now() }
