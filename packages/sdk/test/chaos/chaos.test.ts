import { expect, test } from 'vitest'
import { engines } from '../../../server/test/support/databases.ts'
import { seedOfRun } from '../e2e/support/random.ts'
import { runChaos } from './chaos.ts'
import type { FaultName } from './plan.ts'

/** `npm run chaos` is the whole of it; here a few seconds of each engine must do. */
const LASTS_MS = 3_000
/** Those that take little of a machine with much else to do. */
const ONLY: readonly FaultName[] = [
  'node-killed',
  'clients-killed',
  'nodes-rolled',
  'disk-full',
  'postgres-crashed',
  'commit-cut',
  'wire-cut',
  'wire-ragged',
  'frames-doubled',
  'frames-swapped',
]

test(
  '[CHA1] server processes, databases, wires and clients that are killed and broken lose, double and reorder nothing: stores, unread counts and ticks equal the database',
  { timeout: 240_000 },
  async () => {
    const seed = seedOfRun()
    const said: string[] = []
    const summary = await runChaos({
      ...{ seed, engines, nodes: 2, broker: 'none', only: ONLY, lastsMs: LASTS_MS },
      isAbreast: true,
      isBuilt: false,
      say: (line) => said.push(line),
    })
    const { rounds, ...sums } = summary
    console.info(`chaos: ${JSON.stringify(sums)}`)
    const violations = rounds.flatMap((round) => ('violations' in round ? round.violations : []))
    expect(violations, said.join('\n')).toEqual([])
    expect(sums.acknowledged).toBeGreaterThan(0)
    expect(sums.delivered).toBeGreaterThan(sums.acknowledged)
    expect(sums.faultsInAll).toBeGreaterThanOrEqual(2 * engines.length)
  },
)
