import { isTidingsError } from '@tidings/protocol/wire'
import { insertSetting, readEpoch } from '../db/settings.ts'
import { deleteSetting } from '../stores/setting.ts'
import type { Deps } from './deps.ts'

type Asked = Pick<Deps, 'database' | 'journal' | 'figures'>

/**
 * Why this server should not be sent requests, as far as its database goes; undefined when it should. Asked each time: a
 * remembered yes is how a dead node keeps getting requests.
 */
export async function findUnreadiness(deps: Asked): Promise<string | undefined> {
  try {
    // Read, and not the clock asked: on SQLite that is this process's own.
    const epoch = await readEpoch(deps.database)
    if (epoch !== deps.journal.epoch) return 'the database was replaced: restart this node'
  } catch {
    return 'the database does not answer'
  }
  return (await isFull(deps)) ? 'the disk of the database is full' : undefined
}

/** More than fits into pages that are there already. */
const PROBE_CHARACTERS = 16_384

/** Who is sent no requests has nothing to write: without a try of our own it would stay full for ever. */
async function isFull({ database, figures }: Asked): Promise<boolean> {
  if (!figures.storageFull) return false
  const name = 'space'
  const value = ' '.repeat(PROBE_CHARACTERS)
  try {
    // Committed in between, since only then it is written.
    await database.tx(async (tx) => {
      // What an earlier try has left, if it died half-way.
      await deleteSetting(database, tx, name)
      await insertSetting(database, tx, { name, value })
    })
    await database.tx((tx) => deleteSetting(database, tx, name))
    figures.storageFull = false
    return false
  } catch (error) {
    return isTidingsError(error) && error.code === 'STORAGE_FULL'
  }
}
