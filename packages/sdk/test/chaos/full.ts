import { runOne, sumsOf, type Sums } from './chaos.ts'
import { control, controlsOf, hunt } from './hunt.ts'
import { openParts, type ControlSummary, type HuntSummary, type Parts } from './parts.ts'
import { FAULTS, planOf, type FaultName, type Plan, type Setting } from './plan.ts'
import { PLANTED, type BugName } from './planted/planted.ts'
import type { RoundSummary } from './round.ts'
import { runStorms } from './storms.ts'
import type { StormSummary } from './storm.ts'
import { openServices } from './system/services.ts'
import type { Services } from './system/system.ts'

/** What a full run has to show. */
const GOALS = { acknowledged: 100_000, faults: 150, eachFault: 3 } as const

export interface FullOptions {
  readonly seed: number
  /** Where its parts are kept: a run that was ended goes on from there. */
  readonly file: string
  /** No part begins later; a part takes one to three minutes. @default until all is done */
  readonly minutes?: number | undefined
  readonly say: (line: string) => void
}

/** What came of a full run, or of as much of it as is done. */
export interface FullSummary extends Sums {
  readonly seed: number
  /** Every goal is reached, no promise was broken, and every planted mistake was noticed. */
  readonly isComplete: boolean
  readonly missing: readonly string[]
  readonly planted: number
  readonly noticed: number
  readonly mistakes: readonly HuntSummary[]
  readonly controls: readonly ControlSummary[]
  readonly storms: readonly StormSummary[]
  readonly rounds: readonly RoundSummary[]
}

const ENGINES: readonly Setting['engine'][] = ['sqlite', 'postgres']
const LOAD = { pauseMs: 20, burst: 12 }
/** Hunts wait more than they work. */
const HUNTS_ABREAST = 2
const STORM = { clients: 1000, mostMs: 15_000, isBuilt: true }

/** Runs until every goal is reached or the time is over, and says how far it is. */
export async function runFull(options: FullOptions): Promise<FullSummary> {
  const { seed, file, minutes = Infinity, say } = options
  const parts = openParts(file, seed)
  const endsAt = performance.now() + minutes * 60_000
  const run: FullRun = { seed, parts, say, isOver: () => performance.now() >= endsAt }
  await runRounds(run)
  await runAllStorms(run)
  await runControls(run)
  await huntAll(run)
  return summaryOf(seed, parts)
}

interface FullRun {
  readonly seed: number
  readonly parts: Parts
  readonly say: (line: string) => void
  isOver(): boolean
}

const roundsOf = ({ done }: Parts): readonly RoundSummary[] =>
  done.flatMap((part) => (part.kind === 'round' ? [part.round] : []))

/** Each fault once a round, both engines side by side, on and on until it is enough. */
async function runRounds(run: FullRun): Promise<void> {
  if (missingOf(roundsOf(run.parts)).length === 0 || run.isOver()) return
  const settings = ENGINES.map((engine) => planAt(run.seed, engine, 0))
  await using services = await openServices(true, undefined, settings)
  await Promise.all(ENGINES.map((engine) => runLane(run, services, engine)))
}

async function runLane(run: FullRun, services: Services, engine: Setting['engine']): Promise<void> {
  const { parts, seed, say } = run
  for (;;) {
    const rounds = roundsOf(parts)
    if (missingOf(rounds).length === 0 || run.isOver()) return
    const at = rounds.filter((round) => round.engine === engine).length
    const round = await runOne(services, planAt(seed, engine, at), { load: LOAD, say })
    parts.add({ kind: 'round', round })
    const { acknowledged, faultsInAll, violations } = sumsOf(roundsOf(parts))
    say(`so far ${acknowledged} acknowledged, ${faultsInAll} faults, ${violations} violations`)
  }
}

/** Three nodes with a Redis first, since most can go wrong there; then others. */
function planAt(seed: number, engine: Setting['engine'], at: number): Plan {
  const own = { seed: seed + ENGINES.length * at + ENGINES.indexOf(engine) }
  if (engine === 'sqlite') return planOf({ ...own, engine, nodes: 1, broker: 'none' })
  const broker = at < GOALS.eachFault ? 'redis' : at % 2 === 0 ? 'postgres' : 'none'
  return planOf({ ...own, engine, nodes: 3 - (at % 2), broker })
}

/** What rounds have still to show, in words. */
function missingOf(rounds: readonly RoundSummary[]): readonly string[] {
  const { acknowledged, faults, faultsInAll } = sumsOf(rounds)
  const rare = (Object.keys(FAULTS) as FaultName[]).filter(
    (name) => (faults[name] ?? 0) < GOALS.eachFault,
  )
  return [
    ...(acknowledged < GOALS.acknowledged ? [`${acknowledged} acknowledged messages`] : []),
    ...(faultsInAll < GOALS.faults ? [`${faultsInAll} faults`] : []),
    ...rare.map((name) => `${name} ${faults[name] ?? 0} times`),
  ]
}

async function runAllStorms({ seed, parts, say, isOver }: FullRun): Promise<void> {
  for (const engine of ENGINES) {
    if (isOver()) return
    if (parts.done.some((part) => part.kind === 'storm' && part.engine === engine)) continue
    say(`a storm on ${engine}`)
    const storm = await runStorms({ ...STORM, seed, engine })
    parts.add({ kind: 'storm', engine, storm })
    say(`  ${JSON.stringify(storm)}`)
  }
}

const ALL = Object.keys(PLANTED) as BugName[]

async function runControls({ seed, parts, say, isOver }: FullRun): Promise<void> {
  const done = new Set(controlsIn(parts).map(({ name }) => name))
  for (const one of controlsOf(ALL)) {
    if (isOver()) return
    if (done.has(one.name)) continue
    const found = await control(one, seed)
    parts.add({ kind: 'control', control: found })
    say(`without a mistake (${one.name}): ${found.broken.join(', ') || 'nothing broken'}`)
  }
}

const controlsIn = ({ done }: Parts): readonly ControlSummary[] =>
  done.flatMap((part) => (part.kind === 'control' ? [part.control] : []))

async function huntAll({ seed, parts, say, isOver }: FullRun): Promise<void> {
  const done = new Set(parts.done.flatMap((part) => (part.kind === 'hunt' ? [part.hunt.bug] : [])))
  const left = ALL.filter((bug) => !done.has(bug))
  const huntSome = async (): Promise<void> => {
    for (let bug = left.shift(); bug !== undefined && !isOver(); bug = left.shift()) {
      const found = await hunt(bug, seed)
      const { rounds, broken } = found
      parts.add({ kind: 'hunt', hunt: found })
      say(`${bug}: ${broken.length === 0 ? 'NOT NOTICED' : broken.join(', ')} (${rounds} rounds)`)
    }
  }
  await Promise.all(Array.from({ length: HUNTS_ABREAST }, huntSome))
}

function summaryOf(seed: number, parts: Parts): FullSummary {
  const rounds = roundsOf(parts)
  const storms = parts.done.flatMap((part) => (part.kind === 'storm' ? [part.storm] : []))
  const mistakes = parts.done.flatMap((part) => (part.kind === 'hunt' ? [part.hunt] : []))
  const controls = controlsIn(parts)
  const isClean = ({ broken, acknowledged }: ControlSummary) =>
    broken.length === 0 && acknowledged > 0
  const unclean = controls.filter((one) => !isClean(one))
  const planted = ALL.length
  const noticed = mistakes.filter(({ broken }) => broken.length > 0).length
  const sums = sumsOf(rounds)
  const violations = storms.reduce((sum, storm) => sum + storm.violations.length, sums.violations)
  const missing = [
    ...missingOf(rounds),
    ...(storms.length < ENGINES.length ? [`${storms.length} storms`] : []),
    ...(controls.length < controlsOf(ALL).length ? [`${controls.length} controls`] : []),
    ...unclean.map(({ name }) => `a clean control on ${name}`),
    ...(noticed < planted ? [`${noticed} of ${planted} planted mistakes noticed`] : []),
  ]
  const isComplete = missing.length === 0 && violations === 0
  return {
    ...{ seed, isComplete, missing },
    ...{ ...sums, violations, planted, noticed, mistakes, controls, storms, rounds },
  }
}
