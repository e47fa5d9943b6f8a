import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import { createFigures, type Figures } from '../figures.ts'
import type { Database, Tx, TxOptions } from './database.ts'
import { toDatabaseError } from './errors.ts'
import { createPrivateFile } from './files.ts'
import { guardDatabase, type Release } from './guard.ts'
import { keep } from './kept.ts'
import { migrateSqlite } from './migrate.ts'
import { buildQueries, compiler, openConnection, type Connection } from './sqlite-connection.ts'
import { prepareWith } from './statements.ts'
import { SqliteWriter } from './sqlite-writer.ts'
import { sqliteTables } from './tables.ts'
import { transactionOf } from './transaction.ts'

/** Options of {@link openSqlite}. */
export interface SqliteOptions {
  readonly file: string
  readonly clock: Clock
  /** Told about a callback of `after` that throws. */
  readonly report: (error: unknown) => void
  /** Where it counts. */
  readonly figures?: Figures | undefined
  /** A transaction in which nothing happens for this long is rolled back, ms. @default 5000 */
  readonly idleMs?: number | undefined
  /** False: a commit is not forced to the disk. For a database that dies with its process. @default true */
  readonly durable?: boolean | undefined
  /** The database's largest size in pages of 4 KiB; for tests of a full disk. */
  readonly maxPages?: number | undefined
}

/** Opens (and creates, and migrates) an SQLite database, as its only server. */
export function openSqlite(options: SqliteOptions): Database {
  createPrivateFile(options.file)
  const release = guardDatabase(options.file)
  let writer: Connection | undefined
  try {
    writer = openConnection(options.file, { readonly: false, durable: options.durable })
    if (options.maxPages !== undefined) writer.exec(`pragma max_page_count = ${options.maxPages}`)
    forgetStatistics(writer)
    migrateSqlite(writer, options.clock)
    return new SqliteDatabase(options, writer, release)
  } catch (error) {
    writer?.close()
    release()
    throw toDatabaseError(error)
  }
}

/**
 * Without statistics a query is carried out in one way for ever, the one that is tested. With those of a day on which there
 * were few messages, SQLite looked through all messages of years for each line of an inbox.
 */
function forgetStatistics(connection: Connection): void {
  const find = "select name from sqlite_schema where name in ('sqlite_stat1', 'sqlite_stat4')"
  const tables = keep(connection.prepare(find)).pluck().all().map(String)
  const emptied = tables.map(
    (name) => keep(connection.prepare(`delete from ${name}`)).run().changes,
  )
  // It has read them already.
  if (emptied.some((changes) => changes > 0)) connection.exec('analyze sqlite_schema')
}

/** One writing connection behind a queue, one reading connection beside it. */
class SqliteDatabase implements Database {
  readonly engine = 'sqlite'
  readonly tables = sqliteTables
  readonly read: Tx
  readonly prepare: Database['prepare']
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #writer: SqliteWriter
  readonly #reader: Connection
  readonly #release: Release
  /** How many want it. */
  #overwriting = 0
  #closing: Promise<void> | undefined

  constructor(options: SqliteOptions, connection: Connection, release: Release) {
    const { clock, idleMs = 5000, report, figures = createFigures() } = options
    this.#clock = clock
    this.#connection = connection
    this.#writer = new SqliteWriter(connection, { clock, idleMs, report, figures })
    this.#release = release
    this.#reader = openConnection(options.file, { readonly: true })
    // The tokens of the index of words in their order, for the questions about it.
    this.#reader.exec(
      `create virtual table temp.search_terms using fts5vocab('main', 'search_index', 'instance')`,
    )
    this.read = buildQueries(this.#reader, compiler(this.#reader))
    this.prepare = (build) => prepareWith(this.read, build)
  }

  tx<T>(work: (tx: Tx) => Promise<T>, options?: TxOptions): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new TidingsError('UNAVAILABLE'))
    return this.#writer.tx(work, options)
  }

  after(tx: Tx, work: () => void): void {
    transactionOf(tx).after(work)
  }

  async now(): Promise<number> {
    return this.#clock.now()
  }

  forUpdate<Q>(query: Q): Q {
    return query
  }

  hurry(): void {
    // It is in this process, and answers at once.
  }

  async refreshStatistics(): Promise<void> {
    // It keeps none.
  }

  overwriteDeleted(isOn: boolean): void {
    this.#overwriting += isOn ? 1 : -1
    if (this.#closing === undefined)
      this.#connection.exec(`pragma secure_delete = ${this.#overwriting > 0 ? 'ON' : 'OFF'}`)
  }

  close(): Promise<void> {
    this.#closing ??= this.#writer.close().then(() => {
      this.#end()
    })
    return this.#closing
  }

  #end(): void {
    this.#reader.close()
    this.#connection.close()
    this.#release()
  }
}
