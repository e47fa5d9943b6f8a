import type { Chance } from '../../e2e/support/random.ts'

const YEAR_MS = 365 * 24 * 3_600_000

/** What a client may say in method 20: its own now as often as not, and whatever else a wrong calendar or a mistake makes of it. */
export function timestampOf(chance: Chance): unknown {
  const now = Date.now()
  return chance.next() < 0.5
    ? now
    : chance.pick([
        now + YEAR_MS,
        now - YEAR_MS,
        0,
        -1,
        Math.floor(now / 1000),
        now * 1000,
        2 ** 53,
        1.5,
        null,
        '',
        'now',
        String(now),
      ])
}
