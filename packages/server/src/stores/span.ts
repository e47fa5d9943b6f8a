import { and, asc, eq, gt, inArray, isNull, or, sql, type Placeholder, type SQL } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, isAmong, list, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** From `fromSeq` on, or up to `toSeq`, a stream is visible to a user. */
export interface SpanRow {
  readonly streamKey: number
  readonly userKey: number
  readonly fromSeq: number
  readonly toSeq: number | null
}

/** Where a span begins. */
export interface SpanStart {
  readonly streamKey: number
  readonly userKey: number
  readonly fromSeq: number
}

/**
 * Opens spans. One that ended before anything came begins at the same place, and goes on. It is never deleted: where it
 * ends his view of the stream ends, and nobody's view may move back.
 */
export async function openSpans(
  database: Database,
  tx: Tx,
  starts: readonly SpanStart[],
): Promise<void> {
  const { spans } = database.tables
  const open = { toSeq: null, endedTs: null, barredUntil: null }
  await tx
    .insert(spans)
    .values(starts.map((start) => ({ ...start, ...open })))
    .onConflictDoUpdate({ target: [spans.streamKey, spans.userKey, spans.fromSeq], set: open })
}

/** Ends the open span of a user on a stream. */
export async function endSpan(
  database: Database,
  tx: Tx,
  end: { streamKey: number; userKey: number; toSeq: number; endedTs: number },
): Promise<void> {
  const { spans } = database.tables
  await tx
    .update(spans)
    .set({ toSeq: end.toSeq, endedTs: end.endedTs })
    .where(
      and(eq(spans.streamKey, end.streamKey), eq(spans.userKey, end.userKey), isNull(spans.toSeq)),
    )
}

/** Says until when users may not write to a stream that they see. */
export async function barSpans(
  database: Database,
  tx: Tx,
  bar: { streamKey: number; userKeys: readonly number[]; barredUntil: number | null },
): Promise<void> {
  const { spans } = database.tables
  await tx
    .update(spans)
    .set({ barredUntil: bar.barredUntil })
    .where(
      and(
        eq(spans.streamKey, bar.streamKey),
        inArray(spans.userKey, [...bar.userKeys]),
        isNull(spans.toSeq),
      ),
    )
}

/** An open span, and until when its user may not write; null when he may. */
export interface OpenSpan {
  readonly streamKey: number
  readonly userKey: number
  readonly barredUntil: number | null
}

/** Which of the pairs have an open span. */
export async function findOpenSpans(
  database: Database,
  reader: Reader,
  pairs: readonly { streamKey: number; userKey: number }[],
): Promise<OpenSpan[]> {
  if (pairs.length === 0) return []
  const rows = pairs.map((pair) => [pair.streamKey, pair.userKey])
  return openQuery(database)(reader, { pairs: cells(rows) })
}

const openQuery = perDatabase((database) => {
  const { spans } = database.tables
  const pairs = rowSet(database.engine, 'pairs', ['integer', 'integer'])
  return database.prepare((on) =>
    on
      .select({
        streamKey: spans.streamKey,
        userKey: spans.userKey,
        barredUntil: spans.barredUntil,
      })
      .from(spans)
      .where(and(isNull(spans.toSeq), sql`(${spans.streamKey}, ${spans.userKey}) in (${pairs})`)),
  )
})

/** A user's spans on some streams, oldest first. */
export async function listSpans(
  database: Database,
  reader: Reader,
  { userKey, streamKeys }: { userKey: number; streamKeys: readonly number[] },
): Promise<SpanRow[]> {
  if (streamKeys.length === 0) return []
  return ownQuery(database)(reader, { userKey, streamKeys: list(streamKeys) })
}

const ownQuery = perDatabase((database) => {
  const { spans } = database.tables
  const isWanted = isAmong(database.engine, spans.streamKey, 'streamKeys')
  return database.prepare((on) =>
    on
      .select(spanColumns(database))
      .from(spans)
      .where(and(eq(spans.userKey, sql.placeholder('userKey')), isWanted))
      .orderBy(asc(spans.streamKey), asc(spans.fromSeq)),
  )
})

/** Everybody whose span on a stream is open or ended after a seq. */
export function listAudience(
  database: Database,
  reader: Reader,
  place: { readonly streamKey: number; readonly after: number },
): Promise<SpanRow[]> {
  return audienceQuery(database)(reader, place)
}

const audienceQuery = perDatabase((database) => {
  const { spans } = database.tables
  const isIn = or(isNull(spans.toSeq), gt(spans.toSeq, sql.placeholder('after')))
  return database.prepare((on) =>
    on
      .select(spanColumns(database))
      .from(spans)
      .where(and(eq(spans.streamKey, sql.placeholder('streamKey')), isIn)),
  )
})

function spanColumns({ tables: { spans } }: Database) {
  return {
    streamKey: spans.streamKey,
    userKey: spans.userKey,
    fromSeq: spans.fromSeq,
    toSeq: spans.toSeq,
  }
}

/** The key of a stream by name, when the user sees or once saw some of it. */
export async function findStreamThroughSpan(
  database: Database,
  reader: Reader,
  { userKey, stream }: { userKey: number; stream: string },
): Promise<number | undefined> {
  const [row] = await throughQuery(database)(reader, { userKey, stream })
  return row?.key
}

const throughQuery = perDatabase((database) => {
  const { spans, streams } = database.tables
  const isOwn = eq(spans.userKey, sql.placeholder('userKey'))
  return database.prepare((on) =>
    on
      .select({ key: streams.key })
      .from(streams)
      .innerJoin(spans, and(eq(spans.streamKey, streams.key), isOwn))
      .where(eq(streams.name, sql.placeholder('stream')))
      .limit(1),
  )
})

/** True of events that one of the user's spans covers. */
export function isVisibleTo({ tables: { events, spans } }: Database, userKey: Placeholder): SQL {
  return sql`exists (
    select 1 from ${spans} where ${spans.streamKey} = ${events.streamKey} and ${spans.userKey} = ${userKey}
      and ${spans.fromSeq} <= ${events.seq} and (${spans.toSeq} is null or ${spans.toSeq} >= ${events.seq})
  )`
}
