/** How an engine behaves; every field has a default. */
export interface SyncOptions {
  /**
   * What to do with a stream of which nothing is known.
   * - `from-head`: a fresh client adopts the head and fetches a snapshot; later streams are pulled from their start.
   * - `from-start`: everything is replayed from the first event that still exists.
   * @default 'from-head'
   */
  readonly mode: 'from-head' | 'from-start'
  /** Events of one stream worth pulling before a snapshot is cheaper; `from-head` only. @default 1000 */
  readonly maxCatchUp: number
  /** How long a hole in the pushed events may take to close by itself, in ms. @default 300 */
  readonly gapWaitMs: number
  /** Compare every stream this often, in ms of the database's clock. @default 86_400_000 (a day) */
  readonly compareEveryMs: number
  /** Streams in one pull. @default 100 */
  readonly maxStreamsPerPull: number
  /** Pulls in flight. @default 2 */
  readonly maxPulls: number
  /** Events asked for in one pull, over all its streams. @default 500 */
  readonly pullLimit: number
  /** Heads asked for in one page. @default 1000 */
  readonly headsLimit: number
  /** Pushed events held back in one stream because an earlier one is missing. @default 100 */
  readonly maxHeldPerStream: number
  /** The same over all streams. @default 2000 */
  readonly maxHeld: number
}

/** What the SDK and the numbered door use. */
export const DEFAULT_SYNC_OPTIONS: SyncOptions = {
  mode: 'from-head',
  maxCatchUp: 1000,
  gapWaitMs: 300,
  compareEveryMs: 86_400_000,
  maxStreamsPerPull: 100,
  maxPulls: 2,
  pullLimit: 500,
  headsLimit: 1000,
  maxHeldPerStream: 100,
  maxHeld: 2000,
}

const RETRY_FIRST_MS = 250
/** Less than the ten seconds within which everybody has caught up after the last fault. */
const RETRY_MAX_MS = 5000

/** How long a request waits after `failures` failures in a row, in ms. */
export function retryWait(failures: number): number {
  if (failures === 0) return 0
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 10))
}
