import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import type { EventRow } from './event.ts'
import { findByClientMessageId } from './message.ts'
import { perDatabase } from './per-database.ts'
import { findOpenSpans, type OpenSpan } from './span.ts'
import { lockStreams, streamColumns, type StreamRow } from './stream.ts'

/** A message that is to be sent. */
export interface SendKey {
  readonly streamKey: number
  readonly actorKey: number
  readonly clientMessageId: string | undefined
}

/** Whose span on a stream is asked for. */
export type SpanKey = Pick<OpenSpan, 'streamKey' | 'userKey'>

/** What decides about messages, as it is under the locks of their streams. */
export interface SendState {
  readonly streams: readonly StreamRow[]
  /** Messages sent before under one of the keys. */
  readonly originals: readonly EventRow[]
  /** Of the senders, and of whom they mention. */
  readonly open: readonly OpenSpan[]
}

/**
 * Locks the streams of messages and reads what decides about them. Each look is a statement of its own, since on Postgres one
 * that waits for a lock sees what was there before; for a lone message on SQLite, where nobody else writes, all of it is one.
 */
export async function lockForSends(
  database: Database,
  tx: Tx,
  {
    sends,
    mentioned,
  }: { readonly sends: readonly SendKey[]; readonly mentioned: readonly SpanKey[] },
): Promise<SendState> {
  const [only, ...more] = sends
  if (database.engine === 'sqlite' && only !== undefined && more.length + mentioned.length === 0)
    return readAtOnce(database, tx, only)
  const streamKeys = [...new Set(sends.map(({ streamKey }) => streamKey))]
  const streams = await lockStreams(database, tx, streamKeys)
  const originals = await findByClientMessageId(database, tx, sends.flatMap(toIdempotencyKey))
  const open = await findOpenSpans(database, tx, [...sendersOf(sends), ...mentioned])
  return { streams, originals, open }
}

async function readAtOnce(database: Database, tx: Tx, send: SendKey): Promise<SendState> {
  const { streamKey, actorKey, clientMessageId = '' } = send
  const [row] = await stateQuery(database)(tx, { streamKey, actorKey, clientMessageId })
  if (row === undefined) return { streams: [], originals: [], open: [] }
  const { key, name, head, headTag, floor, lastTs, userKey, barredUntil } = row
  const isRepeat = row.sentSeq !== null
  return {
    streams: [{ key, name, head, headTag, floor, lastTs }],
    originals: isRepeat ? await findByClientMessageId(database, tx, toIdempotencyKey(send)) : [],
    open: userKey === null ? [] : [{ streamKey, userKey, barredUntil }],
  }
}

/** Each once: who writes much has many messages among them. */
function sendersOf(sends: readonly SendKey[]): readonly SpanKey[] {
  const senders = new Map<string, SpanKey>()
  for (const { streamKey, actorKey } of sends)
    senders.set(`${streamKey}:${actorKey}`, { streamKey, userKey: actorKey })
  return [...senders.values()]
}

function toIdempotencyKey({ streamKey, actorKey, clientMessageId }: SendKey) {
  return clientMessageId === undefined ? [] : [{ streamKey, actorKey, clientMessageId }]
}

const stateQuery = perDatabase((database) => {
  const { events, spans, streams } = database.tables
  const isSenders = and(
    eq(spans.streamKey, streams.key),
    eq(spans.userKey, sql.placeholder('actorKey')),
    isNull(spans.toSeq),
  )
  const isSent = and(
    eq(events.clientMessageId, sql.placeholder('clientMessageId')),
    eq(events.streamKey, streams.key),
    eq(events.actorKey, sql.placeholder('actorKey')),
  )
  return database.prepare((on) =>
    on
      .select({
        ...streamColumns(database),
        userKey: spans.userKey,
        barredUntil: spans.barredUntil,
        sentSeq: events.seq,
      })
      .from(streams)
      .leftJoin(spans, isSenders)
      .leftJoin(events, isSent)
      .where(eq(streams.key, sql.placeholder('streamKey'))),
  )
})
