import { expect, test } from 'vitest'
import { runsOf } from '../support/runs.ts'
import { planOperations } from './operations.ts'
import { explain, runSeeds } from './report.ts'
import { OPERATIONS, run } from './run.ts'
import { shrink } from './shrink.ts'
import { ALL_LAYERS } from './world.ts'

/** SIM_SEED=17 runs that seed alone and shrinks it; SIM_SEEDS=10000 runs so many, from SIM_FROM on. */
const { SIM_SEED, SIM_SEEDS, SIM_FROM } = process.env
const seeds = Number(SIM_SEEDS ?? runsOf({ everyDay: 200, long: 1000 }))
const from = Number(SIM_FROM ?? 1)
const TIMEOUT_MS = 60_000 + seeds * 40

test.runIf(SIM_SEED !== undefined)('[SYN27] the seed asked for', { timeout: TIMEOUT_MS }, () => {
  const seed = Number(SIM_SEED)
  expect(explain(seed)).toBe(`seed ${seed} keeps every promise`)
})

test.runIf(SIM_SEED === undefined)(
  `[SYN27] the invariants hold in ${seeds} seeds from ${from}`,
  { timeout: TIMEOUT_MS },
  () => {
    const totals = runSeeds(from, seeds)
    const { failed } = totals
    const [first] = failed
    if (first !== undefined) console.error(explain(first))
    console.log(`simulation: ${JSON.stringify({ ...totals, failed: failed.length })}`)
    expect(failed).toEqual([])
  },
)

test('[SYN27] a seed is the same run every time', () => {
  const [once, again] = [run({ seed: 11 }), run({ seed: 11 })]
  expect(once.steps).toBe(again.steps)
  expect(once.history).toEqual(again.history)
  expect(once.operations).toBe(OPERATIONS)
})

test('[SYN27] every kind of operation happens, and something comes of it', () => {
  const kinds = new Set<string>()
  for (let seed = 1; seed <= 10; seed += 1) {
    for (const { kind } of planOperations(seed, OPERATIONS, ALL_LAYERS)) kinds.add(kind)
  }
  expect(kinds.size).toBe(21)
  const { acknowledged, delivered, steps } = runSeeds(1, 10)
  expect(acknowledged).toBeGreaterThan(500)
  expect(delivered).toBeGreaterThan(3000)
  expect(steps).toBeGreaterThan(20_000)
})

test('[SYN27] a failing seed shrinks to a few operations', () => {
  const options = { seed: 1, bug: 'dedupe-without-sender' } as const
  expect(run(options).violations).not.toEqual([])
  const plan = shrink(options)
  expect(plan.length).toBeLessThan(10)
  expect(run({ ...options, plan }).violations).not.toEqual([])
})
