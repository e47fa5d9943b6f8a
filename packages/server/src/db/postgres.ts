import { setTimeout as sleep } from 'node:timers/promises'
import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import { createFigures, type Figures, type PoolFigures } from '../figures.ts'
import type { Database, Tx } from './database.ts'
import { DatabaseOpenError, refuseNul, sqlStateOf } from './errors.ts'
import { migratePostgres } from './migrate.ts'
import { endDeserted } from './postgres-deserted.ts'
import { openLane, type Answer, type Lane, type LaneOptions } from './postgres-lane.ts'
import { Pool } from './postgres-pool.ts'
import { buildQueries } from './postgres-queries.ts'
import { prepareWith } from './statements.ts'
import { Statistics } from './statistics.ts'
import { postgresTables } from './postgres-tables.ts'
import { bindTransaction, Transaction, transactionOf } from './transaction.ts'
import { requireSafeSettings } from './postgres-settings.ts'

/** Options of {@link openPostgres}. */
export interface PostgresOptions {
  readonly url: string
  readonly clock: Clock
  /** Told about a callback of `after` that throws. */
  readonly report: (error: unknown) => void
  /** Where it counts. */
  readonly figures?: Figures | undefined
  /** Connections for transactions. @default 8 */
  readonly writers?: number | undefined
  /** Connections for reads. @default 8 */
  readonly readers?: number | undefined
  /** Waiting for a lock ends after this, and the transaction is tried again, ms. @default 2000 */
  readonly lockMs?: number | undefined
  /** A statement ends after this, ms. @default 5000 */
  readonly statementMs?: number | undefined
  /** A transaction in which nothing happens for this long is rolled back, ms. @default 5000 */
  readonly idleMs?: number | undefined
  /** A statement that is not answered for this long is given up with its connection, ms. @default 10000 */
  readonly answerMs?: number | undefined
  /** How long a caller waits for a free connection, ms. @default 10000 */
  readonly waitMs?: number | undefined
  /** Start although the server may lose what it has acknowledged. Tests only. @default false */
  readonly allowUnsafe?: boolean | undefined
}

/** Opens (and migrates) a Postgres database. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const lane = await openLane(laneOptions(options, false)).catch((error: unknown) => {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
    const message = `Postgres cannot be used: ${reason}. Is it running, and is DATABASE_URL right?`
    throw new DatabaseOpenError('UNREACHABLE', message, { cause: error })
  })
  try {
    await requireSafeSettings(lane, options.allowUnsafe ?? false)
    await migratePostgres(lane, options.clock)
  } catch (error) {
    await lane.close()
    throw error
  }
  return new PostgresDatabase(options, lane)
}

/** A transaction in which nothing happens for so long is given up, by Postgres or by the next who wants its locks. */
const IDLE_MS = 5000

function laneOptions(options: PostgresOptions, readOnly: boolean): LaneOptions {
  const { url, answerMs = 10_000, lockMs = 2000, statementMs = 5000, idleMs = IDLE_MS } = options
  return {
    url,
    readOnly,
    answerMs,
    timeouts: { lock: lockMs, statement: statementMs, idle: idleMs },
  }
}

const NOW = `select (extract(epoch from clock_timestamp()) * 1000)::bigint`
const MAX_TRIES = 6
/** A server that stops has seconds: nobody is told any more what the database answers after so long. */
const HURRY_MS = 3000
const NOT_LOCKED = '55P03'
// Serialization failure, deadlock, lock not available: nothing has happened, and the next try may do.
const TRANSIENT = new Set(['40001', '40P01', NOT_LOCKED])

class PostgresDatabase implements Database {
  readonly engine = 'postgres'
  readonly tables = postgresTables
  readonly read: Tx
  readonly prepare: Database['prepare']
  readonly #report: (error: unknown) => void
  readonly #figures: Figures
  readonly #writers: Pool
  readonly #readers: Pool
  readonly #lanes = new WeakMap<Tx, Lane>()
  readonly #silentMs: number
  readonly #statistics = new Statistics()
  #givingUp: NodeJS.Timeout | undefined

  constructor(options: PostgresOptions, first: Lane) {
    this.#report = options.report
    this.#silentMs = options.idleMs ?? IDLE_MS
    this.#figures = options.figures ?? createFigures()
    const pool = (size: number, readOnly: boolean, figures: PoolFigures) => ({
      figures,
      open: () => openLane(laneOptions(options, readOnly)),
      size,
      waitMs: options.waitMs ?? 10_000,
      onLost: (askedAt: number) => {
        for (const one of [this.#writers, this.#readers]) one.distrust(askedAt)
      },
    })
    this.#writers = new Pool(pool(options.writers ?? 8, false, this.#figures.writers), [first])
    this.#readers = new Pool(pool(options.readers ?? 8, true, this.#figures.readers))
    this.read = buildQueries(async (text, parameters, how) => {
      refuseNul(parameters)
      return await this.#readers.use((lane) => lane.run(text, parameters, how))
    })
    this.prepare = (build) => prepareWith(this.read, build)
  }

  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#retry(work)
  }

  after(tx: Tx, work: () => void): void {
    transactionOf(tx).after(work)
  }

  async now(tx?: Tx): Promise<number> {
    const lane = tx && this.#lanes.get(tx)
    const ask = async (on: Lane) => Number((await on.run(NOW, [], { prepare: true })).rows[0]?.[0])
    return await (lane === undefined ? this.#readers.use(ask) : ask(lane))
  }

  forUpdate<Q>(query: Q): Q {
    return (query as { for(strength: string): Q }).for('no key update')
  }

  refreshStatistics(): Promise<void> {
    return this.#writers.use((lane) => this.#statistics.refresh(lane))
  }

  overwriteDeleted(): void {
    // Dead rows are the business of its vacuum.
  }

  hurry(): void {
    const pools = [this.#writers, this.#readers]
    const giveUp = () => void Promise.all(pools.map((pool) => pool.giveUp(HURRY_MS)))
    this.#givingUp ??= setInterval(giveUp, HURRY_MS / 10).unref()
  }

  async close(): Promise<void> {
    await Promise.all([this.#writers.close(), this.#readers.close()])
    clearInterval(this.#givingUp)
  }

  async #retry<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#writers.use((lane) => this.#transact(lane, work))
      } catch (error) {
        if (attempt === MAX_TRIES || !TRANSIENT.has(sqlStateOf(error) ?? '')) throw error
        this.#figures.retries += 1
        // Full jitter, so that those who collided do not meet again.
        await sleep(Math.random() * 10 * 2 ** attempt)
      }
    }
  }

  async #transact<T>(lane: Lane, work: (tx: Tx) => Promise<T>): Promise<T> {
    const transaction = new Transaction()
    const tx = bindTransaction(queriesIn(transaction, lane), transaction)
    this.#lanes.set(tx, lane)
    await lane.run('begin')
    try {
      const result = await lane.whileAlive(work(tx))
      transaction.finish()
      await commit(lane)
      transaction.committed(this.#report)
      return result
    } catch (error) {
      transaction.isOpen = false
      await rollback(lane)
      // Who has the lock may be gone. Whether that has helped, the next try tells.
      if (sqlStateOf(error) === NOT_LOCKED)
        await endDeserted(lane, this.#silentMs).catch(() => undefined)
      throw error
    }
  }
}

function queriesIn(transaction: Transaction, lane: Lane): Tx {
  return buildQueries(async (text, parameters, how) => {
    transaction.enter()
    try {
      refuseNul(parameters)
      return await lane.run(text, parameters, how)
    } catch (error) {
      // Postgres has given the transaction up by now, whatever its author does with the failure.
      transaction.fail(error)
      throw error
    }
  })
}

async function commit(lane: Lane): Promise<void> {
  if (lane.isDead) throw new TidingsError('UNAVAILABLE')
  let answer: Answer
  try {
    answer = await lane.run('commit')
  } catch (error) {
    // A refusal is a refusal. Anything else may have come after Postgres had made the commit durable.
    if (/^(23|40)/.test(sqlStateOf(error) ?? '')) throw error
    throw new TidingsError('UNKNOWN_RETRY', undefined, { cause: error })
  }
  if (answer.command !== 'COMMIT') {
    const cause = new Error('a statement that nobody waited for had failed: Postgres rolled back')
    throw new TidingsError('INTERNAL', undefined, { cause })
  }
}

async function rollback(lane: Lane): Promise<void> {
  if (lane.isDead) return
  try {
    await lane.run('rollback')
  } catch {
    // Whatever state the connection is in, nobody else may get it.
    await lane.close()
  }
}
