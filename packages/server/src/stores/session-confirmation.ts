import { eq, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** Notes that the user of a session has shown that it is he. */
export async function confirmSession(
  database: Database,
  tx: Tx,
  confirmation: { readonly key: number; readonly confirmedAt: number },
): Promise<void> {
  await confirmationUpdate(database)(tx, confirmation)
}

const confirmationUpdate = perDatabase((database) => {
  const { sessions } = database.tables
  return database.prepare((on) =>
    on
      .update(sessions)
      .set({ confirmedAt: sql`${sql.placeholder('confirmedAt')}` })
      .where(eq(sessions.key, sql.placeholder('key'))),
  )
})

/** When the user of a session last showed that it is he; undefined when he never did. */
export async function findConfirmation(
  { tables: { sessions } }: Database,
  reader: Reader,
  key: number,
): Promise<number | undefined> {
  const [row] = await reader
    .select({ confirmedAt: sessions.confirmedAt })
    .from(sessions)
    .where(eq(sessions.key, key))
  return row?.confirmedAt ?? undefined
}
