import { realpathSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { DatabaseOpenError } from './errors.ts'
import { createPrivateFile } from './files.ts'
import { keep } from './kept.ts'

/** Lets go of the database. */
export type Release = () => void

/**
 * Makes this process the only server of an SQLite database: an exclusive transaction held on `<database>.lock`. The kernel
 * frees it when the process dies in whatever way, so it is never stale. The file stays: deleting it would race.
 * Throws {@link DatabaseOpenError} IN_USE when another server, also one in this process, holds it.
 */
export function guardDatabase(file: string): Release {
  createPrivateFile(file)
  // Two paths to one database must meet in one lock.
  const lockFile = `${realpathSync(file)}.lock`
  createPrivateFile(lockFile)
  const connection = keep(new Sqlite(lockFile, { timeout: 0 }))
  try {
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection.close()
    if (!isBusy(error)) throw error
    const message = `The database ${file} is in use by another Tidings server. One SQLite database has one server; use Postgres for several.`
    throw new DatabaseOpenError('IN_USE', message, { cause: error })
  }
  return () => {
    connection.close()
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')
}
