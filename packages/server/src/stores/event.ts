import { and, asc, eq, gt, lte, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { prepareInsert, type InsertRows } from '../db/insert-rows.ts'
import { valuesList } from '../db/values.ts'

/** An event's row, with the names that its wire form needs. */
export interface EventRow {
  readonly streamKey: number
  readonly stream: string
  readonly seq: number
  readonly ts: number
  readonly type: number
  readonly tag: number
  readonly actorKey: number | null
  readonly actorId: string | null
  readonly messageId: string | null
  readonly clientMessageId: string | null
  readonly payloadHash: number | null
  readonly editedAt: number | null
  readonly editSeq: number | null
  readonly body: unknown
}

/** A row to be inserted. */
export type NewEventRow = Omit<EventRow, 'stream' | 'actorId' | 'editedAt' | 'editSeq'> & {
  readonly editSeq?: number | null | undefined
}

const inserts = new WeakMap<Database, InsertRows<Database['tables']['events']>>()

/** Inserts events, by a statement that is built once for each database. */
export async function insertEvents(
  database: Database,
  tx: Tx,
  rows: readonly NewEventRow[],
): Promise<void> {
  let insert = inserts.get(database)
  if (insert === undefined) {
    insert = prepareInsert(database, database.tables.events)
    inserts.set(database, insert)
  }
  await insert(tx, rows)
}

/** Events with the names that their wire form needs. */
export function selectEvents(database: Database, reader: Reader) {
  const { events, streams, users } = database.tables
  return reader
    .select({
      streamKey: events.streamKey,
      stream: streams.name,
      seq: events.seq,
      ts: events.ts,
      type: events.type,
      tag: events.tag,
      actorKey: events.actorKey,
      actorId: users.id,
      messageId: events.messageId,
      clientMessageId: events.clientMessageId,
      payloadHash: events.payloadHash,
      editedAt: events.editedAt,
      editSeq: events.editSeq,
      body: events.body,
    })
    .from(events)
    .innerJoin(streams, eq(streams.key, events.streamKey))
    .leftJoin(users, eq(users.key, events.actorKey))
}

/** Deletes a stream's events up to a seq. */
export async function deleteEvents(
  database: Database,
  tx: Tx,
  { streamKey, upTo }: { streamKey: number; upTo: number },
): Promise<void> {
  const { events } = database.tables
  await tx.delete(events).where(and(eq(events.streamKey, streamKey), lte(events.seq, upTo)))
}

/** What a page of events is taken from: after a seq, up to a seq. */
export interface EventRange {
  readonly streamKey: number
  readonly after: number
  readonly upTo: number
  readonly limit: number
}

/** Events of a range, oldest first. */
export async function listEvents(
  database: Database,
  reader: Reader,
  { streamKey, after, upTo, limit }: EventRange,
): Promise<EventRow[]> {
  const { events } = database.tables
  return selectEvents(database, reader)
    .where(and(eq(events.streamKey, streamKey), gt(events.seq, after), lte(events.seq, upTo)))
    .orderBy(asc(events.seq))
    .limit(limit)
}

/** The tags at places, for those that exist. */
export async function findTags(
  database: Database,
  reader: Reader,
  places: readonly { streamKey: number; seq: number }[],
): Promise<{ streamKey: number; seq: number; tag: number }[]> {
  if (places.length === 0) return []
  const { events } = database.tables
  const rows = places.map((place) => [place.streamKey, place.seq])
  return reader
    .select({ streamKey: events.streamKey, seq: events.seq, tag: events.tag })
    .from(events)
    .where(sql`(${events.streamKey}, ${events.seq}) in (${valuesList(rows)})`)
}

/**
 * The last event of a stream not newer than a time. Inside a stream time grows with seq, so the place is found by halving:
 * a score of look-ups in one statement, however long the stream.
 */
export async function findPlaceAt(
  database: Database,
  reader: Reader,
  { stream, ts }: { stream: string; ts: number },
): Promise<{ seq: number; tag: number } | undefined> {
  const { events, streams } = database.tables
  const middle = sql`((low + high + 1) / 2)`
  const isEarly = sql`(select ts <= cast(${ts} as bigint) from ${events} where stream_key = of_stream and seq = ${middle})`
  const halving = sql`(
    with recursive halving(of_stream, low, high) as (
      select key, floor, head from ${streams} where name = ${stream}
      union all
      select of_stream,
        case when ${isEarly} then ${middle} else low end,
        case when ${isEarly} then high else ${middle} - 1 end
      from halving where low < high
    )
    select of_stream, low from halving where low >= high
  ) as place`
  const [row] = await reader
    .select({ seq: events.seq, tag: events.tag })
    .from(events)
    .innerJoin(halving, sql`${events.streamKey} = place.of_stream and ${events.seq} = place.low`)
    .limit(1)
  return row
}
