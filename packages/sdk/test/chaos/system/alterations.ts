/** One place of a source file, and what stands there instead. */
export interface Alteration {
  /** Below `packages`. */
  readonly file: string
  /** Must be there exactly once. */
  readonly find: string
  readonly put: string
}

/** A calendar that is wrong: ahead by `CHAOS_CLOCK_MS`, and set back by twice as much after `CHAOS_STEP_MS`. */
export const WRONG_CLOCK: readonly Alteration[] = [
  {
    file: 'server/src/clock.ts',
    find: '{ now: () => Date.now() }',
    put: `{
  now: () => {
    const ahead = Number(process.env['CHAOS_CLOCK_MS'])
    return Date.now() + (performance.now() < Number(process.env['CHAOS_STEP_MS']) ? ahead : -ahead)
  },
}`,
  },
]
