import type { EventOf, Kinds, SignalOf, TidingsError } from '@tidings/protocol/wire'
import type { ResetReason } from '@tidings/protocol/sync'
import type { ConnectionState } from './connection-state.ts'
import type { MessageCreated, MessageDeleted, MessageEdited, TypedEvent } from './kinds.ts'

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
  /** A reaction was given to a message, or taken back. */
  'message.reacted': EventOf<'message.reacted'>
  /** This user has hidden a message from himself, on whichever device. */
  'message.hidden': EventOf<'message.hidden'>
  'group.updated': EventOf<'group.updated'>
  'member.joined': EventOf<'member.joined'>
  'member.left': EventOf<'member.left'>
  /** A member may not write into his group until a time, or may again. */
  'member.muted': EventOf<'member.muted'>
  /** A user cannot come into a group any more, or may again. */
  'member.banned': EventOf<'member.banned'>
  /** This user's own profile or settings have changed, on whichever device: `account.get` says how. */
  'user.updated': EventOf<'user.updated'>
  /** How this user stands with another one has changed. */
  'contact.updated': EventOf<'contact.updated'>
  /** This user has blocked another one, or does so no more, on whichever device. */
  'block.updated': EventOf<'block.updated'>
  'receipt.updated': EventOf<'receipt.updated'>
  /** This user is in a conversation that he was not in before. */
  'conversation.added': EventOf<'conversation.added'>
  /** This user has read up to somewhere, or marked something as unread, on whichever device. */
  'mark.updated': EventOf<'mark.updated'>
  /** This user has hidden a conversation, on whichever device. */
  'conversation.hidden': EventOf<'conversation.hidden'>
  /** This user has set something for himself about a conversation, on whichever device. */
  'conversation.preferenceUpdated': EventOf<'conversation.preferenceUpdated'>
  /** The user has got a system notification. */
  'notification.created': EventOf<'notification.created'>
  /** The user has read or removed notifications, on whichever device. */
  'notification.updated': EventOf<'notification.updated'>
  /** Something has happened that an application with these scopes may not know. */
  'event.withheld': EventOf<'event.withheld'>
  /**
   * Every durable event, after the listeners of its own type. A newer server may tell events of types that are not among
   * these. What listeners are told is what the client keeps: whoever wants to change something changes a copy.
   */
  event: TypedEvent<K>
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
