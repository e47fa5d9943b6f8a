import { chanceOf, type Chance } from '../e2e/support/random.ts'
import { POINT_NAMES } from './system/append-points.ts'

/** What a round runs on. */
export interface Setting {
  readonly engine: 'sqlite' | 'postgres'
  /** Server processes; SQLite has one. */
  readonly nodes: number
  /** What tells nodes of each other's commits, as in the server's `BROKER`. */
  readonly broker: 'none' | 'postgres' | 'redis'
}

/** Everything that can be done to the system. */
export const FAULTS = {
  'node-killed': { lane: 'processes' },
  'all-nodes-killed': { lane: 'processes' },
  'node-dies-at-a-step': { lane: 'processes' },
  'node-frozen': { lane: 'processes' },
  'nodes-rolled': { lane: 'processes' },
  'clock-wrong': { lane: 'processes' },
  'clients-killed': { lane: 'processes' },
  'clients-frozen': { lane: 'processes' },
  'copy-restored': { lane: 'processes', isAlone: true },
  'disk-full': { lane: 'processes', engine: 'sqlite' },
  'second-server': { lane: 'processes', engine: 'sqlite' },
  'postgres-crashed': { lane: 'wires', engine: 'postgres' },
  'sessions-ended': { lane: 'wires', engine: 'postgres' },
  'commit-cut': { lane: 'wires', engine: 'postgres' },
  'postgres-disk-full': { lane: 'wires', engine: 'postgres' },
  'postgres-frozen': { lane: 'wires', engine: 'postgres' },
  'postgres-wire-cut': { lane: 'wires', engine: 'postgres' },
  'postgres-wire-half-open': { lane: 'wires', engine: 'postgres' },
  'postgres-wire-slow': { lane: 'wires', engine: 'postgres' },
  'redis-killed': { lane: 'wires', broker: 'redis' },
  'redis-frozen': { lane: 'wires', broker: 'redis' },
  'redis-deaf': { lane: 'wires', broker: 'redis' },
  'redis-slow': { lane: 'wires', broker: 'redis' },
  'redis-clients-killed': { lane: 'wires', broker: 'redis' },
  'hints-forged': { lane: 'wires', broker: 'redis' },
  'wire-cut': { lane: 'wires' },
  'wire-half-open': { lane: 'wires' },
  'wire-slow': { lane: 'wires' },
  'wire-stalled': { lane: 'wires' },
  'wire-delayed': { lane: 'wires' },
  'wire-ragged': { lane: 'wires' },
  'wire-refuses': { lane: 'wires' },
  'frames-doubled': { lane: 'wires' },
  'frames-swapped': { lane: 'wires' },
} as const satisfies Readonly<Record<string, FaultKind>>

interface FaultKind {
  readonly lane: 'processes' | 'wires'
  readonly engine?: Setting['engine']
  readonly broker?: Setting['broker']
  /** The other lane waits for it. */
  readonly isAlone?: boolean
}

export type FaultName = keyof typeof FAULTS

/** One fault of a plan. Times are milliseconds. */
export interface PlannedFault {
  readonly name: FaultName
  /** Quiet before it, since the last one of its lane. */
  readonly afterMs: number
  readonly forMs: number
  /** Which of several nodes or wires, and whatever else there is to choose. */
  readonly draw: number
  /** Where the node dies. */
  readonly point?: string | undefined
}

/** What will be done in a round. Two lanes of faults go on at the same time; their times are the plan's, the rest is the machine's. */
export interface Plan extends Setting {
  readonly seed: number
  readonly processes: readonly PlannedFault[]
  readonly wires: readonly PlannedFault[]
}

export interface PlanOptions extends Setting {
  readonly seed: number
  /** How long faults begin. @default each kind comes once */
  readonly lastsMs?: number | undefined
  /** These kinds alone. */
  readonly only?: readonly FaultName[] | undefined
}

/** Whether the other lane must wait meanwhile. */
export function isAlone(name: FaultName): boolean {
  const kind: FaultKind = FAULTS[name]
  return kind.isAlone ?? false
}

/** The kinds that a setting can have. */
export function kindsOf({ engine, broker }: Setting): readonly FaultName[] {
  return (Object.keys(FAULTS) as FaultName[]).filter((name) => {
    const kind: FaultKind = FAULTS[name]
    const fitsEngine = kind.engine === undefined || kind.engine === engine
    return fitsEngine && (kind.broker === undefined || kind.broker === broker)
  })
}

/** Draws a plan from its seed. */
export function planOf(options: PlanOptions): Plan {
  const { seed, engine, nodes, broker, lastsMs, only } = options
  const chance = chanceOf(seed)
  const kinds = kindsOf(options).filter((name) => only?.includes(name) ?? true)
  const laneOf = (lane: FaultKind['lane']): readonly PlannedFault[] =>
    drawLane(
      kinds.filter((name) => FAULTS[name].lane === lane),
      chance,
      lastsMs,
    )
  return { seed, engine, nodes, broker, processes: laneOf('processes'), wires: laneOf('wires') }
}

/** Of an append, in a round in which every kind comes once: `append-deaths.test.ts` has each of them. */
export const STEPS = 3

/** One of each kind in a random order, and on and on until the time is over. */
function drawLane(
  kinds: readonly FaultName[],
  chance: Chance,
  lastsMs = 0,
): readonly PlannedFault[] {
  const faults: PlannedFault[] = []
  if (kinds.length === 0) return faults
  let atMs = 0
  const draw = (name: FaultName, point?: string): void => {
    const fault = drawFault(name, chance, point)
    atMs += fault.afterMs + fault.forMs
    faults.push(fault)
  }
  for (const name of shuffled(kinds, chance)) {
    const isSomeSteps = name === 'node-dies-at-a-step' && lastsMs === 0
    const points = isSomeSteps ? shuffled(POINT_NAMES, chance).slice(0, STEPS) : [undefined]
    for (const point of points) if (lastsMs === 0 || atMs < lastsMs) draw(name, point)
  }
  while (atMs < lastsMs) draw(chance.pick(kinds))
  return faults
}

function drawFault(name: FaultName, chance: Chance, point?: string): PlannedFault {
  const fault = {
    name,
    afterMs: chance.between(200, 1_500),
    forMs: chance.between(...longOf(name)),
    draw: chance.between(0, 1_000_000),
  }
  return name === 'node-dies-at-a-step'
    ? { ...fault, point: point ?? chance.pick(POINT_NAMES) }
    : fault
}

/** How long each lasts, milliseconds: what is patient, longer than the patience that it tries. */
function longOf(name: FaultName): readonly [number, number] {
  switch (name) {
    case 'clock-wrong':
      return [1_500, 4_000]
    case 'postgres-frozen':
    case 'redis-frozen':
    case 'redis-deaf':
    case 'redis-killed':
      return [1_000, 7_000]
    case 'node-frozen':
    case 'clients-frozen':
      return [500, 4_000]
    default:
      return [300, 2_500]
  }
}

function shuffled<T>(items: readonly T[], chance: Chance): readonly T[] {
  return items
    .map((item) => ({ item, place: chance.next() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item)
}
