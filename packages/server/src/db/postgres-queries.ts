import { NoopCache } from 'drizzle-orm/cache/core'
import { NoopLogger } from 'drizzle-orm/logger'
import { PgDatabase, PgDialect } from 'drizzle-orm/pg-core'
import { PgRemoteSession, PreparedQuery } from 'drizzle-orm/pg-proxy'
import type { Tx } from './database.ts'
import type { Answer, RunOptions } from './postgres-lane.ts'
import { bindRunner } from './statements.ts'

/** Runs one statement and answers its rows. */
export type Run = (
  text: string,
  parameters: readonly unknown[],
  options: RunOptions,
) => Promise<Answer>

const dialect = new PgDialect()

/** A query builder over `run`, under SQLite's types. */
export function buildQueries(run: Run): Tx {
  const session = new Session(run, dialect)
  const builder = new PgDatabase(dialect, session, undefined) as unknown as Tx
  const prepared = { prepare: true }
  const rows = async (text: string, parameters: readonly unknown[]) =>
    (await run(text, parameters, prepared)).rows
  return bindRunner(builder, { rows, run: rows })
}

// Texts with more are mostly lists, of which there is one for every length.
const MAX_KEPT_PARAMETERS = 16

/** drizzle's remote session, but for two things: named queries are kept prepared, and failures stay what they are. */
class Session extends PgRemoteSession<Record<string, never>, Record<string, never>> {
  readonly #run: Run

  constructor(run: Run, dialect: PgDialect) {
    super(() => Promise.reject(new Error('not used')), dialect, undefined)
    this.#run = run
  }

  override prepareQuery(...args: Parameters<PgRemoteSession<never, never>['prepareQuery']>): never {
    const [query, fields, name, isArrays, map] = args
    const send = async (text: string, parameters: unknown[], method: string) => {
      // A statement that is parsed each time costs a second round trip; one kept costs memory in every connection.
      const isKept = name !== undefined || parameters.length <= MAX_KEPT_PARAMETERS
      const options = { prepare: isKept, objects: method === 'execute' }
      return { rows: (await this.#run(text, parameters, options)).rows }
    }
    const prepared = new PreparedQuery(
      send,
      query.sql,
      query.params,
      query.typings,
      new NoopLogger(),
      new NoopCache(),
      undefined,
      undefined,
      fields,
      isArrays,
      map,
    )
    // drizzle would wrap every failure in one whose message holds the statement and its parameters: passwords' digests too.
    return Object.assign(prepared, {
      queryWithCache: (_text: string, _parameters: unknown[], ask: () => Promise<unknown>) => ask(),
    }) as never
  }
}
