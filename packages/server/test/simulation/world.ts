import type { HistoryRecord } from '../checker/history.ts'
import type { Bug } from './bugs.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

/** Times that clients send with method 20. */
export const TIME_CLASSES = [
  'now',
  'future',
  'past',
  'zero',
  'nan',
  'text',
  'nothing',
  'negative',
  'seconds',
] as const
export type TimeClass = (typeof TIME_CLASSES)[number]

/**
 * Which of the layers that repair one another's failures are at work. With all of them on, a mistake in one is often
 * made good by the next, and stays unseen.
 */
export interface Layers {
  /** Hints between nodes arrive. */
  readonly hints: boolean
  /** Nodes compare heads at intervals. */
  readonly headCheck: boolean
  /** Connections are pushed to at all. */
  readonly push: boolean
  /** Devices pull when they see a hole (and not only when they connect). */
  readonly gapPull: boolean
  /** Positions carry their tag, and the server checks it and refuses what is beyond the head. */
  readonly positionCheck: boolean
  /** A restored copy has a new epoch. */
  readonly newEpoch: boolean
  /** Restored copies, crashes, lost hints and network faults happen. */
  readonly faults: boolean
  /** How much more often than usual connections are cut. */
  readonly cuts: number
  /** People come and go. */
  readonly membership: boolean
  /** What numbered devices send with method 20; times from long ago make up for a lost device cursor. */
  readonly times: readonly TimeClass[]
  /**
   * The database's clock steps by up to so many ms. Two steps between two head checks must stay within what a check looks
   * back, and all steps while a client is away within the margin of its watermark: beyond that only the daily comparison
   * repairs.
   */
  readonly clockStepMs: number
  /** How slow the database is, as a factor: more happens between the writing of a row and its commit. */
  readonly databaseDelay: number
  /** How often clients compare everything; where a restored copy keeps its epoch, nothing else finds it. */
  readonly compareEveryMs: number
}

export const ALL_LAYERS: Layers = {
  hints: true,
  headCheck: true,
  push: true,
  gapPull: true,
  positionCheck: true,
  newEpoch: true,
  faults: true,
  cuts: 1,
  membership: true,
  times: TIME_CLASSES,
  clockStepMs: 1000,
  databaseDelay: 1,
  compareEveryMs: 20_000,
}

/** What everything in a simulated world shares. */
export interface World {
  readonly time: Timeline
  readonly random: Random
  readonly bug: Bug | undefined
  readonly layers: Layers
  readonly records: HistoryRecord[]
  /** Probability that a message between a device and a node is lost. */
  loss: number
  /** Factor on every delay of the database. */
  databaseDelay: number
  tag(): number
  /** A device's connection is live from now on, and what it is told is judged; not where nothing is pushed at all. */
  listens(device: string): void
}

/** Milliseconds, scaled down together, so that a run of a minute meets what takes a day. */
export const SCALE = {
  /** Read back from a watermark; 60 s in the real server. */
  marginMs: 3000,
  /** The head check of a node, as in the real one. */
  headCheckMs: 2000,
  /** From the writing of a row to its commit; 10 s. */
  longestTransactionMs: 1200,
  /** How far a head check and a first look go back; 10 and 15 s. */
  headWindowMs: 2500,
  firstLookMs: 4000,
  /** Device cursors are saved; 30 s. */
  saveCursorsMs: 700,
  /** A device gives up on a request; about 10 s. */
  requestTimeoutMs: 1500,
} as const
