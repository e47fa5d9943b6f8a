import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { Database, Tx } from './database.ts'
import { toDatabaseError } from './errors.ts'
import { createPrivateFile } from './files.ts'
import { guardDatabase, type Release } from './guard.ts'
import { watchIdle } from './idle.ts'
import { keep } from './kept.ts'
import { migrateSqlite } from './migrate.ts'
import {
  buildQueries,
  compiler,
  openConnection,
  type Compile,
  type Connection,
} from './sqlite-connection.ts'
import { prepareWith } from './statements.ts'
import { sqliteTables } from './tables.ts'
import { bindTransaction, Transaction, transactionOf } from './transaction.ts'

/** Options of {@link openSqlite}. */
export interface SqliteOptions {
  readonly file: string
  readonly clock: Clock
  /** Told about a callback of `after` that throws. */
  readonly report: (error: unknown) => void
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
    migrateSqlite(writer, options.clock)
    return new SqliteDatabase(options, writer, release)
  } catch (error) {
    writer?.close()
    release()
    throw toDatabaseError(error)
  }
}

type Command = 'BEGIN IMMEDIATE' | 'COMMIT' | 'ROLLBACK'

/** One writing connection behind a queue, one reading connection beside it. */
class SqliteDatabase implements Database {
  readonly engine = 'sqlite'
  readonly tables = sqliteTables
  readonly read: Tx
  readonly prepare: Database['prepare']
  readonly #options: SqliteOptions
  readonly #writer: Connection
  readonly #reader: Connection
  readonly #compile: Compile
  readonly #release: Release
  readonly #commands: Readonly<Record<Command, { run(): unknown }>>
  /** Settles when everything queued so far has ended. */
  #tail: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(options: SqliteOptions, writer: Connection, release: Release) {
    this.#options = options
    this.#writer = writer
    this.#release = release
    this.#compile = compiler(writer)
    this.#reader = openConnection(options.file, { readonly: true })
    this.read = buildQueries(this.#reader, compiler(this.#reader))
    this.prepare = (build) => prepareWith(this.read, build)
    this.#commands = {
      'BEGIN IMMEDIATE': keep(writer.prepare('BEGIN IMMEDIATE')),
      COMMIT: keep(writer.prepare('COMMIT')),
      ROLLBACK: keep(writer.prepare('ROLLBACK')),
    }
  }

  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#inTurn(work)
  }

  after(tx: Tx, work: () => void): void {
    transactionOf(tx).after(work)
  }

  async now(): Promise<number> {
    return this.#options.clock.now()
  }

  forUpdate<Q>(query: Q): Q {
    return query
  }

  close(): Promise<void> {
    this.#closing ??= this.#tail.then(() => {
      this.#end()
    })
    return this.#closing
  }

  #end(): void {
    try {
      this.#writer.exec('pragma optimize')
    } catch {
      // Statistics only, and a full disk must not keep us from letting go.
    }
    this.#reader.close()
    this.#writer.close()
    this.#release()
  }

  #inTurn<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new TidingsError('UNAVAILABLE'))
    const turn = this.#tail.then(() => this.#transact(work))
    this.#tail = turn.catch(() => {})
    return turn
  }

  async #transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const transaction = new Transaction()
    const tx = buildQueries(this.#writer, this.#compile, transaction)
    this.#execute('BEGIN IMMEDIATE')
    const watch = watchIdle(transaction, this.#options.idleMs ?? 5000)
    try {
      const result = await Promise.race([work(bindTransaction(tx, transaction)), watch.expired])
      // Postgres gives a transaction up at the first failure; SQLite must not differ.
      transaction.finish()
      this.#commit()
      transaction.committed(this.#options.report)
      return result
    } catch (error) {
      transaction.isOpen = false
      if (this.#writer.inTransaction) this.#execute('ROLLBACK')
      throw error
    } finally {
      watch.stop()
    }
  }

  #commit(): void {
    try {
      this.#execute('COMMIT')
    } catch (error) {
      // A write or a sync that failed half-way may or may not be found again after a crash.
      const isUnknown = error instanceof TidingsError && isIoError(error.cause)
      throw isUnknown ? new TidingsError('UNKNOWN_RETRY', undefined, { cause: error.cause }) : error
    }
  }

  #execute(command: Command): void {
    try {
      this.#commands[command].run()
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
}

function isIoError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_IOERR')
}
