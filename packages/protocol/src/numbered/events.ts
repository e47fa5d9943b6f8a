import { ERRORS, type TidingsError } from '../errors.ts'
import type { Event, EventOf, Signal } from '../event.ts'
import type { Message, Reply, Sent } from '../message.ts'
import { EVENTS } from '../numbers.ts'
import type { Reacted } from '../reaction.ts'
import { toNumberedBody } from './body.ts'
import type { CallId, Frame, FrameOf } from './frames.ts'
import { isAboutPeople, toPeopleFrame } from './people-frame.ts'

/** The name of a durable event on the numbered wire. */
export function eventId(place: { readonly stream: string; readonly seq: number }): string {
  return `${place.stream}:${place.seq}`
}

/** An event that becomes one frame; receipts become several, see {@link toReceiptFrames}, and what is withheld none. */
export type SingleFrameEvent = Exclude<Event, EventOf<'receipt.updated' | 'event.withheld'>>

/** The frame of an event, the same for everybody who may see it. */
export function toFrame(event: SingleFrameEvent): Frame {
  const head = { timestamp: event.timestamp, id: eventId(event) }
  if (isAboutPeople(event)) return toPeopleFrame(event, head)
  switch (event.type) {
    case 'message.created':
      return { type: EVENTS['message.created'], ...head, body: toMessageBody(event.body.message) }
    case 'message.edited':
      return { type: EVENTS['message.edited'], ...head, body: toMessageBody(event.body.message) }
    case 'message.deleted':
      return { type: EVENTS['message.deleted'], ...head, body: toDeletedBody(event.body.message) }
    case 'message.reacted':
      return { type: EVENTS['message.reacted'], ...head, body: toReactedBody(event.body) }
    case 'message.hidden': {
      const { messageId, conversationId, messageSeq } = event.body
      const body = { message_id: messageId, group_id: conversationId, seq: messageSeq }
      return { type: EVENTS['message.hidden'], ...head, body }
    }
    case 'conversation.added':
      return { type: EVENTS['conversation.added'], ...head, body: toAddedBody(event) }
    case 'group.updated':
      return { type: EVENTS['group.updated'], ...head, body: toUpdatedBody(event) }
    case 'member.joined':
      return { type: EVENTS['member.joined'], ...head, body: toGroupUser(event.body) }
    case 'member.left':
      return { type: EVENTS['member.left'], ...head, body: toGroupUser(event.body) }
    case 'mark.updated':
      return { type: EVENTS['mark.updated'], ...head, body: toMarkBody(event) }
    case 'conversation.hidden':
      return { type: EVENTS['conversation.hidden'], ...head, body: toClearedBody(event) }
    case 'conversation.preferenceUpdated':
      return { type: EVENTS[event.type], ...head, body: toPreferenceBody(event) }
    case 'notification.created':
      return { type: EVENTS['notification.created'], ...head, body: toNotificationBody(event) }
    case 'notification.updated':
      return { type: EVENTS['notification.updated'], ...head, body: toChangeBody(event) }
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
    ...(message.replyTo === undefined ? {} : { reply_to: toReply(message.replyTo) }),
    ...(message.mentions === undefined ? {} : { mentions: message.mentions }),
    ...(message.editedAt === null ? {} : { edited_at: message.editedAt }),
  }
}

function toReactedBody(body: Reacted): FrameOf<26>['body'] {
  const { conversationId, messageId, userId, reaction, removed, count } = body
  const place = { message_id: messageId, group_id: conversationId, user_id: userId }
  return { ...place, reaction, removed, count }
}

function toReply({ messageId, seq, senderId }: Reply) {
  return { message_id: messageId, seq, user_id: senderId }
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
  const { conversationId, updatedBy, name, joinPolicy, history, data, roles } = event.body
  return {
    group_id: conversationId,
    user_id: updatedBy,
    ...(name === undefined ? {} : { name }),
    ...(joinPolicy === undefined ? {} : { join_policy: joinPolicy }),
    ...(history === undefined ? {} : { history }),
    ...(data === undefined ? {} : { data }),
    ...(roles === undefined
      ? {}
      : { roles: roles.map(({ userId, role }) => ({ user_id: userId, role })) }),
  }
}

function toMarkBody(event: EventOf<'mark.updated'>): FrameOf<27>['body'] {
  const { conversationId, readSeq, shownReadSeq, unreadFrom } = event.body
  return {
    group_id: conversationId,
    read_seq: readSeq,
    ...(shownReadSeq === undefined ? {} : { shown_read_seq: shownReadSeq }),
    ...(unreadFrom === undefined ? {} : { unread_from: unreadFrom }),
  }
}

function toClearedBody(event: EventOf<'conversation.hidden'>): FrameOf<74>['body'] {
  const { conversationId, clearedSeq } = event.body
  return { group_id: conversationId, cleared_seq: clearedSeq }
}

function toPreferenceBody(event: EventOf<'conversation.preferenceUpdated'>): FrameOf<75>['body'] {
  const { conversationId, preference } = event.body
  const { mutedUntil, archived, pinnedAt, data } = preference
  return {
    group_id: conversationId,
    muted_until: mutedUntil,
    archived,
    pinned_at: pinnedAt,
    data,
  }
}

function toNotificationBody(event: EventOf<'notification.created'>): FrameOf<80>['body'] {
  const { id, kind, title, body, link, data, expiresAt } = event.body.notification
  return {
    notification_id: id,
    seq: event.seq,
    kind,
    title,
    text: body,
    link,
    content: data,
    expires_at: expiresAt,
  }
}

function toChangeBody(event: EventOf<'notification.updated'>): FrameOf<84>['body'] {
  const { change, notificationIds, upTo } = event.body
  return {
    change,
    ...(notificationIds === undefined ? {} : { notification_ids: notificationIds }),
    ...(upTo === undefined ? {} : { up_to: upTo }),
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
