import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core'
import type { Tables } from './tables.ts'

/** Drizzle's builder with SQLite's types, answers by promise. Postgres is cast to it: only the common subset is offered. */
type Builder = BaseSQLiteDatabase<'async', unknown, Record<string, never>>

/** What may be asked inside a transaction. */
export type Tx = Pick<
  Builder,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'with' | '$with' | '$count'
>

/** What may be asked outside of one. */
export type Reader = Pick<Tx, 'select' | 'selectDistinct' | 'with' | '$with' | '$count'>

/** A query that can be built once and run often. */
export interface Preparable {
  prepare: (name: never) => unknown
  then: (...handlers: never[]) => unknown
}

/** A query built once: `values` fill its `sql.placeholder`s. Runs where it is told to, in a transaction or outside. */
export type Statement<R> = (on: Tx | Reader, values?: Record<string, unknown>) => Promise<R>

/** How a transaction is run. */
export interface TxOptions {
  /**
   * On SQLite, which has one writer, those of high priority go before those of low priority that wait already, for about
   * 3 ms; in between, nothing overtakes anything. On Postgres nobody waits. @default 'normal'
   */
  readonly priority?: 'high' | 'normal' | 'low' | undefined
}

/**
 * One database, the same on SQLite and on Postgres. Every failure of the engine surfaces as a `TidingsError`: UNAVAILABLE
 * (repeat later), UNKNOWN_RETRY (the outcome of a commit is not known), STORAGE_FULL, INVALID_INPUT (a NUL in a text) or
 * INTERNAL; the driver's own error is its private `cause`.
 */
export interface Database {
  readonly engine: 'sqlite' | 'postgres'
  readonly tables: Tables
  /** Reads what is committed; never sees an open transaction, not even the one it is used in. */
  readonly read: Reader
  /**
   * Runs `work` in one transaction: READ COMMITTED with row locks on Postgres, the only writer on SQLite. Await nothing but
   * `tx` inside, since on SQLite everybody waits, and hand `tx` on: another transaction begun and awaited inside waits for
   * this one. `work` may run again, after a deadlock or when a disk is full, so side effects belong into
   * {@link Database.after}. A failed statement fails the whole transaction, also when the failure is caught. `tx` is dead
   * once the transaction has ended.
   */
  tx<T>(work: (tx: Tx) => Promise<T>, options?: TxOptions): Promise<T>
  /** Runs `work` once the transaction of `tx` has committed, never after a rollback; at once when it has ended. */
  after(tx: Tx, work: () => void): void
  /** The database's clock, integer milliseconds: Postgres' own, the injected clock on SQLite. */
  now(tx?: Tx): Promise<number>
  /**
   * Locks the rows that a query answers until the end of the transaction. FOR NO KEY UPDATE on Postgres: it excludes every
   * other locker and writer, but not the foreign key checks of new rows that point here. Nothing to do on SQLite.
   */
  forUpdate<Q>(query: Q): Q
  /** Builds a query once, for the hot paths: building costs more than running. */
  prepare<Q extends Preparable>(build: (on: Tx) => Q): Statement<Awaited<Q>>
  /**
   * Whether what is deleted is overwritten in the file as well, from now on, on SQLite; whoever wants it says so, and takes it
   * back. The log of the database has the old pages until it starts over, at the latest when the database is closed.
   */
  overwriteDeleted(isOn: boolean): void
  /** Brings what the engine knows of the sizes of tables up to date, where they have at least doubled; nothing on SQLite (DB29). */
  refreshStatistics(): Promise<void>
  /** Its user is about to close it: what it has not answered within 3 s is given up. */
  hurry(): void
  /** Refuses new work with UNAVAILABLE, waits for what is under way, and lets go of files and connections. */
  close(): Promise<void>
}
