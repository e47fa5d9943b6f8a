import type { Load } from './crowd.ts'
import { planOf, type FaultName, type Plan, type Setting } from './plan.ts'
import type { BugName } from './planted/planted.ts'
import { runRound, type RoundSummary } from './round.ts'
import { hasRedis } from './system/redis.ts'
import { openServices } from './system/services.ts'
import type { Services } from './system/system.ts'

export interface ChaosOptions {
  /** Of the first round; the next ones count on from there. */
  readonly seed: number
  /** Rounds begin for so long. @default as many rounds as `rounds` says */
  readonly minutes?: number | undefined
  /** @default one of each engine */
  readonly rounds?: number | undefined
  /** In turn. */
  readonly engines: readonly Setting['engine'][]
  /** With Postgres. @default 1 to 3, drawn */
  readonly nodes?: number | undefined
  /** @default drawn, of what is there */
  readonly broker?: Setting['broker'] | undefined
  /** These faults alone. */
  readonly only?: readonly FaultName[] | undefined
  readonly bug?: BugName | undefined
  /** Faults begin for so long in each round, milliseconds. @default each fault once */
  readonly lastsMs?: number | undefined
  /** The rounds of each engine one after the other, and the engines side by side. */
  readonly isAbreast?: boolean | undefined
  /** @default gentle */
  readonly load?: Load | undefined
  readonly isPlanOnly?: boolean | undefined
  readonly isPrompt?: boolean | undefined
  /** Says what each round does, as it does it. */
  readonly isTraced?: boolean | undefined
  /** Ends with the first round that breaks a promise. */
  readonly isFirstEnough?: boolean | undefined
  /** How long people go on after the last fault, ms. @default until what comes is live again */
  readonly calmMs?: number | undefined
  /** Runs the server as it is built. */
  readonly isBuilt: boolean
  readonly say: (line: string) => void
}

/** What came of a run. */
export interface ChaosSummary extends Sums {
  readonly seed: number
  readonly rounds: readonly (RoundSummary | Plan)[]
  readonly seconds: number
}

/** Runs round after round and adds up what came of them. */
export async function runChaos(options: ChaosOptions): Promise<ChaosSummary> {
  const plans = Array.from(plansOf(options, 1000))
  const count = options.rounds ?? options.engines.length
  if (options.isPlanOnly === true)
    return { seed: options.seed, ...sumsOf([]), seconds: 0, rounds: plans.slice(0, count) }
  const begun = performance.now()
  await using services = await openServices(options.isBuilt, options.bug, plans)
  const isOver = (at: number, rounds: readonly RoundSummary[]): boolean =>
    (options.minutes === undefined
      ? at >= count
      : performance.now() - begun >= options.minutes * 60_000) ||
    (options.isFirstEnough === true && rounds.some(({ violations }) => violations.length > 0))
  const rounds: RoundSummary[] = []
  const lanes =
    options.isAbreast === true ? options.engines.map((engine) => [engine]) : [options.engines]
  const runLane = async (engines: readonly Setting['engine'][]): Promise<void> => {
    for (const [at, plan] of plans.entries()) {
      if (!engines.includes(plan.engine)) continue
      if (isOver(at, rounds)) break
      rounds.push(await runOne(services, plan, options))
    }
  }
  await Promise.all(lanes.map(runLane))
  const seconds = Math.round((performance.now() - begun) / 1000)
  return { seed: options.seed, ...sumsOf(rounds), seconds, rounds }
}

/** Runs a plan and says what came of it. */
export async function runOne(
  services: Services,
  plan: Plan,
  options: Pick<
    ChaosOptions,
    'load' | 'isPrompt' | 'isTraced' | 'isFirstEnough' | 'calmMs' | 'say'
  >,
): Promise<RoundSummary> {
  const { load, isPrompt, isFirstEnough, calmMs, isTraced, say } = options
  const { seed, engine, nodes, broker } = plan
  const name = `--seed ${seed} --engine ${engine} --nodes ${nodes} --broker ${broker}`
  say(`round: ${name} --rounds 1`)
  const begun = performance.now()
  const trace =
    isTraced === true
      ? (line: string) =>
          say(`  ${engine} ${Math.round((performance.now() - begun) / 100) / 10} s: ${line}`)
      : undefined
  const round = await runRound(services, plan, { load, isPrompt, isFirstEnough, calmMs, trace })
  const { acknowledged, seconds, violations } = round
  say(`  ${name}: ${acknowledged} acknowledged, ${violations.length} violations, ${seconds} s`)
  for (const { what, detail } of violations.slice(0, 5)) say(`  ${what}: ${detail}`)
  return round
}

function* plansOf(options: ChaosOptions, most: number): Generator<Plan> {
  const { engines, only, lastsMs } = options
  for (let at = 0; at < most; at += 1) {
    const seed = options.seed + at
    const engine = engines[at % engines.length] ?? 'sqlite'
    const isPostgres = engine === 'postgres'
    const nodes = isPostgres ? (options.nodes ?? 1 + (seed % 3)) : 1
    const drawn = hasRedis() && seed % 2 === 1 ? 'redis' : seed % 4 === 0 ? 'none' : 'postgres'
    const broker = isPostgres ? (options.broker ?? drawn) : 'none'
    yield planOf({ seed, engine, nodes, broker, lastsMs, only })
  }
}

/** What rounds have come to together. */
export interface Sums {
  readonly acknowledged: number
  readonly delivered: number
  readonly duplicatesDropped: number
  readonly faults: Readonly<Record<string, number>>
  readonly faultsInAll: number
  readonly worstReturnMs: number
  readonly worstConvergenceMs: number
  readonly violations: number
}

/** Adds rounds up. */
export function sumsOf(rounds: readonly RoundSummary[]): Sums {
  const sum = (of: (round: RoundSummary) => number): number =>
    rounds.reduce((all, round) => all + of(round), 0)
  const faults: Record<string, number> = {}
  for (const round of rounds)
    for (const [name, count] of Object.entries(round.faults))
      faults[name] = (faults[name] ?? 0) + count
  return {
    acknowledged: sum((round) => round.acknowledged),
    delivered: sum((round) => round.delivered),
    duplicatesDropped: sum((round) => round.duplicatesDropped),
    faults: Object.fromEntries(Object.entries(faults).toSorted()),
    faultsInAll: Object.values(faults).reduce((all, count) => all + count, 0),
    worstReturnMs: Math.max(0, ...rounds.map((round) => round.worstReturnMs)),
    worstConvergenceMs: Math.max(0, ...rounds.map((round) => round.convergenceMs)),
    violations: sum((round) => round.violations.length),
  }
}
