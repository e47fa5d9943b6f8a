import { asc, eq, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, eachRow, isAmong, isFew, list, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** A stream's row. */
export interface StreamRow {
  readonly key: number
  readonly name: string
  readonly head: number
  readonly headTag: number
  readonly floor: number
  readonly lastTs: number
}

/** Inserts an empty stream and answers its key. */
export async function insertStream(database: Database, tx: Tx, name: string): Promise<number> {
  const { streams } = database.tables
  const [row] = await tx.insert(streams).values({ name }).returning({ key: streams.key })
  if (row === undefined) throw new Error('an insert returned no row')
  return row.key
}

/** Locks streams, each named once, in ascending key order (Postgres: FOR UPDATE; SQLite has one writer); answers those that exist. */
export async function lockStreams(
  database: Database,
  tx: Tx,
  keys: readonly number[],
): Promise<StreamRow[]> {
  if (!isFew(database.engine, keys)) return lockQuery(database)(tx, { keys: list(keys) })
  return eachRow(keys, (key) => keyQuery(database)(tx, { key }))
}

const lockQuery = perDatabase((database) => {
  const { streams } = database.tables
  return database.prepare((on) =>
    database.forUpdate(
      on
        .select(streamColumns(database))
        .from(streams)
        .where(isAmong(database.engine, streams.key, 'keys'))
        .orderBy(asc(streams.key)),
    ),
  )
})

const keyQuery = perDatabase((database) => {
  const { streams } = database.tables
  const hasKey = eq(streams.key, sql.placeholder('key'))
  return database.prepare((on) => on.select(streamColumns(database)).from(streams).where(hasKey))
})

/** Streams by name, without a lock; unknown names are left out. */
export async function findStreamsByName(
  database: Database,
  reader: Reader,
  names: readonly string[],
): Promise<StreamRow[]> {
  if (names.length === 0) return []
  return nameQuery(database)(reader, { names: list(names) })
}

const nameQuery = perDatabase((database) => {
  const { streams } = database.tables
  return database.prepare((on) =>
    on
      .select(streamColumns(database))
      .from(streams)
      .where(isAmong(database.engine, streams.name, 'names')),
  )
})

/** A stream's columns, as {@link StreamRow} names them. */
export function streamColumns({ tables: { streams } }: Database) {
  return {
    key: streams.key,
    name: streams.name,
    head: streams.head,
    headTag: streams.headTag,
    floor: streams.floor,
    lastTs: streams.lastTs,
  }
}

/** Writes the new heads of locked streams. */
export async function updateHeads(
  database: Database,
  tx: Tx,
  rows: readonly StreamRow[],
): Promise<void> {
  if (isFew(database.engine, rows)) {
    for (const { key, head, headTag, lastTs } of rows)
      await keyUpdate(database)(tx, { key, head, headTag, lastTs })
    return
  }
  const heads = cells(rows.map((row) => [row.key, row.head, row.headTag, row.lastTs]))
  await headUpdate(database)(tx, { heads })
}

const keyUpdate = perDatabase((database) => {
  const { streams } = database.tables
  const head = sql`${sql.placeholder('head')}`
  const headTag = sql`${sql.placeholder('headTag')}`
  const lastTs = sql`${sql.placeholder('lastTs')}`
  return database.prepare((on) =>
    on
      .update(streams)
      .set({ head, headTag, lastTs })
      .where(eq(streams.key, sql.placeholder('key'))),
  )
})

const headUpdate = perDatabase((database) => {
  const { streams } = database.tables
  const rows = rowSet(database.engine, 'heads', ['integer', 'integer', 'integer', 'integer'])
  return database.prepare((on) =>
    on
      .update(streams)
      .set({ head: sql`v.column2`, headTag: sql`v.column3`, lastTs: sql`v.column4` })
      .from(sql`(${rows}) as v`)
      .where(eq(streams.key, sql`v.column1`)),
  )
})

/** Raises a locked stream's floor. */
export async function raiseFloor(
  database: Database,
  tx: Tx,
  { streamKey, floor }: { streamKey: number; floor: number },
): Promise<void> {
  const { streams } = database.tables
  await tx.update(streams).set({ floor }).where(eq(streams.key, streamKey))
}
