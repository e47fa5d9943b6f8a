import { systemClock } from '../clock.ts'
import { openDatabase } from '../db/open.ts'
import { requireIdleDatabase } from '../db/snapshot.ts'
import { clearSearch } from '../stores/search-document.ts'
import type { CommandOptions } from './options.ts'

/** `tidings-server rebuild-search`. The next server makes the index anew, behind what it does otherwise. */
export async function runRebuildSearch(options: CommandOptions): Promise<number> {
  const { databaseUrl, json, write } = options
  await requireIdleDatabase(databaseUrl)
  const pools = { writers: 1, readers: 1 }
  const database = await openDatabase({ url: databaseUrl, clock: systemClock, postgres: pools })
  try {
    const documents = await clearSearch(database)
    write(
      json
        ? `${JSON.stringify({ documents })}\n`
        : `What is searched was thrown away (${documents} messages). The next server makes it anew.\n`,
    )
    return 0
  } finally {
    await database.close()
  }
}
