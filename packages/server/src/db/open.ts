import type { Clock } from '../clock.ts'
import type { Figures } from '../figures.ts'
import type { Database } from './database.ts'
import { DatabaseOpenError } from './errors.ts'
import { pathOfFileUrl } from './files.ts'
import type { PostgresOptions } from './postgres.ts'
import { bootstrapSettings } from './settings.ts'
import { openSqlite, type SqliteOptions } from './sqlite.ts'

/** Options of {@link openDatabase}. */
export interface OpenOptions {
  /** `file:<path>` or `postgres://<address>`. */
  readonly url: string
  readonly clock: Clock
  /** Told about a callback of `after` that throws: a defect. @default a process warning */
  readonly report?: ((error: unknown) => void) | undefined
  /** Where it counts. */
  readonly figures?: Figures | undefined
  readonly sqlite?: Partial<SqliteOptions> | undefined
  readonly postgres?: Partial<PostgresOptions> | undefined
}

/**
 * Opens a database: creates it (SQLite), brings its schema up to date, gives a new one its epoch. Throws
 * {@link DatabaseOpenError}, whose message is for the person who starts the server.
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const database = await openEngine(options)
  try {
    await bootstrapSettings(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

async function openEngine({
  url,
  clock,
  report = warn,
  figures,
  ...engines
}: OpenOptions): Promise<Database> {
  if (url.startsWith('file:')) {
    return openSqlite({ ...engines.sqlite, file: pathOfFileUrl(url), clock, report, figures })
  }
  if (/^postgres(ql)?:\/\//.test(url)) {
    // Loaded by those who use it: the driver and the dialect take as long as everything else of db/.
    const { openPostgres } = await import('./postgres.ts')
    return await openPostgres({ ...engines.postgres, url, clock, report, figures })
  }
  throw new DatabaseOpenError(
    'BAD_URL',
    'The database must be file:<path> or postgres://<address>.',
  )
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
