import type { RefusalReason } from './input.ts'
import type { Mark, Position, SyncEvent } from './position.ts'

/**
 * Why a stream starts anew.
 * - `new`: a fresh client adopts the head instead of replaying years of history.
 * - `too_far`: more than `maxCatchUp` events behind.
 * - the rest: the server refused the position.
 */
export type ResetReason = RefusalReason | 'new' | 'too_far'

/** One stream of a pull: "give me what follows the event `tag` at `after`". */
export interface PullFrom {
  readonly stream: string
  readonly after: number
  readonly tag: number
}

/**
 * What the embedder must do, in this order. `apply`, `reset` and `saveMark` are durable in this order too: a mark
 * that reaches the disk before an event that it covers would hide that event for ever.
 */
export type Effect<E extends SyncEvent> =
  /** Call `sync.heads`; answer with `heads` or `failed`. Wait `waitMs` (add jitter) first. */
  | {
      readonly kind: 'requestHeads'
      readonly request: number
      readonly changedSince: number | undefined
      readonly after: string | undefined
      readonly limit: number
      readonly waitMs: number
    }
  /** Call `sync.pull`; answer with `pulled` or `failed`. Wait `waitMs` (add jitter) first. */
  | {
      readonly kind: 'requestPull'
      readonly request: number
      readonly epoch: number
      readonly streams: readonly PullFrom[]
      readonly limit: number
      readonly waitMs: number
    }
  /** Hand these over and save `position` in the same transaction. `events` may be empty: only the position moved. */
  | {
      readonly kind: 'apply'
      readonly stream: string
      readonly events: readonly E[]
      readonly position: Position
    }
  /**
   * Forget what was applied of this stream and save `position` with a note "snapshot wanted" in one transaction, then
   * fetch a snapshot (it may already hold events that `apply` brings later). Without a position: drop the stream.
   */
  | {
      readonly kind: 'reset'
      readonly stream: string
      readonly reason: ResetReason
      readonly position: Position | undefined
    }
  /** A round is complete: caught up. */
  | { readonly kind: 'saveMark'; readonly mark: Mark }
  /** The database changed its epoch under the open subscription: close it and open another, then feed `ready`. */
  | { readonly kind: 'resubscribe' }
  /** Feed `{ kind: 'timer', timer }` after `afterMs`; a second `setTimer` of that name replaces the first. */
  | { readonly kind: 'setTimer'; readonly timer: string; readonly afterMs: number }
  | { readonly kind: 'cancelTimer'; readonly timer: string }
