import type {
  DeletedBody,
  Event,
  EventOf,
  Message,
  ReceivedMessageBody,
} from '@tidings/protocol/wire'
import { typeOfNumber } from '../stores/event-type.ts'
import type { EventRow } from '../stores/event.ts'
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
  return {
    id: row.messageId,
    conversationId: ownerOfStream(row.stream),
    seq: row.seq,
    senderId: row.actorId,
    clientMessageId: row.clientMessageId,
    // oxlint-disable-next-line typescript/consistent-type-assertions -- as in toEvent
    body: row.body as ReceivedMessageBody,
    createdAt: row.ts,
    editedAt: row.editedAt,
  }
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

/**
 * The event for somebody with these spans on its stream. What he may see is decided by where a message was sent: an edit
 * tells a newcomer nothing of what was said before he came.
 */
export function toEventWithin(event: Event, spans: readonly SeqRange[]): Event {
  if (event.type !== 'message.edited' || isCovered(spans, event.body.message.seq)) return event
  return withoutBody(event)
}

/** An edit, without what the message says. */
export function withoutBody(event: EventOf<'message.edited'>): Event {
  return { ...event, body: { message: toDeleted(event.body.message) } }
}

/** What stands in the place of a deleted message's body. */
export const DELETED_BODY: DeletedBody = { kind: 'deleted' }

/** What is left of a message once it is deleted. */
export function toDeleted(message: Message): Message {
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
