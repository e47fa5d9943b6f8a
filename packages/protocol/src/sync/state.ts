import type { Effect, PullFrom } from './effect.ts'
import { DEFAULT_SYNC_OPTIONS, type SyncOptions } from './options.ts'
import type { Mark, Position, PositionTable, SavedSync, SyncEvent } from './position.ts'

/** What is under way for one stream; a stream at rest costs its position alone. */
export interface Busy<E extends SyncEvent> {
  /** Pushed events beyond a hole, ascending. */
  readonly held: E[]
  pull: 'none' | 'queued' | 'asked'
  /** Something arrived that the pull under way may not have seen: ask once more. */
  again: boolean
  /** The round under way waits for this stream. */
  owed: boolean
  /** A gap timer is running. */
  waiting: boolean
  /** The newest event heard of, where a reset may jump to. */
  newest: Position | undefined
  /** Events pulled since the stream was last level with its head. */
  pulled: number
  /** Waits in a row that did not move the stream. */
  waits: number
}

/** One look at the heads, page by page, and the pulls that follow from it. */
export interface Round {
  readonly full: boolean
  /** The first since `ready`: until it has listed the heads, pushes wait (see `awaitsList`). */
  readonly first: boolean
  /** Unknown streams start at their head: this client is fresh, or its epoch is gone. */
  readonly adopt: boolean
  /** Of the first page: the heads of later pages are younger, which only errs towards asking again. */
  watermark: number | undefined
  listed: boolean
  /** Streams listed or missed by this round whose pull is not done. */
  owed: number
  /** Full rounds: streams with a position that no page has named yet. */
  readonly unseen: Set<string>
}

export interface HeadsRequest {
  readonly kind: 'heads'
  readonly after: string | undefined
  readonly attempt: number
}

export interface PullRequest {
  readonly kind: 'pull'
  readonly streams: ReadonlyMap<string, PullFrom>
  /** Failures in a row before it. */
  readonly attempt: number
}

/**
 * All that an engine knows. Opaque to embedders: read it through `savedOf` and `isLive`. It is consumed by `step`.
 */
export interface SyncState<E extends SyncEvent> {
  readonly options: SyncOptions
  readonly positions: PositionTable
  readonly busy: Map<string, Busy<E>>
  /** Streams to pull, in the order in which they asked. */
  readonly queue: Set<string>
  readonly requests: Map<number, HeadsRequest | PullRequest>
  /** Streams that had a position in an epoch that is gone; they owe the app a reset. */
  readonly forgotten: Set<string>
  mark: Mark | undefined
  epoch: number | undefined
  live: boolean
  round: Round | undefined
  /** The next round, which begins when this one ends. */
  next: 'none' | 'changed' | 'full'
  lastRequest: number
  pulls: number
  /** Failed pulls in a row. */
  failures: number
  held: number
}

/** One step under construction. */
export interface Step<E extends SyncEvent> {
  readonly state: SyncState<E>
  readonly effects: Effect<E>[]
}

/**
 * An engine that continues from what was saved; without a mark it is a fresh client.
 * @param positions where it keeps them, besides what it may hold already
 */
export function createSync<E extends SyncEvent>(
  saved: SavedSync,
  options: Partial<SyncOptions> = {},
  positions: PositionTable = new Map(),
): SyncState<E> {
  for (const [stream, position] of saved.positions) positions.set(stream, position)
  return {
    options: { ...DEFAULT_SYNC_OPTIONS, ...options },
    positions,
    busy: new Map(),
    queue: new Set(),
    requests: new Map(),
    forgotten: new Set(),
    mark: saved.mark,
    epoch: saved.mark?.epoch,
    live: false,
    round: undefined,
    next: 'none',
    lastRequest: 0,
    pulls: 0,
    failures: 0,
    held: 0,
  }
}

/** What the embedder would find on its disk had it saved everything so far. */
export function savedOf<E extends SyncEvent>(state: SyncState<E>): SavedSync {
  return { mark: state.mark, positions: state.positions }
}

/** True from `ready` to `disconnected`. */
export function isLive<E extends SyncEvent>(state: SyncState<E>): boolean {
  return state.live
}

export function busyOf<E extends SyncEvent>(state: SyncState<E>, stream: string): Busy<E> {
  const known = state.busy.get(stream)
  if (known !== undefined) return known
  const fresh: Busy<E> = {
    held: [],
    pull: 'none',
    again: false,
    owed: false,
    waiting: false,
    newest: undefined,
    pulled: 0,
    waits: 0,
  }
  state.busy.set(stream, fresh)
  return fresh
}

/** Forgets a stream's book-keeping once nothing is under way for it. */
export function rest<E extends SyncEvent>(state: SyncState<E>, stream: string): void {
  const busy = state.busy.get(stream)
  if (busy === undefined || busy.pull !== 'none' || busy.owed || busy.waiting) return
  state.held -= busy.held.length
  state.busy.delete(stream)
}

export function nextRequest<E extends SyncEvent>(state: SyncState<E>): number {
  state.lastRequest += 1
  return state.lastRequest
}
