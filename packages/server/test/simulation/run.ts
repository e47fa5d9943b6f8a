import { check } from '../checker/check.ts'
import type { History, HistoryRecord, LedgerSpan, Violation } from '../checker/history.ts'
import type { Bug } from './bugs.ts'
import type { ModelStream, Span } from './model-stream.ts'
import { planOperations, type Operation } from './operations.ts'
import { perform } from './perform.ts'
import { Random } from './random.ts'
import { System } from './system.ts'
import { Timeline } from './timeline.ts'
import { ALL_LAYERS, type Layers, type World } from './world.ts'

export const OPERATIONS = 220
/** After the last fault; the promise of I9 is ten seconds. */
const HEALING_MS = 10_000

export interface RunOptions {
  readonly seed: number
  /** @default 220 */
  readonly operations?: number | undefined
  readonly bug?: Bug | undefined
  readonly layers?: Partial<Layers> | undefined
  /** The operations themselves, in place of those of the seed. */
  readonly plan?: readonly Operation[] | undefined
}

export interface RunResult {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly operations: number
  /** What ran in virtual time. */
  readonly steps: number
  readonly acknowledged: number
  readonly delivered: number
  readonly history: History
}

/** One seed, from the first operation to the verdict. The same options give the same result. */
export function run(options: RunOptions): RunResult {
  const layers = { ...ALL_LAYERS, ...options.layers }
  const plan =
    options.plan ?? planOperations(options.seed, options.operations ?? OPERATIONS, layers)
  const world = makeWorld(options, layers)
  const system = new System(world)
  const { time } = world
  for (const operation of plan) time.at(operation.at, () => perform(system, operation))
  time.runUntil((plan.at(-1)?.at ?? 0) + 1)
  heal(system)
  time.runUntil(time.now + HEALING_MS)
  for (const { name } of system.devices) {
    world.records.push({ kind: 'end', t: time.now, device: name })
  }
  const history = { records: world.records, ledger: { streams: system.db.streams.map(toLedger) } }
  const { acknowledged, delivered } = count(world.records)
  return {
    seed: options.seed,
    violations: check(history),
    operations: plan.length,
    steps: time.steps,
    acknowledged,
    delivered,
    history,
  }
}

function makeWorld({ seed, bug }: RunOptions, layers: Layers): World {
  const tags = new Random(seed ^ 0x5bd1e995)
  const time = new Timeline()
  const records: HistoryRecord[] = []
  return {
    time,
    random: new Random(seed ^ 0x2545f491),
    bug,
    layers,
    records,
    loss: layers.faults ? 0.002 : 0,
    databaseDelay: layers.databaseDelay,
    tag: () => 1 + tags.below(4_294_967_295),
    listens(device) {
      if (layers.push) records.push({ kind: 'live', t: time.now, device })
    },
  }
}

/**
 * Every fault ends, and then nothing more is done. In half of the runs everybody reconnects; in the other half only those
 * who have to, because a reconnection repairs what a fault has broken, and would hide it.
 */
function heal(system: System): void {
  const { world } = system
  const { time, random, records } = world
  world.loss = 0
  world.databaseDelay = world.layers.databaseDelay
  for (const node of system.nodes) node.start()
  if (random.chance(0.5)) system.broker.mode = 'good'
  const everybody = random.chance(0.5)
  for (const device of system.devices) {
    if (everybody) device.connection?.break()
    device.setOnline(true)
    device.start()
  }
  records.push({ kind: 'healed', t: time.now })
}

function count(records: readonly HistoryRecord[]): { acknowledged: number; delivered: number } {
  let acknowledged = 0
  let delivered = 0
  for (const record of records) {
    if (record.kind === 'ok') acknowledged += 1
    else if (record.kind === 'apply' || record.kind === 'deliver') delivered += record.events.length
  }
  return { acknowledged, delivered }
}

function toLedger(stream: ModelStream): History['ledger']['streams'][number] {
  return {
    name: stream.name,
    events: stream.log,
    lost: stream.lost.sort((a, b) => a.seq - b.seq),
    spans: stream.spans.flatMap((own, user) => own.map((span) => toLedgerSpan(user, span))),
    lostSpans: stream.lostSpans.map(({ user, span }) => toLedgerSpan(user, span)),
    floor: stream.floor,
    highestFloor: stream.highestFloor,
  }
}

function toLedgerSpan(user: number, { from, to, since }: Span): LedgerSpan {
  return { user: String(user), from, to: to ?? null, since }
}
