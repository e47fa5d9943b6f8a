import { TidingsError } from '@tidings/protocol/wire'
import type { Database, Tx } from '../db/database.ts'
import { insertEvents, type EventRow } from '../stores/event.ts'
import { findByClientMessageId } from '../stores/message.ts'
import { findOpenSpans } from '../stores/span.ts'
import { lockStreams, updateHeads } from '../stores/stream.ts'
import type { Outcome } from './batch.ts'
import { storedOf } from './event.ts'
import type { MessageAppend, MessageAppended, StoredEvent } from './journal.ts'
import { number, openStream, type NumberedEvent, type OpenStream } from './numbering.ts'
import type { Publish } from './transact.ts'

/**
 * Commits messages in one transaction: (1) lock the streams, (2) in later statements look up the idempotency keys and
 * the memberships, dropping what is refused or repeated, (3) number and insert, (4) commit, then publish.
 */
export function commitMessages(
  database: Database,
  publish: Publish,
  take: () => readonly MessageAppend[],
): Promise<readonly Outcome<MessageAppended>[]> {
  return database.tx(async (tx) => {
    const messages = take()
    const decision = await readUnderLock(database, tx, messages)
    const now = await database.now(tx)
    const outcomes = messages.map((message) => decide(decision, message, now))
    await write(database, tx, decision)
    const events = decision.numbered.map(({ stored }) => stored)
    if (events.length > 0) database.after(tx, () => publish(events))
    return outcomes
  })
}

/** What the decisions of one batch rest on, and what they have come to so far. */
interface Decision {
  readonly streams: ReadonlyMap<number, OpenStream>
  /** By {@link sendKey}: sends of earlier batches and of this one. */
  readonly sends: Map<string, { event: StoredEvent; payloadHash: number | null }>
  /** By {@link pairKey}. */
  readonly members: ReadonlySet<string>
  readonly numbered: NumberedEvent[]
}

async function readUnderLock(
  database: Database,
  tx: Tx,
  messages: readonly MessageAppend[],
): Promise<Decision> {
  const keys = [...new Set(messages.map((message) => message.streamKey))]
  const locked = await lockStreams(database, tx, keys)
  const originals = await findByClientMessageId(database, tx, messages.flatMap(idempotencyKey))
  const open = await findOpenSpans(
    database,
    tx,
    messages.map(({ streamKey, actor }) => ({ streamKey, userKey: actor.key })),
  )
  return {
    streams: new Map(locked.map((row) => [row.key, openStream(row)])),
    sends: new Map(originals.map(originalOf)),
    members: new Set(open.map(({ streamKey, userKey }) => pairKey(streamKey, userKey))),
    numbered: [],
  }
}

function idempotencyKey({ streamKey, actor, clientMessageId }: MessageAppend) {
  return clientMessageId === undefined ? [] : [{ streamKey, actorKey: actor.key, clientMessageId }]
}

function originalOf(row: EventRow) {
  const key = `${pairKey(row.streamKey, row.actorKey ?? 0)}:${row.clientMessageId ?? ''}`
  return [key, { event: storedOf(row), payloadHash: row.payloadHash }] as const
}

function decide(decision: Decision, message: MessageAppend, now: number): Outcome<MessageAppended> {
  const { streamKey, actor, clientMessageId, payloadHash } = message
  const stream = decision.streams.get(streamKey)
  if (stream?.name !== message.stream) return { error: new TidingsError('NOT_FOUND') }
  const key = clientMessageId && `${pairKey(streamKey, actor.key)}:${clientMessageId}`
  const original = key && decision.sends.get(key)
  if (original) {
    // Of a deleted message nothing is left to compare with: its id stands for it all the same.
    if (original.payloadHash !== null && original.payloadHash !== payloadHash)
      return { error: new TidingsError('IDEMPOTENCY_CONFLICT') }
    return { ok: { event: original.event, duplicate: true } }
  }
  if (!decision.members.has(pairKey(streamKey, actor.key)))
    return { error: new TidingsError('NOT_FOUND') }
  const numbered = number(stream, unnumbered(message), now)
  decision.numbered.push(numbered)
  if (key) decision.sends.set(key, { event: numbered.stored, payloadHash })
  return { ok: { event: numbered.stored, duplicate: false } }
}

function unnumbered({ actor, body, messageId, clientMessageId, payloadHash }: MessageAppend) {
  return {
    type: 'message.created',
    actor,
    body,
    messageId,
    clientMessageId: clientMessageId ?? null,
    payloadHash,
  } as const
}

async function write(database: Database, tx: Tx, decision: Decision): Promise<void> {
  if (decision.numbered.length === 0) return
  const rows = decision.numbered.map(({ row }) => row)
  await insertEvents(database, tx, rows)
  const moved = new Set(rows.map((row) => row.streamKey))
  await updateHeads(
    database,
    tx,
    [...decision.streams.values()].filter(({ key }) => moved.has(key)),
  )
}

function pairKey(streamKey: number, userKey: number): string {
  return `${streamKey}:${userKey}`
}
