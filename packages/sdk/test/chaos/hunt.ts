import { runChaos, type ChaosSummary } from './chaos.ts'
import type { ControlSummary, HuntSummary } from './parts.ts'
import type { Ground } from './planted/mistake.ts'
import { PLANTED, type BugName } from './planted/planted.ts'
import { GENTLE } from './round.ts'

/** Rounds that a planted mistake has to show itself in. */
const MOST_ROUNDS = 4

const silence = (_line: string): void => undefined

/** Runs rounds with a mistake planted until one of them breaks a promise, and says which promises those were. */
export async function hunt(bug: BugName, seed: number, say = silence): Promise<HuntSummary> {
  const { rounds } = await runOn(PLANTED[bug].ground, { seed, bug, rounds: MOST_ROUNDS, say })
  return { bug, rounds: rounds.length, broken: brokenIn(rounds) }
}

/**
 * A round without a mistake, judged as a hunt is: what breaks a promise in it would pass for a mistake that was noticed. One
 * more where nobody could begin, as a hunt has it too.
 */
export async function control(
  { name, ground }: Control,
  seed: number,
  say = silence,
): Promise<ControlSummary> {
  for (let at = 0; ; at += 1) {
    const { rounds, acknowledged } = await runOn(ground, { seed: seed + at, rounds: 1, say })
    const broken = brokenIn(rounds)
    if (acknowledged > 0 || broken.length > 0 || at + 1 === MOST_ROUNDS)
      return { name, acknowledged, broken }
  }
}

/** What mistakes are hunted on, and under every fault that one of them is hunted under. */
export interface Control {
  readonly name: string
  readonly ground: Ground
}

/** The controls of some mistakes: one for each engine, for whether people come and go, and for how it ends. */
export function controlsOf(bugs: readonly BugName[]): readonly Control[] {
  const grounds = new Map<string, Ground>()
  for (const bug of bugs) {
    const { engine, only, isRevolving = false, calmMs }: Ground = PLANTED[bug].ground
    const name = [
      engine,
      ...(isRevolving ? ['people come and go'] : []),
      ...(calmMs === undefined ? [] : [`silence after ${calmMs} ms`]),
    ].join(', ')
    const known = grounds.get(name)?.only ?? []
    const faults = [...new Set([...known, ...only])]
    // For no time means that each of them comes once.
    grounds.set(name, { engine, isRevolving, calmMs, lastsMs: 0, only: faults })
  }
  return [...grounds].map(([name, ground]) => ({ name, ground }))
}

interface Run {
  readonly seed: number
  readonly rounds: number
  readonly bug?: BugName | undefined
  say(line: string): void
}

function runOn(
  { engine, only, lastsMs, isRevolving, calmMs }: Ground,
  run: Run,
): Promise<ChaosSummary> {
  return runChaos({
    ...{ ...run, only, lastsMs, engines: [engine], nodes: 2, broker: 'none' },
    load: { ...GENTLE, revolving: isRevolving === true ? 8 : undefined },
    ...{ calmMs, isFirstEnough: true, isBuilt: false },
  })
}

function brokenIn(rounds: ChaosSummary['rounds']): readonly string[] {
  const violations = rounds.flatMap((round) => ('violations' in round ? round.violations : []))
  return [...new Set(violations.map(({ what }) => what))]
}
