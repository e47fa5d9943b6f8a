import { and, asc, eq, gt, gte, isNull, or, sql, type SQL } from 'drizzle-orm'
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

/**
 * Opens a span. One that ended before anything came begins at the same place, and goes on. It is never deleted: where it
 * ends his view of the stream ends, and nobody's view may move back.
 */
export async function openSpan(
  database: Database,
  tx: Tx,
  span: { streamKey: number; userKey: number; fromSeq: number },
): Promise<void> {
  const { spans } = database.tables
  const open = { toSeq: null, endedTs: null }
  await tx
    .insert(spans)
    .values({ ...span, ...open })
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

/** Which of the pairs have an open span. */
export async function findOpenSpans(
  database: Database,
  reader: Reader,
  pairs: readonly { streamKey: number; userKey: number }[],
): Promise<{ streamKey: number; userKey: number }[]> {
  if (pairs.length === 0) return []
  const rows = pairs.map((pair) => [pair.streamKey, pair.userKey])
  return openQuery(database)(reader, { pairs: cells(rows) })
}

const openQuery = perDatabase((database) => {
  const { spans } = database.tables
  const pairs = rowSet(database.engine, 'pairs', ['integer', 'integer'])
  return database.prepare((on) =>
    on
      .select({ streamKey: spans.streamKey, userKey: spans.userKey })
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

/** A stream as one user sees it: `head` is the end of his last span where that has ended. */
export interface VisibleHead {
  readonly streamKey: number
  readonly stream: string
  readonly head: number
  readonly headTag: number
  readonly floor: number
  /** True while his span is open: `headTag` is then the tag at `head`. */
  readonly open: boolean
}

/** Which of a user's streams to list. */
export interface HeadsRange {
  readonly userKey: number
  /** Only streams with an event at or after this time that he may see. */
  readonly since: number | undefined
  readonly afterStreamKey: number
  readonly limit: number
}

/** A page of a user's streams, by key. */
export async function listVisibleHeads(
  database: Database,
  reader: Reader,
  { userKey, since, afterStreamKey, limit }: HeadsRange,
): Promise<VisibleHead[]> {
  const place = { userKey, afterStreamKey, limit }
  const rows = await (since === undefined
    ? headsQuery(database)(reader, place)
    : changedHeadsQuery(database)(reader, { ...place, since }))
  return rows.map((row) => ({
    streamKey: row.streamKey,
    stream: row.stream,
    head: row.openSpans > 0 ? row.streamHead : Number(row.lastSeq),
    headTag: row.headTag,
    floor: row.floor,
    open: row.openSpans > 0,
  }))
}

const headsQuery = perDatabase((database) => visibleHeads(database, undefined))

const changedHeadsQuery = perDatabase((database) => {
  const { spans, streams } = database.tables
  const since = sql.placeholder('since')
  const hadSpan = or(isNull(spans.toSeq), gte(spans.endedTs, since))
  return visibleHeads(database, and(gte(streams.lastTs, since), hadSpan))
})

function visibleHeads(database: Database, hasChanged: SQL | undefined) {
  const { spans, streams } = database.tables
  const isOwn = eq(spans.userKey, sql.placeholder('userKey'))
  const isOnPage = gt(spans.streamKey, sql.placeholder('afterStreamKey'))
  return database.prepare((on) =>
    on
      .select({
        streamKey: streams.key,
        stream: streams.name,
        streamHead: streams.head,
        headTag: streams.headTag,
        floor: streams.floor,
        openSpans: sql<number>`count(*) - count(${spans.toSeq})`.mapWith(Number),
        lastSeq: sql<number | null>`max(${spans.toSeq})`,
      })
      .from(spans)
      .innerJoin(streams, eq(streams.key, spans.streamKey))
      .where(and(isOwn, isOnPage, hasChanged))
      .groupBy(streams.key, streams.name, streams.head, streams.headTag, streams.floor)
      .orderBy(asc(streams.key))
      .limit(sql.placeholder('limit')),
  )
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
