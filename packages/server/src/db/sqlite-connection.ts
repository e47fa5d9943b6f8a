import { TidingsError } from '@tidings/protocol/wire'
import Sqlite from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { Tx } from './database.ts'
import { refuseNul, toDatabaseError } from './errors.ts'
import { keep, MAX_STATEMENTS } from './kept.ts'
import { bindRunner, type Runner } from './statements.ts'
import type { Transaction } from './transaction.ts'

/** SQLite's own connection. */
export type Connection = Sqlite.Database

/** Opens a connection with the settings that durability asks for. */
export function openConnection(
  file: string,
  { readonly, durable = true }: { readonly: boolean; readonly durable?: boolean | undefined },
): Connection {
  try {
    // Only a tool beside the server can hold the file. We wait for it on the only thread there is: not for long.
    const connection = keep(new Sqlite(file, { readonly, timeout: 1000 }))
    // FULL, not NORMAL: an acknowledged message survives the loss of power. Group commit makes it cheap. Before all else,
    // since setting up the log writes too.
    connection.exec(`pragma synchronous = ${durable ? 'FULL' : 'OFF'}`)
    if (!readonly) {
      const mode = keep(connection.prepare('pragma journal_mode = WAL')).pluck().get()
      if (mode !== 'wal')
        throw new Error(`${file} cannot have a write-ahead log (journal mode ${String(mode)})`)
      connection.exec('pragma journal_size_limit = 67108864')
      limitLog(connection, 'always')
      // Else what a savepoint has changed is kept in a file, made and removed for each of them.
      connection.exec('pragma temp_store = MEMORY')
    }
    connection.exec('pragma foreign_keys = ON')
    return connection
  } catch (error) {
    throw toDatabaseError(error)
  }
}

/**
 * Pages of the log, of 4 KiB, with which a commit copies it into the database: so many that what changes often is copied seldom.
 * That takes milliseconds, in which nobody is answered, so it is left to commits that nobody in a hurry waits for, where
 * one of them comes in time.
 */
const LOG_PAGES = { quiet: 4000, always: 8000 } as const

/** Whether the log may be copied as soon as it is worth it, or only once it must be. */
export type LogLimit = keyof typeof LOG_PAGES

/** Says from which size on the commits of a connection copy the log. */
export function limitLog(connection: Connection, at: LogLimit): void {
  connection.exec(`pragma wal_autocheckpoint = ${LOG_PAGES[at]}`)
}

type Compiled = Sqlite.Statement<unknown[]>

/** Compiles a text, or answers what it was compiled to before. */
export type Compile = (text: string) => Compiled

/** A query builder over a connection: keeps compiled statements and maps failures. In a transaction, or outside. */
export function buildQueries(
  connection: Connection,
  compile: Compile,
  transaction?: Transaction,
): Tx {
  const client = new Client(connection, compile, transaction)
  return bindRunner(new Queries(client), client)
}

/** Drizzle's builder, made when it is first asked for: most transactions run prepared queries alone. */
class Queries implements Tx {
  readonly #client: Client
  #builder: Tx | undefined

  constructor(client: Client) {
    this.#client = client
  }

  get #built(): Tx {
    // Of a connection drizzle takes what the client has; that its statements end synchronously does not show in `Tx`.
    this.#builder ??= drizzle({ client: this.#client as unknown as Connection }) as unknown as Tx
    return this.#builder
  }

  get select(): Tx['select'] {
    return this.#built.select.bind(this.#built)
  }

  get selectDistinct(): Tx['selectDistinct'] {
    return this.#built.selectDistinct.bind(this.#built)
  }

  get insert(): Tx['insert'] {
    return this.#built.insert.bind(this.#built)
  }

  get update(): Tx['update'] {
    return this.#built.update.bind(this.#built)
  }

  get delete(): Tx['delete'] {
    return this.#built.delete.bind(this.#built)
  }

  get with(): Tx['with'] {
    return this.#built.with.bind(this.#built)
  }

  get $with(): Tx['$with'] {
    return this.#built.$with.bind(this.#built)
  }

  get $count(): Tx['$count'] {
    return this.#built.$count.bind(this.#built)
  }
}

/** What drizzle and prepared queries take for the connection. `raw` is a switch on a statement: set before every use. */
class Client implements Runner {
  readonly #connection: Connection
  readonly #compile: Compile
  readonly #transaction: Transaction | undefined

  constructor(connection: Connection, compile: Compile, transaction: Transaction | undefined) {
    this.#connection = connection
    this.#compile = compile
    this.#transaction = transaction
  }

  rows(text: string, parameters: readonly unknown[]): unknown[][] {
    const all = (statement: Compiled) => statement.raw(true).all(...parameters)
    return this.#attempt(text, parameters, all) as unknown[][]
  }

  run(text: string, parameters: readonly unknown[]): unknown {
    return this.#attempt(text, parameters, (statement) => statement.run(...parameters))
  }

  /** For drizzle. */
  prepare(text: string) {
    const via =
      <T>(run: (statement: Compiled, parameters: unknown[]) => T) =>
      (...parameters: unknown[]): T =>
        this.#attempt(text, parameters, (statement) => run(statement, parameters))
    return {
      run: via((statement, parameters) => statement.run(...parameters)),
      all: via((statement, parameters) => statement.raw(false).all(...parameters)),
      get: via((statement, parameters) => statement.raw(false).get(...parameters)),
      raw: () => ({
        all: via((statement, parameters) => statement.raw(true).all(...parameters)),
        get: via((statement, parameters) => statement.raw(true).get(...parameters)),
      }),
    }
  }

  #attempt<T>(text: string, parameters: readonly unknown[], run: (statement: Compiled) => T): T {
    if (!this.#connection.open) throw new TidingsError('UNAVAILABLE')
    this.#transaction?.enter()
    try {
      refuseNul(parameters)
      return run(this.#compile(text))
    } catch (error) {
      const failure = toDatabaseError(error)
      this.#transaction?.fail(failure)
      throw failure
    }
  }
}

/**
 * Compiles statements, and forgets those that have not been used for long: a text grows with its rows, so there are many. What
 * is used is looked up once and not moved: every so many new ones, those that were not used since the last time go.
 */
export function compiler(connection: Connection): Compile {
  let recent = new Map<string, Compiled>()
  let older = new Map<string, Compiled>()
  return (text) => {
    const known = recent.get(text)
    if (known !== undefined) return known
    const statement = older.get(text) ?? keep(connection.prepare<unknown[]>(text))
    if (recent.size >= MAX_STATEMENTS) {
      older = recent
      recent = new Map()
    }
    recent.set(text, statement)
    return statement
  }
}
