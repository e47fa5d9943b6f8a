import { TidingsError } from '@tidings/protocol/wire'
import { hasPassed, type Clock } from '../clock.ts'
import type { Figures } from '../figures.ts'
import type { Tx, TxOptions } from './database.ts'
import { toDatabaseError } from './errors.ts'
import { IdleWatch } from './idle.ts'
import { keep } from './kept.ts'
import {
  buildQueries,
  compiler,
  limitLog,
  type Compile,
  type Connection,
  type LogLimit,
} from './sqlite-connection.ts'
import { WriteQueue, type Job } from './sqlite-queue.ts'
import { bindTransaction, Transaction } from './transaction.ts'

export interface SqliteWriterOptions {
  readonly clock: Clock
  /** A transaction in which nothing happens for this long is rolled back, ms. */
  readonly idleMs: number
  /** Told about a callback of `after` that throws. */
  readonly report: (error: unknown) => void
  readonly figures: Pick<Figures, 'commitTransactions' | 'commitSeconds'>
}

const COMMANDS = [
  'BEGIN IMMEDIATE',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT one',
  'RELEASE one',
  'ROLLBACK TO one',
] as const
type Command = (typeof COMMANDS)[number]

/**
 * How often a turn in which nobody is in a hurry may copy the log, ms: to tell the connection, and to tell it back, takes 4 us
 * each, for which the next message would wait.
 */
const QUIET_EVERY_MS = 5

/** Work that is done, but for the commit that it shares. */
interface Done {
  readonly job: Job
  readonly transaction: Transaction
  /** Calls back with what the work has come to. */
  readonly settle: () => void
  readonly hasFailed: boolean
}

/**
 * The one writing connection of a database. Transactions are run one after the other; those that wait at the same time
 * share one commit, since forcing the disk costs more than all that they do. Each is a savepoint: one that fails takes
 * nothing along, and none is answered before the commit.
 */
export class SqliteWriter {
  readonly #connection: Connection
  readonly #options: SqliteWriterOptions
  readonly #compile: Compile
  readonly #commands: ReadonlyMap<Command, { run(): unknown }>
  readonly #watch: IdleWatch
  readonly #queue: WriteQueue
  #logLimit: LogLimit | undefined
  /** When a turn was last allowed to copy the log before it must be. */
  #quietAt = -Infinity
  #running: Promise<void> | undefined

  constructor(connection: Connection, options: SqliteWriterOptions) {
    this.#connection = connection
    this.#options = options
    this.#compile = compiler(connection)
    this.#watch = new IdleWatch(options.idleMs)
    this.#queue = new WriteQueue(options.clock)
    this.#commands = new Map(COMMANDS.map((text) => [text, keep(connection.prepare(text))]))
  }

  /** Runs `work` in a transaction and answers what it does, once that is committed. */
  tx<T>(work: (tx: Tx) => Promise<T>, { priority }: TxOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.add({ work, resolve: resolve as Job['resolve'], reject, priority })
      this.#running ??= this.#run()
    })
  }

  /** Waits until nothing is under way; leaves no timer. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    this.#watch.stop()
  }

  async #run(): Promise<void> {
    while (!this.#queue.isEmpty) {
      // What comes in the same turn of the event loop goes along.
      await new Promise((resolve) => setImmediate(resolve))
      const { jobs, isQuiet } = this.#queue.next()
      try {
        this.#limitLog(isQuiet)
        await (jobs.length > 1 ? this.#together(jobs) : this.#oneByOne(jobs))
      } catch (error) {
        // The connection itself fails. Nobody's work may be left unanswered, nor the transaction open for the next.
        if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK')
        for (const { reject } of jobs) reject(error)
      }
    }
    this.#running = undefined
  }

  #limitLog(isQuiet: boolean): void {
    const at = isQuiet && this.#isTimeToCopy() ? 'quiet' : 'always'
    if (at === this.#logLimit) return
    limitLog(this.#connection, at)
    this.#logLimit = at
  }

  #isTimeToCopy(): boolean {
    const { clock } = this.#options
    if (!hasPassed(clock, this.#quietAt, QUIET_EVERY_MS)) return false
    this.#quietAt = clock.now()
    return true
  }

  async #oneByOne(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      if (!this.#begin([job])) continue
      const done = await this.#attempt(job)
      if (!done.hasFailed) this.#commit([done])
      else {
        if (this.#connection.inTransaction) this.#execute('ROLLBACK')
        done.settle()
      }
    }
  }

  async #together(jobs: readonly Job[]): Promise<void> {
    if (!this.#begin(jobs)) return
    const all: Done[] = []
    for (const [index, job] of jobs.entries()) {
      this.#execute('SAVEPOINT one')
      const done = await this.#attempt(job)
      if (!this.#connection.inTransaction) {
        // At some failures, as of a full disk, SQLite gives up everything that is open: all is done again.
        await this.#oneByOne([...jobs.slice(0, index), ...jobs.slice(index + 1), job])
        return
      }
      if (done.hasFailed) this.#execute('ROLLBACK TO one')
      all.push(done)
      this.#execute('RELEASE one')
    }
    this.#commit(all)
  }

  /** False when it could not, which all are told. */
  #begin(jobs: readonly Job[]): boolean {
    try {
      this.#execute('BEGIN IMMEDIATE')
      return true
    } catch (error) {
      for (const { reject } of jobs) reject(error)
      return false
    }
  }

  async #attempt(job: Job): Promise<Done> {
    const transaction = new Transaction()
    const queries = buildQueries(this.#connection, this.#compile, transaction)
    try {
      const work = job.work(bindTransaction(queries, transaction))
      const result = await this.#watch.during(transaction, work)
      // Postgres gives a transaction up at the first failure; SQLite must not differ.
      transaction.finish()
      return { job, transaction, settle: () => job.resolve(result), hasFailed: false }
    } catch (error) {
      transaction.isOpen = false
      return { job, transaction, settle: () => job.reject(error), hasFailed: true }
    }
  }

  /** Who has failed is told after the commit too: it may have been because of what another has just stored. */
  #commit(all: readonly Done[]): void {
    const begun = performance.now()
    try {
      this.#execute('COMMIT')
    } catch (error) {
      if (this.#connection.inTransaction) this.#execute('ROLLBACK')
      for (const { job } of all) job.reject(commitFailure(error))
      return
    }
    const seconds = (performance.now() - begun) / 1000
    for (const { transaction, settle, hasFailed } of all) {
      if (!hasFailed) transaction.committed(this.#options.report)
      settle()
    }
    // Behind the news, which somebody waits for.
    const { commitTransactions, commitSeconds } = this.#options.figures
    commitTransactions.add(all.length)
    commitSeconds.add(seconds)
  }

  #execute(command: Command): void {
    try {
      this.#commands.get(command)?.run()
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
}

/** A write or a sync that failed half-way may or may not be found again after a crash. */
function commitFailure(error: unknown): unknown {
  const isUnknown = error instanceof TidingsError && isIoError(error.cause)
  return isUnknown ? new TidingsError('UNKNOWN_RETRY', undefined, { cause: error.cause }) : error
}

function isIoError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_IOERR')
}
