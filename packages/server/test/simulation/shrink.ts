import { OPERATIONS, run, type RunOptions } from './run.ts'
import { planOperations, type Operation } from './operations.ts'
import { ALL_LAYERS } from './world.ts'

/** Runs that shrinking may take. */
const MOST_RUNS = 600

/**
 * The fewest operations of a failing seed, found by cutting off the end and then taking out pieces, that still break a
 * promise. Delays and losses are drawn anew for each attempt, so another promise may break than at first.
 */
export function shrink(options: RunOptions): readonly Operation[] {
  const layers = { ...ALL_LAYERS, ...options.layers }
  let plan: readonly Operation[] =
    options.plan ?? planOperations(options.seed, options.operations ?? OPERATIONS, layers)
  let runs = 0
  const fails = (candidate: readonly Operation[]) => {
    runs += 1
    return candidate.length > 0 && run({ ...options, plan: candidate }).violations.length > 0
  }
  if (!fails(plan)) return plan
  for (let step = Math.ceil(plan.length / 2); step >= 1; step = Math.floor(step / 2)) {
    while (runs < MOST_RUNS && fails(plan.slice(0, -step))) plan = plan.slice(0, -step)
  }
  for (let size = Math.ceil(plan.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < plan.length && runs < MOST_RUNS;) {
      const candidate = [...plan.slice(0, at), ...plan.slice(at + size)]
      if (fails(candidate)) plan = candidate
      else at += size
    }
  }
  return plan
}
