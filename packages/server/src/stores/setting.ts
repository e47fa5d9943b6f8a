import { eq } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'

/** Holds a setting that is there until the transaction ends. */
export async function lockSetting(database: Database, tx: Tx, name: string): Promise<void> {
  const { settings } = database.tables
  await database.forUpdate(
    tx.select({ name: settings.name }).from(settings).where(eq(settings.name, name)),
  )
}

/** Writes another value of a setting that is there. */
export async function updateSetting(
  { tables: { settings } }: Database,
  tx: Tx,
  { name, value }: { name: string; value: string },
): Promise<void> {
  await tx.update(settings).set({ value }).where(eq(settings.name, name))
}

/** Forgets a setting. */
export async function deleteSetting(
  { tables: { settings } }: Database,
  tx: Tx,
  name: string,
): Promise<void> {
  await tx.delete(settings).where(eq(settings.name, name))
}
