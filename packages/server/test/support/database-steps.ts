import { isTidingsError } from '@tidings/protocol/wire'
import { asc } from 'drizzle-orm'
import type { Database, Tx } from '../../src/db/database.ts'

/** Inserts a stream: the smallest row there is. */
export const insertStream = (database: Database, tx: Tx, name: string) =>
  tx.insert(database.tables.streams).values({ name }).returning()

/** The names of the committed streams, oldest first. */
export async function namesOf(database: Database): Promise<string[]> {
  const { streams } = database.tables
  const rows = await database.read.select().from(streams).orderBy(asc(streams.key))
  return rows.map((row) => row.name)
}

/** The code of the error that `work` ends with, or `no error`. */
export function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no error',
    (error: unknown) => (isTidingsError(error) ? error.code : error),
  )
}

/** A gate that a test opens. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open }
}

/** A place where everybody waits until `expected` have come. */
export function barrier(expected: number): () => Promise<void> {
  const { passed, open } = gate()
  let come = 0
  return async () => {
    come += 1
    if (come === expected) open()
    await passed
  }
}
