import Sqlite from 'better-sqlite3'
import type { Database } from './database.ts'
import { DatabaseOpenError, toDatabaseError } from './errors.ts'
import { pathOfFileUrl } from './files.ts'
import { keep } from './kept.ts'
import { pendingMigrations, readMigrations } from './migrations.ts'
import type { LaneOptions } from './postgres-lane.ts'

/** A cell, as a snapshot answers it. */
export type Cell = string | number | null

/** A row, by the names of its columns. */
export type SnapshotRow = Readonly<Record<string, Cell>>

/** A database as it stands at one moment, also beside a server that goes on writing. Nothing can be written through it. */
export interface Snapshot {
  readonly engine: Database['engine']
  /** Runs one statement of our own. */
  rows(text: string): Promise<readonly SnapshotRow[]>
  close(): Promise<void>
}

/**
 * Takes a snapshot of a database that is there and has this version's schema. Nothing is made, migrated or locked; on
 * SQLite the server's own lock stays with the server. Throws {@link DatabaseOpenError}.
 */
export async function openSnapshot(url: string): Promise<Snapshot> {
  const snapshot = await openSnapshotAsItIs(url)
  try {
    await requireSchema(snapshot)
    return snapshot
  } catch (error) {
    await snapshot.close()
    throw error
  }
}

async function openSnapshotAsItIs(url: string): Promise<Snapshot> {
  return url.startsWith('file:') ? openFileSnapshot(pathOfFileUrl(url)) : openPostgresSnapshot(url)
}

/** Kept pages of the file, KiB: enough for the inner pages of every index of a large database. */
const CACHE_KIB = 65_536

function openFileSnapshot(file: string): Snapshot {
  let connection: Sqlite.Database
  try {
    connection = keep(new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 5000 }))
    connection.exec(`pragma query_only = on; pragma cache_size = -${CACHE_KIB}; begin`)
  } catch (error) {
    const message = `The database ${file} cannot be read. Is it there, and does it belong to this user?`
    throw new DatabaseOpenError('UNREACHABLE', message, { cause: error })
  }
  return {
    engine: 'sqlite',
    async rows(text) {
      try {
        return keep(connection.prepare<[], SnapshotRow>(text)).all()
      } catch (error) {
        throw toDatabaseError(error)
      }
    },
    async close() {
      connection.close()
    },
  }
}

/** A look at everything may take long. */
const HOUR_MS = 60 * 60 * 1000

async function openPostgresSnapshot(url: string): Promise<Snapshot> {
  // As in open.ts: who uses SQLite does not load the driver.
  const { openLane } = await import('./postgres-lane.ts')
  const options: LaneOptions = {
    url,
    readOnly: true,
    answerMs: HOUR_MS,
    timeouts: { lock: 2000, statement: HOUR_MS, idle: HOUR_MS },
  }
  const lane = await openLane(options).catch((error: unknown) => {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    const message = `Postgres cannot be used: ${reason}. Is it running, and is DATABASE_URL right?`
    throw new DatabaseOpenError('UNREACHABLE', message, { cause: error })
  })
  await lane.run('begin isolation level repeatable read read only')
  return {
    engine: 'postgres',
    async rows(text) {
      await lane.run('savepoint statement')
      try {
        const { rows } = await lane.run(text, [], { objects: true })
        await lane.run('release savepoint statement')
        return rows as unknown[] as SnapshotRow[]
      } catch (error) {
        // One statement that fails must not take the snapshot from those after it.
        if (!lane.isDead) await lane.run('rollback to savepoint statement')
        throw error
      }
    },
    close: () => lane.close(),
  }
}

async function requireSchema(snapshot: Snapshot): Promise<void> {
  const places = await readApplied(snapshot)
  if (pendingMigrations(readMigrations(snapshot.engine), places).length > 0) {
    const message =
      'The database is of an older version of Tidings. Start this version once, which brings it up to date.'
    throw new DatabaseOpenError('OLDER_VERSION', message)
  }
}

async function readApplied(snapshot: Snapshot): Promise<readonly number[]> {
  try {
    const applied = await snapshot.rows('select made_at from migrations')
    return applied.map((row) => Number(row['made_at']))
  } catch (error) {
    const message = 'There is no Tidings database there; a server makes one when it starts.'
    throw new DatabaseOpenError('NO_DATABASE', message, { cause: error })
  }
}

const OTHERS = `
  select count(*) as found from pg_stat_activity
  where datname = current_database() and application_name = 'tidings' and pid <> pg_backend_pid()`

/**
 * Refuses a place where there is no database, and on Postgres a database that a server is using; an SQLite file is locked
 * by its server. Throws {@link DatabaseOpenError} NO_DATABASE, UNREACHABLE, IN_USE.
 */
export async function requireIdleDatabase(url: string): Promise<void> {
  const snapshot = await openSnapshotAsItIs(url)
  try {
    await readApplied(snapshot)
    if (snapshot.engine === 'sqlite') return
    const [row] = await snapshot.rows(OTHERS)
    if (row?.['found'] === 0) return
    const message = 'The database is in use by a Tidings server. Stop all nodes first.'
    throw new DatabaseOpenError('IN_USE', message)
  } finally {
    await snapshot.close()
  }
}
