import { ERRORS, type TidingsError } from '../errors.ts'
import type { Event, EventOf, Signal } from '../event.ts'
import type { Message, Sent } from '../message.ts'
import { EVENTS } from '../numbers.ts'
import { toNumberedBody } from './body.ts'
import type { CallId, Frame, FrameOf } from './frames.ts'

/** The name of a durable event on the numbered wire. */
export function eventId(place: { readonly stream: string; readonly seq: number }): string {
  return `${place.stream}:${place.seq}`
}

/** An event that becomes one frame; receipts become several, see {@link toReceiptFrames}. */
export type SingleFrameEvent = Exclude<Event, EventOf<'receipt.updated'>>

/** The frame of an event, the same for everybody who may see it. */
export function toFrame(event: SingleFrameEvent): Frame {
  const head = { timestamp: event.timestamp, id: eventId(event) }
  switch (event.type) {
    case 'message.created':
      return { type: EVENTS['message.created'], ...head, body: toMessageBody(event.body.message) }
    case 'message.edited':
      return { type: EVENTS['message.edited'], ...head, body: toMessageBody(event.body.message) }
    case 'message.deleted':
      return { type: EVENTS['message.deleted'], ...head, body: toDeletedBody(event.body.message) }
    case 'conversation.added':
      return { type: EVENTS['conversation.added'], ...head, body: toAddedBody(event) }
    case 'group.updated':
      return { type: EVENTS['group.updated'], ...head, body: toUpdatedBody(event) }
    case 'member.joined':
      return { type: EVENTS['member.joined'], ...head, body: toGroupUser(event.body) }
    case 'member.left':
      return { type: EVENTS['member.left'], ...head, body: toGroupUser(event.body) }
    case 'mark.updated': {
      const { conversationId, readSeq } = event.body
      return {
        type: EVENTS['mark.updated'],
        ...head,
        body: { group_id: conversationId, read_seq: readSeq },
      }
    }
  }
}

/** A message in the words of frames 20 and 24, and of the answer to method 43. */
export function toMessageBody(message: Message): FrameOf<20>['body'] {
  const { kind, data, content } = toNumberedBody(message.body)
  return {
    message_id: message.id,
    data,
    group_id: message.conversationId,
    user_id: message.senderId,
    seq: message.seq,
    kind,
    ...(content === undefined ? {} : { content }),
    ...(message.editedAt === null ? {} : { edited_at: message.editedAt }),
  }
}

/** A message in the words of frame 25, and of the answer to method 44. */
export function toDeletedBody(message: Message): FrameOf<25>['body'] {
  return {
    message_id: message.id,
    group_id: message.conversationId,
    user_id: message.senderId,
  }
}

function toAddedBody(event: EventOf<'conversation.added'>): FrameOf<70>['body'] {
  const { conversationId, name, userIds } = event.body
  return { group_id: conversationId, name, user_ids: userIds }
}

function toUpdatedBody(event: EventOf<'group.updated'>): FrameOf<71>['body'] {
  const { conversationId, updatedBy, name, joinPolicy, history, roles } = event.body
  return {
    group_id: conversationId,
    user_id: updatedBy,
    ...(name === undefined ? {} : { name }),
    ...(joinPolicy === undefined ? {} : { join_policy: joinPolicy }),
    ...(history === undefined ? {} : { history }),
    ...(roles === undefined
      ? {}
      : { roles: roles.map(({ userId, role }) => ({ user_id: userId, role })) }),
  }
}

function toGroupUser(body: { readonly conversationId: string; readonly userId: string }) {
  return { group_id: body.conversationId, user_id: body.userId }
}

/** A message of the reader's own, as much of it as a receipt needs. */
export interface OwnMessage {
  readonly id: string
  readonly seq: number
}

/**
 * The frames 22 and 23 of a receipts event for one reader: one for each of his own messages in the ranges, oldest first.
 * His own receipts make none.
 */
export function toReceiptFrames(
  event: EventOf<'receipt.updated'>,
  userId: string,
  ownMessages: readonly OwnMessage[],
): readonly (FrameOf<22> | FrameOf<23>)[] {
  const { conversationId, receipts } = event.body
  const others = receipts.filter((receipt) => receipt.userId !== userId)
  const pairs = others.flatMap((receipt) =>
    ownMessages
      .filter(({ seq }) => seq > receipt.from && seq <= receipt.to)
      .map((message) => ({ receipt, message })),
  )
  return pairs.map(({ receipt, message }, index) => ({
    type: receipt.kind === 'read' ? EVENTS['message.read'] : EVENTS['message.delivered'],
    timestamp: event.timestamp,
    id: `${eventId(event)}:${index}`,
    body: { message_id: message.id, group_id: conversationId, user_id: receipt.userId },
  }))
}

/** 40, 41 or 42. */
export function toSignalFrame(signal: Signal): Frame {
  const { timestamp } = signal
  if (signal.type === 'presence.changed') {
    const { userId, online, lastSeenAt } = signal.body
    return {
      type: EVENTS['presence.changed'],
      timestamp,
      body: { user_id: userId, online, last_seen_at: lastSeenAt },
    }
  }
  return { type: EVENTS[signal.type], timestamp, body: toGroupUser(signal.body) }
}

/** 21, for the connection that sent the message. */
export function toAcceptedFrame(sent: Sent): FrameOf<21> {
  const clientId = sent.clientMessageId === null ? {} : { client_id: sent.clientMessageId }
  return {
    type: EVENTS['message.accepted'],
    timestamp: sent.timestamp,
    id: eventId(sent),
    body: { message_id: sent.messageId, ...clientId },
  }
}

/** What is known of a call that was refused. */
export interface RefusedCall {
  readonly method: number | null
  readonly id: CallId | undefined
  readonly clientId: string | undefined
}

/** 90. The sentence names the first field that is wrong, in the words of the numbered protocol. */
export function toErrorFrame(
  call: RefusedCall,
  error: TidingsError,
  timestamp: number,
): FrameOf<90> {
  const [field] = error.details.fields ?? []
  const { retryAfterMs } = error.details
  return {
    type: EVENTS.error,
    timestamp,
    body: {
      code: error.code,
      method: call.method,
      message:
        field === undefined
          ? error.message
          : `${ERRORS[error.code].message} ${field.path}: ${field.message}`,
      ...(call.clientId === undefined ? {} : { client_id: call.clientId }),
      ...(call.id === undefined ? {} : { id: call.id }),
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    },
  }
}

/** 1. */
export function toResultFrame(
  id: CallId,
  result: Record<string, unknown>,
  timestamp: number,
): FrameOf<1> {
  return { type: EVENTS.result, timestamp, body: { id, result } }
}

/** 29. */
export function toCaughtUpFrame(timestamp: number): FrameOf<29> {
  return { type: EVENTS['sync.caughtUp'], timestamp, body: {} }
}
