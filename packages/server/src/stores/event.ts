import { and, asc, eq, gt, lte, sql, type Subquery } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { prepareInsert } from '../db/insert-rows.ts'
import { cells, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

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

/** Inserts events. */
export function insertEvents(
  database: Database,
  tx: Tx,
  rows: readonly NewEventRow[],
): Promise<void> {
  return eventInsert(database)(tx, rows)
}

const eventInsert = perDatabase((database) => prepareInsert(database, database.tables.events))

/**
 * Events with the names that their wire form needs.
 * @param from rows of events, under the name of the table; all of them by default
 */
export function selectEvents(
  database: Database,
  reader: Reader,
  from: Subquery | Database['tables']['events'] = database.tables.events,
) {
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
    .from(from)
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
export function listEvents(
  database: Database,
  reader: Reader,
  range: EventRange,
): Promise<EventRow[]> {
  return rangeQuery(database)(reader, { ...range })
}

const rangeQuery = perDatabase((database) => {
  const { events } = database.tables
  const isOfStream = eq(events.streamKey, sql.placeholder('streamKey'))
  const isAfter = gt(events.seq, sql.placeholder('after'))
  const isUpTo = lte(events.seq, sql.placeholder('upTo'))
  return database.prepare((on) =>
    selectEvents(database, on)
      .where(and(isOfStream, isAfter, isUpTo))
      .orderBy(asc(events.seq))
      .limit(sql.placeholder('limit')),
  )
})

/** The tags at places, for those that exist. */
export async function findTags(
  database: Database,
  reader: Reader,
  places: readonly { streamKey: number; seq: number }[],
): Promise<{ streamKey: number; seq: number; tag: number }[]> {
  if (places.length === 0) return []
  const rows = places.map((place) => [place.streamKey, place.seq])
  return tagQuery(database)(reader, { places: cells(rows) })
}

const tagQuery = perDatabase((database) => {
  const { events } = database.tables
  const places = rowSet(database.engine, 'places', ['integer', 'integer'])
  return database.prepare((on) =>
    on
      .select({ streamKey: events.streamKey, seq: events.seq, tag: events.tag })
      .from(events)
      .where(sql`(${events.streamKey}, ${events.seq}) in (${places})`),
  )
})
