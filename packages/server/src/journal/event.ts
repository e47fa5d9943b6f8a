import type {
  DeletedBody,
  Event,
  EventOf,
  Message,
  Reacted,
  ShownBody,
} from '@tidings/protocol/wire'
import { typeOfNumber } from '../stores/event-type.ts'
import type { EventRow } from '../stores/event.ts'
import { hasBeside } from './content.ts'
import type { StoredEvent } from './journal.ts'

/** The conversation of a stream `m:<id>` or `r:<id>`, the user of `u:<id>`. */
export function ownerOfStream(stream: string): string {
  return stream.slice(2)
}

/** The wire form of a committed event. */
export function toEvent(row: StoredEvent): Event {
  // What the journal wrote it reads: a schema here would be paid for by every event of every catching up.
  // oxlint-disable-next-line typescript/consistent-type-assertions
  return {
    stream: row.stream,
    seq: row.seq,
    tag: row.tag,
    timestamp: row.ts,
    type: row.type,
    body: row.type === 'message.created' ? { message: toMessage(row) } : row.body,
  } as Event
}

/** The message that a row of message.created is. */
export function toMessage(row: StoredEvent): Message {
  if (row.messageId === null || row.actorId === null)
    throw new Error('a message without id or sender')
  const message = {
    id: row.messageId,
    conversationId: ownerOfStream(row.stream),
    seq: row.seq,
    senderId: row.actorId,
    clientMessageId: row.clientMessageId,
    // oxlint-disable-next-line typescript/consistent-type-assertions -- as in toEvent
    body: row.body as ShownBody,
    createdAt: row.ts,
    editedAt: row.editedAt,
  }
  if (!hasBeside(row.body)) return message
  // In the order in which the database writes it. Few messages have it: a spread takes ten times as long.
  const { id, conversationId, seq, senderId, clientMessageId, createdAt, editedAt } = message
  const place = { id, conversationId, seq, senderId, clientMessageId }
  return { ...place, ...row.body, createdAt, editedAt }
}

/** Seqs of one stream; an open end goes on. */
export interface SeqRange {
  readonly fromSeq: number
  readonly toSeq: number | null
}

/** True when one of the spans covers the seq. */
export function isCovered(spans: readonly SeqRange[], seq: number): boolean {
  return spans.some(({ fromSeq, toSeq }) => fromSeq <= seq && (toSeq === null || seq <= toSeq))
}

/** An event that tells something of an earlier message, which not everybody sees who sees the event. */
export type EventAbout = EventOf<'message.edited'> | EventOf<'message.reacted'>

/** True of an event that tells something of an earlier message. */
export function isAbout(event: Event): event is EventAbout {
  return event.type === 'message.edited' || event.type === 'message.reacted'
}

/** Where the message stands that the event tells something of. */
export function seqOfMessage(event: EventAbout): number {
  return event.type === 'message.edited' ? event.body.message.seq : event.body.messageSeq
}

/**
 * The event for somebody with these spans on its stream. What he may see is decided by where a message was sent: an edit
 * tells a newcomer nothing of what was said before he came, and a reaction not what it was.
 */
export function toEventWithin(event: Event, spans: readonly SeqRange[]): Event {
  return isAbout(event) && !isCovered(spans, seqOfMessage(event)) ? withoutBody(event) : event
}

/** An edit without what the message says, or a reaction without what it is. */
export function withoutBody(event: EventAbout): Event {
  if (event.type === 'message.reacted') return { ...event, body: withoutReaction(event.body) }
  return { ...event, body: { message: toDeleted(event.body.message) } }
}

/** What is left of a reaction to a message that is not there to be seen. */
export function withoutReaction({ conversationId, messageId, messageSeq }: Unreacted): Reacted {
  const place = { conversationId, messageId, messageSeq }
  return { ...place, userId: null, reaction: null, removed: true, count: 0 }
}

/** A message by the names that events about it have for it. */
export function placeOf({ stream, messageId, seq }: EventRow): Unreacted {
  if (messageId === null) throw new Error('a message without id')
  return { conversationId: ownerOfStream(stream), messageId, messageSeq: seq }
}

type Unreacted = Pick<Reacted, 'conversationId' | 'messageId' | 'messageSeq'>

/** What stands in the place of a deleted message's body. */
export const DELETED_BODY: DeletedBody = { kind: 'deleted' }

/** What is left of a message once it is deleted. */
export function toDeleted({ replyTo: _, mentions: __, ...message }: Message): Message {
  return { ...message, body: DELETED_BODY }
}

/** A row as the journal hands it out. Field by field: rest and spread cost as much as reading the row. */
export function storedOf(row: EventRow): StoredEvent {
  return {
    streamKey: row.streamKey,
    stream: row.stream,
    seq: row.seq,
    ts: row.ts,
    type: typeOfNumber(row.type),
    tag: row.tag,
    actorKey: row.actorKey,
    actorId: row.actorId,
    messageId: row.messageId,
    clientMessageId: row.clientMessageId,
    editedAt: row.editedAt,
    body: row.body,
  }
}
