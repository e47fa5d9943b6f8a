import { and, asc, gt, lt, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database, Tx } from './database.ts'
import { isAmong, list } from './row-set.ts'

/** Rows that end by themselves: where they are, by which text they are told apart, and which column says when they end. */
export interface Ending {
  readonly table: SQLiteTable
  /** The primary key, a text and never an empty one. */
  readonly id: SQLiteColumn
  readonly end: SQLiteColumn
}

/** Which rows are looked at, and before which time those must have ended that are wanted. */
export interface EndedAfter<Id> {
  /** The last row that has been looked at; undefined at the beginning. */
  readonly after: Id | undefined
  readonly limit: number
  readonly endedBefore: number
}

/** What of a page has ended, and after which row the next page begins: undefined when this was the last one. */
export interface EndedPage<Id> {
  readonly ended: readonly Id[]
  readonly next: Id | undefined
}

/** Tells in a page what has ended. */
export function toEndedPage<Id>(
  rows: readonly { readonly id: Id; readonly end: number | null }[],
  { endedBefore, limit }: Pick<EndedAfter<Id>, 'endedBefore' | 'limit'>,
): EndedPage<Id> {
  const ended = rows.filter(({ end }) => end !== null && end < endedBefore).map(({ id }) => id)
  return { ended, next: rows.length < limit ? undefined : rows.at(-1)?.id }
}

/**
 * Looks at a page by the primary key, which every table has an index of; one by the end would cost something with each row that
 * is written.
 */
export async function listEnded(
  { read }: Pick<Database, 'read'>,
  { table, id, end }: Ending,
  page: EndedAfter<string>,
): Promise<EndedPage<string>> {
  const rows = await read
    .select({ id: sql<string>`${id}`, end: sql`${end}`.mapWith(Number) })
    .from(table)
    .where(gt(id, page.after ?? ''))
    .orderBy(asc(id))
    .limit(page.limit)
  return toEndedPage(rows, page)
}

/** Deletes rows that were found ended, unless they end later by now; answers how many. */
export async function deleteEnded(
  database: Pick<Database, 'engine' | 'prepare'>,
  tx: Tx,
  { ending, ids, endedBefore }: { ending: Ending; ids: readonly string[]; endedBefore: number },
): Promise<number> {
  const { table, id, end } = ending
  const isIt = and(isAmong(database.engine, id, 'ids'), lt(end, sql.placeholder('endedBefore')))
  const remove = database.prepare((on) => on.delete(table).where(isIt).returning({ id }))
  return (await remove(tx, { ids: list(ids), endedBefore })).length
}
