import type { EventOf, Kinds, SignalOf, TidingsError } from '@tidings/protocol/wire'
import type { ResetReason } from '@tidings/protocol/sync'
import type { ConnectionState } from './connection-state.ts'
import type { MessageCreated, MessageDeleted, MessageEdited, ReceivedEvent } from './kinds.ts'

/** A stream starts anew: what came before its new position must be fetched again, if it is wanted. */
export interface StreamRestarted {
  /** `m:` or `r:` and a conversation's id, `u:` and the user's. */
  readonly stream: string
  /**
   * - `new`: the first time that this client sees the stream; it begins at its newest event.
   * - `gone`: the stream is not this user's any more.
   * - `too_far`: more was missed than is worth replaying.
   * - the rest: the server cannot continue from where the client was (a restored database, deleted history).
   */
  readonly reason: ResetReason
}

/** What a client tells, by name. */
export interface ClientEvents<K extends Kinds> {
  /** A message was sent, by whomever; also by this client. */
  'message.created': MessageCreated<K>
  'message.edited': MessageEdited<K>
  'message.deleted': MessageDeleted<K>
  'group.updated': EventOf<'group.updated'>
  'member.joined': EventOf<'member.joined'>
  'member.left': EventOf<'member.left'>
  'receipt.updated': EventOf<'receipt.updated'>
  /** This user is in a conversation that he was not in before. */
  'conversation.added': EventOf<'conversation.added'>
  /** This user has read up to somewhere, on whichever device. */
  'mark.updated': EventOf<'mark.updated'>
  /** Every durable event, after the listeners of its own type. */
  event: ReceivedEvent<K>
  'typing.started': SignalOf<'typing.started'>
  'typing.stopped': SignalOf<'typing.stopped'>
  /** Somebody who shares a conversation with this user has come online, or has gone. */
  'presence.changed': SignalOf<'presence.changed'>
  reset: StreamRestarted
  connection: ConnectionState
  /** Everything that had happened when the connection was made has been told. */
  caughtUp: Record<never, never>
  /** A fault that no call's promise tells: in the background, or thrown by a listener (then it is the `cause`). */
  error: TidingsError
}
