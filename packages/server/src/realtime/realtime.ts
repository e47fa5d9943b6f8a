import type { KnownCloseCode, Signal, TypingSignal } from '@tidings/protocol/wire'
import type { LiveEvent } from './live-event.ts'
import type { SlowReader } from './slow-readers.ts'

/**
 * A connection as the hub sees it. All calls return at once and never throw: a connection that cannot keep up drops
 * what it is given and tells its client that it is behind.
 */
export interface LiveConnection {
  readonly userKey: number
  readonly sessionKey: number
  /** While it is registered its user is online. Not so a socket that only waits for calls, and what an OAuth client has opened. */
  readonly isPresence: boolean
  /** Events of one stream that the user may see, ascending. An event may come twice after a repair. */
  deliver(events: readonly LiveEvent[]): void
  signal(signal: Signal): void
  /** 4403 the session has ended, 1013 too slow, 1012 the node stops. */
  close(code: KnownCloseCode): void
}

/** A signal for everybody who is in a conversation now. */
export interface SignalCast {
  /** The `m:` stream whose open spans say who gets it. */
  readonly streamKey: number
  readonly signal: TypingSignal
  /** He who caused it; none of his connections gets it. */
  readonly exceptUserKey: number
}

/** Somebody typing in a conversation. */
export interface Typist {
  /** The `m:` stream of the conversation. */
  readonly streamKey: number
  readonly conversationId: string
  readonly userKey: number
  readonly userId: string
}

/** Who is typing, on this node; see SPEC.md, SIG. Never stored. */
export interface Typing {
  start(typist: Typist): void
  stop(typist: Typist): void
}

/** Who is online, as far as this node knows; see SPEC.md, PRE. */
export interface Presence {
  isOnline(userKey: number): boolean
}

/** A user who is not to be seen any more by those who may have seen him. */
export interface PresenceHidden {
  readonly userKey: number
  readonly userId: string
  /** By this one alone; null: by everybody who was told of him. */
  readonly viewerKey: number | null
}

/** Live delivery on one node. */
export interface Realtime {
  readonly typing: Typing
  readonly presence: Presence
  /** How many read a stream, as far as is known without asking: nothing is known of one that is not in use. */
  audienceSize(stream: string): number
  /** From now on the connection gets what its user may see, until it leaves. */
  join(connection: LiveConnection): void
  /** Harmless when it has left before. */
  leave(connection: LiveConnection): void
  /** As `join`. Answers how to leave. */
  register(connection: LiveConnection): () => void
  /** To everybody whose span on the stream is open, on every node, but not to `exceptUserKey`. May be lost. */
  signal(cast: SignalCast): void
  /** To those who may have seen him he has gone, on every node; when is not said. May be lost. */
  presenceHidden(hidden: PresenceHidden): void
  /** Closes the connections of these sessions with 4403: here at once, elsewhere within 5 s at the latest. */
  sessionsRevoked(sessionKeys: readonly number[]): void
  /** Looks after a paused reader, by one timer for all of the node. Answers how to end that. */
  watch(reader: SlowReader): () => void
  connectionCount(): number
  /** Closes every connection with 1012, spread over a short time, and waits until they are gone. */
  drain(): Promise<void>
  close(): Promise<void>
}
