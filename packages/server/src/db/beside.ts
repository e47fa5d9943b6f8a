import Sqlite from 'better-sqlite3'
import { DatabaseOpenError, toDatabaseError } from './errors.ts'
import { pathOfFileUrl } from './files.ts'
import { keep } from './kept.ts'
import type { LaneOptions } from './postgres-lane.ts'
import { openSnapshot, type SnapshotRow } from './snapshot.ts'

/** One statement of our own, with its parameters `$1`, `$2` … in this order, that answers rows. */
export interface BesideStatement {
  readonly text: string
  readonly parameters: readonly (string | number)[]
}

const WAIT_MS = 10_000

/**
 * Runs one statement, in a transaction of its own, on a database that a server may be using. For facts alone that no server
 * remembers: the journal is none of them. Throws {@link DatabaseOpenError} as `openSnapshot` does.
 */
export async function writeBesideServer(
  url: string,
  statement: BesideStatement,
): Promise<readonly SnapshotRow[]> {
  const snapshot = await openSnapshot(url)
  await snapshot.close()
  return url.startsWith('file:')
    ? writeToFile(pathOfFileUrl(url), statement)
    : writeToPostgres(url, statement)
}

function writeToFile(file: string, { text, parameters }: BesideStatement): readonly SnapshotRow[] {
  const connection = keep(new Sqlite(file, { fileMustExist: true, timeout: WAIT_MS }))
  try {
    // The log is the server's to bring into the database: two who do it at once are asking for trouble.
    connection.exec('pragma synchronous = FULL; pragma wal_autocheckpoint = 0')
    const statement = keep(
      connection.prepare<unknown[], SnapshotRow>(text.replaceAll(/\$\d/g, '?')),
    )
    return statement.all(...parameters)
  } catch (error) {
    throw toDatabaseError(error)
  } finally {
    connection.close()
  }
}

async function writeToPostgres(
  url: string,
  { text, parameters }: BesideStatement,
): Promise<readonly SnapshotRow[]> {
  // As in open.ts: who uses SQLite does not load the driver.
  const { openLane } = await import('./postgres-lane.ts')
  const options: LaneOptions = {
    url,
    readOnly: false,
    answerMs: WAIT_MS,
    timeouts: { lock: WAIT_MS, statement: WAIT_MS, idle: WAIT_MS },
  }
  const lane = await openLane(options).catch((error: unknown) => {
    throw new DatabaseOpenError('UNREACHABLE', 'Postgres cannot be used.', { cause: error })
  })
  try {
    const { rows } = await lane.run(text, [...parameters], { objects: true })
    return rows as unknown[] as SnapshotRow[]
  } finally {
    await lane.close()
  }
}
