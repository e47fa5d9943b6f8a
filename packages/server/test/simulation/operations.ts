import { Random } from './random.ts'
import type { Layers } from './world.ts'

/** What the outside world does to the system; `a`, `b`, `c` in [0, 1) choose whom and how much. */
export interface Operation {
  readonly at: number
  readonly kind: OperationKind
  readonly a: number
  readonly b: number
  readonly c: number
}

/** Each kind with its weight; the second figure is the weight without faults. */
const WEIGHTS = {
  send: [44, 60],
  burst: [5, 8],
  change: [4, 5],
  'mark-read': [9, 10],
  join: [6, 8],
  leave: [5, 7],
  retain: [1, 1],
  'bad-mark': [1, 1],
  'cut-connection': [6, 0],
  'crash-device': [4, 0],
  'toggle-online': [4, 0],
  stall: [3, 0],
  'crash-node': [3, 0],
  'broker-mode': [3, 0],
  'false-hint': [2, 2],
  'network-loss': [1.5, 0],
  'slow-database': [1, 0],
  'database-clock': [1.2, 0],
  'device-clock': [1, 1],
  copy: [1, 0],
  restore: [0.35, 0],
} as const satisfies Record<string, readonly [number, number]>

export type OperationKind = keyof typeof WEIGHTS

const KINDS = Object.keys(WEIGHTS).filter((name): name is OperationKind => name in WEIGHTS)

/** Virtual milliseconds between two operations, on average. */
const PAUSE_MS = 220

/** The operations of a seed. A shorter list is a beginning of a longer one. */
export function planOperations(
  seed: number,
  count: number,
  { faults, membership, cuts }: Pick<Layers, 'faults' | 'membership' | 'cuts'>,
): Operation[] {
  const random = new Random(seed)
  const weightOf = (kind: OperationKind) => {
    if (!membership && (kind === 'join' || kind === 'leave')) return 0
    return WEIGHTS[kind][faults ? 0 : 1] * (kind === 'cut-connection' ? cuts : 1)
  }
  const total = KINDS.reduce((sum, kind) => sum + weightOf(kind), 0)
  const operations: Operation[] = []
  let at = 300
  for (let made = 0; made < count; made += 1) {
    at += random.chance(0.25) ? random.below(20) : random.below(2 * PAUSE_MS)
    let draw = random.next() * total
    let chosen: OperationKind = 'send'
    for (const kind of KINDS) {
      draw -= weightOf(kind)
      if (draw >= 0) continue
      chosen = kind
      break
    }
    const [a, b, c] = [random.next(), random.next(), random.next()]
    operations.push({ at, kind: chosen, a, b, c })
  }
  return operations
}
