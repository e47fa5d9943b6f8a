import { INVARIANTS } from '../checker/history.ts'
import { run, type RunResult } from './run.ts'
import { shrink } from './shrink.ts'
import type { Layers } from './world.ts'

/** What many seeds came to. */
export interface Totals {
  seeds: number
  operations: number
  steps: number
  acknowledged: number
  delivered: number
  /** Seeds that broke a promise. */
  readonly failed: number[]
}

export function runSeeds(from: number, count: number, layers: Partial<Layers> = {}): Totals {
  const totals: Totals = {
    seeds: 0,
    operations: 0,
    steps: 0,
    acknowledged: 0,
    delivered: 0,
    failed: [],
  }
  for (let seed = from; seed < from + count; seed += 1) add(totals, run({ seed, layers }))
  return totals
}

function add(totals: Totals, result: RunResult): void {
  totals.seeds += 1
  totals.operations += result.operations
  totals.steps += result.steps
  totals.acknowledged += result.acknowledged
  totals.delivered += result.delivered
  if (result.violations.length > 0) totals.failed.push(result.seed)
}

/** What a failing seed broke, in its fewest operations, and how to run it again. */
export function explain(seed: number, layers: Partial<Layers> = {}): string {
  const { violations } = run({ seed, layers })
  const lines = [`seed ${seed} breaks ${violations.length} promises; again with SIM_SEED=${seed}`]
  for (const { invariant, detail } of violations.slice(0, 10))
    lines.push(`  ${invariant} (${INVARIANTS[invariant]}): ${detail}`)
  if (violations.length === 0) return `seed ${seed} keeps every promise`
  const plan = shrink({ seed, layers })
  lines.push(`shrunk to ${plan.length} operations:`)
  for (const { at, kind, a, b, c } of plan) {
    const draws = [a, b, c].map((draw) => draw.toFixed(3)).join(' ')
    lines.push(`  ${at} ms ${kind} ${draws}`)
  }
  for (const { invariant, detail } of run({ seed, layers, plan }).violations.slice(0, 5)) {
    lines.push(`  ${invariant} ${detail}`)
  }
  return lines.join('\n')
}
