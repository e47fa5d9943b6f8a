import { Buffer } from 'node:buffer'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { TidingsError } from '@tidings/protocol/wire'
import type { ClientStorage, StorageChange, StoredRow } from '../storage.ts'
import { hasCode, toFileError } from './file-errors.ts'
import type Sqlite from 'better-sqlite3'

/**
 * Keeps a client's rows in one SQLite database, with the package `better-sqlite3` of the app. Each write is a transaction
 * on the disk. One database serves one client of one process at a time, and the kernel gives it free when that dies.
 *
 * Every call rejects with TidingsError: UNAVAILABLE when the database is in use or cannot be used, STORAGE_FULL when the
 * disk is full, INVALID_INPUT when `better-sqlite3` is missing or the file is no database.
 *
 * @example
 * ```ts
 * const client = createClient({ url, storage: sqliteStorage('./data/ann.db') })
 * ```
 */
export function sqliteStorage(path: string): ClientStorage {
  let opening: Promise<Rows> | undefined
  let isClosed = false
  const run = async <T>(work: (rows: Rows) => T): Promise<T> => {
    if (isClosed) throw new TidingsError('CLOSED')
    try {
      opening ??= openRows(path)
      return work(await opening)
    } catch (thrown) {
      // What could not be opened is tried again.
      if (
        await opening?.then(
          () => false,
          () => true,
        )
      )
        opening = undefined
      throw toSqliteError(thrown, path)
    }
  }
  return {
    read: ({ from, to, limit = -1, reverse = false }) =>
      run((rows) => {
        const found = rows[reverse ? 'backward' : 'forward'].all(toBytes(from), toBytes(to), limit)
        return found.map(toRow)
      }),
    write: (changes) => run((rows) => rows.write(changes)),
    clear: () => run((rows) => rows.clear()),
    async close() {
      isClosed = true
      const rows = await opening?.catch(() => undefined)
      rows?.database.close()
    },
  }
}

interface SqliteRow {
  readonly key: Buffer
  readonly value: string
}

interface Rows {
  readonly database: Sqlite.Database
  readonly forward: Sqlite.Statement<[Buffer, Buffer, number], SqliteRow>
  readonly backward: Sqlite.Statement<[Buffer, Buffer, number], SqliteRow>
  readonly write: (changes: readonly StorageChange[]) => void
  readonly clear: () => void
}

/** How rows are laid out; a later one brings the way from the earlier ones. */
const VERSION = 1

/** An earlier run of the program may need a moment to end. We wait for it on the only thread there is: not for long. */
const BUSY_MS = 500

async function openRows(path: string): Promise<Rows> {
  const Sqlite = await loadSqlite()
  mkdirSync(dirname(path), { recursive: true })
  // SQLite would make it as readable as the process makes its files; these are somebody's messages.
  closeSync(openSync(path, 'a', 0o600))
  const database = new Sqlite(path, { timeout: BUSY_MS })
  try {
    // Before anything is read: the lock is then taken at the first access and kept.
    database.pragma('locking_mode = EXCLUSIVE')
    database.pragma('journal_mode = WAL')
    // FULL, not NORMAL: what the user has said must survive the loss of power.
    database.pragma('synchronous = FULL')
    prepareTable(database, path)
    return prepare(database)
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

async function loadSqlite(): Promise<typeof Sqlite> {
  try {
    const loaded = await import('better-sqlite3')
    return loaded.default
  } catch (thrown) {
    const message = 'sqliteStorage needs the package better-sqlite3: npm install better-sqlite3'
    throw new TidingsError('INVALID_INPUT', message, { cause: thrown })
  }
}

function prepareTable(database: Sqlite.Database, path: string): void {
  const version = database.pragma('user_version', { simple: true })
  if (typeof version === 'number' && version > VERSION)
    throw new TidingsError('UNSUPPORTED_VERSION', `A newer version has written ${path}.`)
  database.exec('begin immediate')
  database.exec(`create table if not exists tidings_rows (
    key blob primary key, value text not null) without rowid`)
  database.pragma(`user_version = ${VERSION}`)
  database.exec('commit')
}

function prepare(database: Sqlite.Database): Rows {
  const range = 'select key, value from tidings_rows where key >= ? and key < ? order by key'
  const put = database.prepare<[Buffer, string]>('replace into tidings_rows values (?, ?)')
  const replace = database.prepare<[string, Buffer]>(
    'update tidings_rows set value = ? where key = ?',
  )
  const remove = database.prepare<[Buffer]>('delete from tidings_rows where key = ?')
  const removeRange = database.prepare<[Buffer, Buffer]>(
    'delete from tidings_rows where key >= ? and key < ?',
  )
  const apply = (change: StorageChange): void => {
    switch (change.kind) {
      case 'put':
        put.run(toBytes(change.key), JSON.stringify(change.value))
        break
      case 'replace':
        replace.run(JSON.stringify(change.value), toBytes(change.key))
        break
      case 'delete':
        remove.run(toBytes(change.key))
        break
      case 'deleteRange':
        removeRange.run(toBytes(change.from), toBytes(change.to))
    }
  }
  const write = database.transaction((changes: readonly StorageChange[]) => {
    for (const change of changes) apply(change)
  })
  return {
    database,
    forward: database.prepare(`${range} limit ?`),
    backward: database.prepare(`${range} desc limit ?`),
    write: (changes) => write.immediate(changes),
    clear: () => void database.exec('delete from tidings_rows'),
  }
}

/** Big-endian code units: their bytes sort as the strings do, which UTF-8 does not, and a lone surrogate keeps its value. */
function toBytes(key: string): Buffer {
  return Buffer.from(key, 'utf16le').swap16()
}

function toRow({ key, value }: SqliteRow): StoredRow {
  const parsed: unknown = JSON.parse(value)
  return { key: Buffer.from(key).swap16().toString('utf16le'), value: parsed }
}

function toSqliteError(thrown: unknown, path: string): TidingsError {
  if (hasCode(thrown, 'SQLITE_BUSY')) {
    const message = `${path} is in use: one database serves one client at a time.`
    return new TidingsError('UNAVAILABLE', message, { cause: thrown })
  }
  if (hasCode(thrown, 'SQLITE_NOTADB'))
    return new TidingsError('INVALID_INPUT', `${path} is no SQLite database.`, { cause: thrown })
  return toFileError(thrown, path)
}
