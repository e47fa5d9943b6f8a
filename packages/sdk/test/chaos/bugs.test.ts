import { afterAll, expect, test } from 'vitest'
import { seedOfRun } from '../e2e/support/random.ts'
import { control, controlsOf, hunt } from './hunt.ts'
import { PLANTED, type BugName } from './planted/planted.ts'

/** One of each kind that shows within seconds; `CHAOS_BUGS=all` is every one. */
const EVERY_DAY: readonly BugName[] = [
  'ack-before-commit',
  'second-server-let-in',
  'absence-is-told',
  'last-said-leaves-first',
  'no-answer-is-a-refusal',
]
const chosen = process.env['CHAOS_BUGS'] === 'all' ? (Object.keys(PLANTED) as BugName[]) : EVERY_DAY
const BUGS = chosen.map((bug) => [bug, PLANTED[bug].what] as const)
const found: string[] = []
afterAll(() => console.info(`mistakes planted in the running system: ${found.join('; ')}`))

test.each(controlsOf(chosen))(
  '[CHA3] without a mistake nothing is noticed under the same faults: $name',
  { timeout: 400_000 },
  async (one) => {
    const seed = seedOfRun()
    const { acknowledged, broken } = await control(one, seed)
    expect(broken, `seed ${seed}`).toEqual([])
    expect(acknowledged, `seed ${seed}`).toBeGreaterThan(0)
  },
)

test.each(BUGS)('[CHA3] %s is noticed: %s', { timeout: 400_000 }, async (bug) => {
  const seed = seedOfRun()
  const { rounds, broken } = await hunt(bug, seed)
  found.push(`${bug} in round ${rounds} (${broken.join(', ')})`)
  expect(broken.length, `seed ${seed}`).toBeGreaterThan(0)
})
