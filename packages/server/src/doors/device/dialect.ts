import type { TidingsError } from '@tidings/protocol/wire'
import type { Context } from '../../rpc/context.ts'
import type { Actor } from '../../services/actor.ts'
import type { DoorSocket } from '../socket.ts'
import type { FollowerSink } from './follower-sink.ts'
import type { ProofLedger } from './proof.ts'

/** Where a message stands. */
export interface Place {
  readonly conversationId: string
  readonly seq: number
}

/** The connection that speaks a dialect. */
export interface DialectHost {
  readonly context: Context
  readonly actor: Actor
  readonly socket: DoorSocket
  /**
   * Begins to follow from where the device has got to, or from further back: `since` can only widen it (ms).
   * @throws what `toTidingsError` understands
   */
  begin(since: unknown, tellCaughtUp: boolean): Promise<void>
  /** It could not begin, and the client has been told. */
  notBegun(error: TidingsError): void
  /** Where a message stands that this connection was sent; undefined when it is not remembered. */
  placeOf(messageId: string): Place | undefined
  /** Counts a call; `ok` or an error code. */
  count(method: number, outcome: string): void
  /**
   * The client has sent what no procedure takes. It is charged for it and told why, or that it has no calls left; one that
   * sends nothing else is cut.
   */
  mistake(error: TidingsError, tell: (answer: TidingsError) => void): void
  /** Something was sent that is to be proven. */
  prove(): void
}

/** What a sink is to tell, and whom. */
export interface SinkOptions {
  /** Undefined for a connection that only follows what is live: it says nothing about what came before. */
  readonly ledger: ProofLedger | undefined
  /** The client wants to be told once that it has everything. */
  readonly tellCaughtUp: boolean
}

/** How one connection hears its client, and how it tells what happens. */
export interface Dialect {
  /** One text frame of the client. */
  receive(text: string): void
  /** Forgets what has not begun. */
  clear(): void
  /** What was told so far will be told again. */
  rewound(): void
  /** Turns what a follower hands over into frames. */
  sink(options: SinkOptions): FollowerSink
}
