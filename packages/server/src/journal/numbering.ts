import { randomFillSync } from 'node:crypto'
import { typeToNumber, type StoredEventType } from '../stores/event-type.ts'
import type { NewEventRow } from '../stores/event.ts'
import type { EventActor, StoredEvent, StreamRow } from './journal.ts'

/** A stream under its lock, while events are appended to it. */
export interface OpenStream {
  readonly key: number
  readonly name: string
  readonly floor: number
  head: number
  headTag: number
  lastTs: number
}

/** An event that has been decided and awaits its number. */
export interface UnnumberedEvent {
  readonly type: StoredEventType
  readonly actor: EventActor | null
  readonly body: unknown
  readonly messageId: string | null
  readonly clientMessageId: string | null
  readonly payloadHash: number | null
}

/** A numbered event: its row to insert and what listeners get. */
export interface NumberedEvent {
  readonly row: NewEventRow
  readonly stored: StoredEvent
}

/** A locked stream, ready to be appended to. */
export function openStream(row: StreamRow): OpenStream {
  return { ...row }
}

/** Gives an event the next place of a locked stream. Only a commit makes the number real: a rollback gives it back. */
export function number(stream: OpenStream, event: UnnumberedEvent, now: number): NumberedEvent {
  stream.head += 1
  stream.headTag = randomTag()
  stream.lastTs = Math.max(stream.lastTs + 1, now)
  const row: NewEventRow = {
    streamKey: stream.key,
    seq: stream.head,
    ts: stream.lastTs,
    type: typeToNumber(event.type),
    tag: stream.headTag,
    actorKey: event.actor?.key ?? null,
    messageId: event.messageId,
    clientMessageId: event.clientMessageId,
    payloadHash: event.payloadHash,
    body: event.body,
  }
  const stored: StoredEvent = {
    streamKey: stream.key,
    stream: stream.name,
    seq: row.seq,
    ts: row.ts,
    type: event.type,
    tag: row.tag,
    actorKey: row.actorKey,
    actorId: event.actor?.id ?? null,
    messageId: event.messageId,
    clientMessageId: event.clientMessageId,
    editedAt: null,
    body: event.body,
  }
  return { row, stored }
}

const pool = new Uint32Array(1024)
let unused = 0

/** A random 32-bit tag, never 0: 0 marks the place before the first event. Drawn from a pool, since each event needs one. */
function randomTag(): number {
  for (;;) {
    if (unused === 0) {
      randomFillSync(pool)
      unused = pool.length
    }
    unused -= 1
    const tag = pool[unused]
    if (tag !== undefined && tag !== 0) return tag
  }
}
