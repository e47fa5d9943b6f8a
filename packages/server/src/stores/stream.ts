import { asc, eq, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, isAmong, list, rowSet } from '../db/row-set.ts'
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

/** Locks streams in ascending key order (Postgres: FOR UPDATE; SQLite has one writer) and answers those that exist. */
export function lockStreams(
  database: Database,
  tx: Tx,
  keys: readonly number[],
): Promise<StreamRow[]> {
  return lockQuery(database)(tx, { keys: list(keys) })
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

function streamColumns({ tables: { streams } }: Database) {
  return {
    key: streams.key,
    name: streams.name,
    head: streams.head,
    headTag: streams.headTag,
    floor: streams.floor,
    lastTs: streams.lastTs,
  }
}

/** Writes the new heads of locked streams, in one statement. */
export async function updateHeads(
  database: Database,
  tx: Tx,
  rows: readonly StreamRow[],
): Promise<void> {
  const heads = cells(rows.map((row) => [row.key, row.head, row.headTag, row.lastTs]))
  await headUpdate(database)(tx, { heads })
}

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
