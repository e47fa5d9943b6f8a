import type { Violation } from '../checker/history.ts'
import type { Bug } from './bugs.ts'
import { run } from './run.ts'
import type { Layers } from './world.ts'

/** A planted mistake has this many seeds to show itself in. */
export const SEEDS_PER_BUG = 5000

/**
 * Mistakes that another layer makes good, or that need a world of their own, are looked for with that layer off.
 * - A position beyond the head is refused by its epoch first, unless a restored copy has kept it.
 * - Heads that are asked for without a margin miss what was being committed when a connection ended: rare, unless commits
 *   are slow and connections are cut often.
 * - A head check that forgets the clock needs a step of the clock beyond what it looks back, and no hints.
 */
const HUNTING_GROUNDS: Readonly<Partial<Record<Bug, Partial<Layers>>>> = {
  'future-waits': { newEpoch: false, compareEveryMs: 4000 },
  'heads-without-margin': { databaseDelay: 6, cuts: 30 },
  'check-forgets-clock': { clockStepMs: 4000, hints: false },
}

export interface Catch {
  readonly seed: number
  readonly violations: readonly Violation[]
}

/** The first seed that shows the mistake: it breaks a promise with it, and keeps all of them without. */
export function hunt(
  bug: Bug,
  layers: Partial<Layers> = HUNTING_GROUNDS[bug] ?? {},
): Catch | undefined {
  for (let seed = 1; seed <= SEEDS_PER_BUG; seed += 1) {
    const caught = tryOne({ seed, bug, layers })
    if (caught !== undefined) return caught
  }
  return undefined
}

/** Where those that take hundreds of seeds have shown. What is simulated changes with the code, and then it may be elsewhere. */
const SEEN_AT: Readonly<Partial<Record<Bug, number>>> = {
  'first-look-newest-only': 351,
  'time-not-clamped': 150,
  'deletion-forgets-edits': 322,
  'check-forgets-clock': 616,
  'heads-without-margin': 177,
}

/** A seed that shows the mistake, first looked for where it has shown before. */
export function huntAgain(bug: Bug): Catch | undefined {
  const seed = SEEN_AT[bug]
  const layers = HUNTING_GROUNDS[bug] ?? {}
  return (seed === undefined ? undefined : tryOne({ seed, bug, layers })) ?? hunt(bug, layers)
}

interface Try {
  readonly seed: number
  readonly bug: Bug
  readonly layers: Partial<Layers>
}

function tryOne({ seed, bug, layers }: Try): Catch | undefined {
  const { violations } = run({ seed, bug, layers })
  const shows = violations.length > 0 && run({ seed, layers }).violations.length === 0
  return shows ? { seed, violations } : undefined
}
