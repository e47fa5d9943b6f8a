import { systemClock } from '../clock.ts'
import { openDatabase } from '../db/open.ts'
import { replaceEpoch } from '../db/settings.ts'
import { requireIdleDatabase } from '../db/snapshot.ts'
import type { CommandOptions } from './options.ts'

/** `tidings-server new-epoch`. */
export async function runNewEpoch({ databaseUrl, json, write }: CommandOptions): Promise<number> {
  await requireIdleDatabase(databaseUrl)
  const pools = { writers: 1, readers: 1 }
  const database = await openDatabase({ url: databaseUrl, clock: systemClock, postgres: pools })
  try {
    const epochs = await replaceEpoch(database)
    write(
      json
        ? `${JSON.stringify(epochs)}\n`
        : `The epoch was ${epochs.before} and is ${epochs.after}: clients will compare everything that they hold with this database.\n`,
    )
    return 0
  } finally {
    await database.close()
  }
}
