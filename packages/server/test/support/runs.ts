/** How often a property is tried: every day so often, and so often by `npm test -- --long`. */
export interface Runs {
  readonly everyDay: number
  readonly long: number
}

/** Whether this is a run of the long tests, which try what every day is tried less often. */
const isLongRun = process.env['LONG_TESTS'] === '1'

/** As often as this run wants it. */
export function runsOf({ everyDay, long }: Runs): number {
  return isLongRun ? long : everyDay
}
