import type { Position, SyncEvent } from './position.ts'

/** One stream in an answer of `sync.heads`: the newest event that this user may see. */
export interface StreamHead {
  readonly stream: string
  /** 0 while there is nothing; the end of the span for somebody who left. Who has come in later may see none of it. */
  readonly head: number
  readonly tag: number
  /** Highest seq that retention has deleted. */
  readonly floor: number
}

/** A page of heads. */
export interface HeadsAnswer {
  readonly epoch: number
  /** The database clock (ms), read before the heads. */
  readonly watermark: number
  readonly heads: readonly StreamHead[]
  /** Where the next page begins; null on the last one. */
  readonly next: string | null
}

/** Why the server refuses to continue from a position. */
export type RefusalReason = 'epoch' | 'floor' | 'future' | 'tag' | 'gone'

/** What follows a position. */
export interface PulledEvents<E extends SyncEvent> {
  readonly stream: string
  /** Ascending by seq. */
  readonly events: readonly E[]
  /** Every visible event in (after, upTo.seq] is in `events`. */
  readonly upTo: Position
  readonly more: boolean
}

/** A position that cannot be continued, and the head from which one can. */
export interface PullRefused {
  readonly stream: string
  readonly reset: {
    readonly reason: RefusalReason
    readonly head: number
    readonly tag: number
    readonly floor: number
  }
}

/** For each stream what follows its position, or a refusal. */
export interface PullAnswer<E extends SyncEvent> {
  readonly epoch: number
  readonly streams: readonly (PulledEvents<E> | PullRefused)[]
}

/** Everything that can happen to a client. */
export type Input<E extends SyncEvent> =
  /** The live subscription is registered; from now on every commit is pushed or the server says `behind`. */
  | { readonly kind: 'ready'; readonly epoch: number; readonly watermark: number }
  /** The live subscription ended, for whatever reason. */
  | { readonly kind: 'disconnected' }
  /** Pushed events, in the order of arrival. */
  | { readonly kind: 'events'; readonly events: readonly E[] }
  /**
   * Answers to our own call that are themselves events (a sent message comes back with its seq and tag), asked and answered
   * on the connection of the open subscription: one from before it may be of a history that is gone.
   */
  | { readonly kind: 'accepted'; readonly events: readonly E[] }
  /** The server skipped us because we read too slowly. */
  | { readonly kind: 'behind' }
  | { readonly kind: 'heads'; readonly request: number; readonly answer: HeadsAnswer }
  | { readonly kind: 'pulled'; readonly request: number; readonly answer: PullAnswer<E> }
  /** A request got no answer, or one worth repeating. */
  | { readonly kind: 'failed'; readonly request: number }
  /** A timer that a `setTimer` effect asked for has fired. */
  | { readonly kind: 'timer'; readonly timer: string }
