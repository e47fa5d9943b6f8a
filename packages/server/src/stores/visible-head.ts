import { and, asc, eq, gt, gte, isNull, or, sql, type SQL } from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

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

/** A page ends where it is full: of the streams behind it nothing is read or sorted. */
const headsQuery = perDatabase((database) => {
  const { spans, streams } = database.tables
  return database.prepare((on) => {
    const page = on
      .select({
        streamKey: spans.streamKey,
        openSpans: countOpen(database).as('open_spans'),
        lastSeq: lastOf(database).as('last_seq'),
      })
      .from(spans)
      .where(isOnPage(database))
      .groupBy(spans.streamKey)
      .orderBy(asc(spans.streamKey))
      .limit(sql.placeholder('limit'))
      .as('page')
    return on
      .select({ ...headColumns(database), openSpans: page.openSpans, lastSeq: page.lastSeq })
      .from(page)
      .innerJoin(streams, eq(streams.key, page.streamKey))
      .orderBy(asc(streams.key))
  })
})

const changedHeadsQuery = perDatabase((database) => {
  const { spans, streams } = database.tables
  const since = sql.placeholder('since')
  const hadSpan = or(isNull(spans.toSeq), gte(spans.endedTs, since))
  return database.prepare((on) =>
    on
      .select({
        ...headColumns(database),
        openSpans: countOpen(database),
        lastSeq: lastOf(database),
      })
      .from(spans)
      .innerJoin(streams, eq(streams.key, spans.streamKey))
      .where(and(isOnPage(database), gte(streams.lastTs, since), hadSpan))
      .groupBy(streams.key, streams.name, streams.head, streams.headTag, streams.floor)
      .orderBy(asc(streams.key))
      .limit(sql.placeholder('limit')),
  )
})

function isOnPage({ tables: { spans } }: Database): SQL | undefined {
  return and(
    eq(spans.userKey, sql.placeholder('userKey')),
    gt(spans.streamKey, sql.placeholder('afterStreamKey')),
  )
}

function headColumns({ tables: { streams } }: Database) {
  return {
    streamKey: streams.key,
    stream: streams.name,
    streamHead: streams.head,
    headTag: streams.headTag,
    floor: streams.floor,
  }
}

function countOpen({ tables: { spans } }: Database) {
  return sql<number>`count(*) - count(${spans.toSeq})`.mapWith(Number)
}

function lastOf({ tables: { spans } }: Database) {
  return sql<number | null>`max(${spans.toSeq})`
}
