/**
 * Runs the whole system under faults and prints what came of it as JSON; exits 1 when a promise was broken:
 *
 *   npm run chaos                                     a round on SQLite and one on Postgres, each fault once
 *   npm run chaos -- --abreast                        the same side by side, in two thirds of the time
 *   npm run chaos -- --least 5000                     fails too when fewer messages were acknowledged
 *   npm run chaos -- --minutes 10 --engine postgres   round after round
 *   npm run chaos -- --full --seed 17                 the whole: 100,000 messages, each fault thrice, storms, all mistakes
 *   npm run chaos -- --full --seed 17 --minutes 5     as much of it as begins in five minutes; the same again goes on
 *   npm run chaos -- --seed 17 --rounds 1 --plan      what that round will do, and nothing else
 *   npm run chaos -- --bugs                           whether every planted mistake is noticed, and nothing without one
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runChaos } from './chaos.ts'
import { runFull } from './full.ts'
import { control, controlsOf, hunt } from './hunt.ts'
import { FAULTS, type FaultName, type Setting } from './plan.ts'
import { PLANTED, type BugName } from './planted/planted.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    engine: { type: 'string' },
    nodes: { type: 'string' },
    broker: { type: 'string' },
    only: { type: 'string' },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    parts: { type: 'string' },
    plan: { type: 'boolean', default: false },
    prompt: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    abreast: { type: 'boolean', default: false },
    least: { type: 'string' },
  },
})

function oneOf<T extends string>(what: string, given: string, known: readonly T[]): T {
  const found = known.find((name) => name === given)
  if (found === undefined) throw new Error(`--${what} is one of: ${known.join(', ')}`)
  return found
}

const engines: readonly Setting['engine'][] = ['sqlite', 'postgres']
const brokers: readonly Setting['broker'][] = ['none', 'postgres', 'redis']
/** As much as the faults leave room for. */
const BUSY = { pauseMs: 20, burst: 12 }
const { engine, broker, only, bug } = values
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const bugNames = Object.keys(PLANTED) as BugName[]
// What was started and mounted goes with the process, which it does not at a signal that nobody hears.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
const say = (line: string): void => console.error(line)
process.exit(values.full ? await runWhole() : values.bugs ? await huntAll() : await run())

async function runWhole(): Promise<number> {
  const file = values.parts ?? join(tmpdir(), `tidings-chaos-${seed}.jsonl`)
  say(`--full --seed ${seed} --parts ${file}`)
  const summary = await runFull({ seed, file, minutes, say })
  console.log(JSON.stringify(summary, undefined, 2))
  const isMissed = summary.mistakes.some(({ broken }) => broken.length === 0)
  if (summary.violations > 0 || isMissed) return 1
  // What there was no time for is no failure when a time was given.
  return summary.isComplete || minutes !== undefined ? 0 : 1
}

async function huntAll(): Promise<number> {
  const names = bug === undefined ? bugNames : [oneOf('bug', bug, bugNames)]
  let missed = 0
  for (const one of controlsOf(names)) {
    const found = await control(one, seed, say)
    if (found.broken.length > 0) missed += 1
    console.log(JSON.stringify(found))
  }
  for (const name of names) {
    const found = await hunt(name, seed, say)
    if (found.broken.length === 0) missed += 1
    console.log(JSON.stringify(found))
  }
  return missed > 0 ? 1 : 0
}

async function run(): Promise<number> {
  const summary = await runChaos({
    seed,
    minutes,
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    lastsMs: values.seconds === undefined ? undefined : Number(values.seconds) * 1000,
    engines: engine === undefined ? engines : [oneOf('engine', engine, engines)],
    nodes: values.nodes === undefined ? undefined : Number(values.nodes),
    broker: broker === undefined ? undefined : oneOf('broker', broker, brokers),
    only: only?.split(',').map((name) => oneOf('only', name, Object.keys(FAULTS) as FaultName[])),
    bug: bug === undefined ? undefined : oneOf('bug', bug, bugNames),
    load: BUSY,
    isAbreast: values.abreast,
    isTraced: values.trace,
    isPlanOnly: values.plan,
    isPrompt: values.prompt,
    isBuilt: true,
    say,
  })
  console.log(JSON.stringify(summary, undefined, 2))
  const isHollow = summary.acknowledged < Number(values.least ?? 0)
  if (isHollow) say(`fewer than ${values.least} messages were acknowledged`)
  return summary.violations > 0 || isHollow ? 1 : 0
}
