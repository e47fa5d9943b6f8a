import { randomInt } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Database, Reader, Tx } from './database.ts'

/** A new epoch is a random integer of 48 bits, never 0. */
const EPOCH_LIMIT = 2 ** 48 - 1

/** Writes what every database must have, when it is opened for the first time. Several nodes may do so at once. */
export async function bootstrapSettings(database: Database): Promise<void> {
  await database.tx(async (tx) => {
    if ((await findSetting(database, tx, 'epoch')) !== undefined) return
    const created = await database.now(tx)
    await insertSetting(database, tx, { name: 'epoch', value: String(randomInt(1, EPOCH_LIMIT)) })
    await insertSetting(database, tx, { name: 'created_at', value: String(created) })
  })
}

/**
 * Gives the database another epoch, after it was put back from a copy: whatever clients hold proves nothing any more.
 * Servers have read the old one, so none may be running.
 */
export async function replaceEpoch(
  database: Database,
): Promise<{ readonly before: number; readonly after: number }> {
  const { settings } = database.tables
  const before = await readEpoch(database)
  let after = before
  while (after === before) after = randomInt(1, EPOCH_LIMIT)
  await database.tx(async (tx) => {
    await tx
      .update(settings)
      .set({ value: String(after) })
      .where(eq(settings.name, 'epoch'))
  })
  return { before, after }
}

/** The database's epoch: a position that carries another one proves nothing here. */
export async function readEpoch(database: Database): Promise<number> {
  const value = Number(await findSetting(database, database.read, 'epoch'))
  if (!Number.isSafeInteger(value) || value <= 0) throw new Error('the database has no epoch')
  return value
}

/** A setting's value. */
export async function findSetting(
  { tables: { settings } }: Database,
  on: Reader,
  name: string,
): Promise<string | undefined> {
  const [row] = await on
    .select({ value: settings.value })
    .from(settings)
    .where(eq(settings.name, name))
  return row?.value
}

/** Writes a setting unless it is there. Answers the value that now holds, which may be another node's. */
export async function insertSetting(
  database: Database,
  tx: Tx,
  setting: { name: string; value: string },
): Promise<string> {
  await tx.insert(database.tables.settings).values(setting).onConflictDoNothing()
  return (await findSetting(database, tx, setting.name)) ?? setting.value
}
