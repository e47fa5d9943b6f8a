import type { Database } from '../db/database.ts'
import type { Cell } from '../db/snapshot.ts'

/** One thing that must hold in a database, whatever has happened to it. */
export interface Check {
  /** Short, for scripts and alarms; never given another meaning. */
  readonly name: string
  /** What holds, as a sentence. */
  readonly promise: string
  /** The rules of SPEC.md that it is part of. */
  readonly rules: readonly string[]
  /**
   * A query over whole tables that answers a row for each place where it does not hold, with columns that say where. Keys
   * and ids only, never names or texts of people.
   */
  readonly broken: string
}

/** What of SQL the engines spell differently. */
export interface Dialect {
  readonly engine: Database['engine']
  /** A field of an event's JSON, as text. */
  text(body: string, path: readonly string[]): string
  /** A field of an event's JSON, as an integer. */
  integer(body: string, path: readonly string[]): string
  /** Joins the receipts of `receipt.updated`, each as JSON in `item.value`. */
  receipts(body: string): string
  /** Joins whom a message mentions, each as an id in `item.value`. */
  mentions(body: string): string
}

// A body that is no JSON fails a query of SQLite as a whole; here it is the affair of the check for it.
const SQLITE: Dialect = {
  engine: 'sqlite',
  text: (body, path) =>
    `case when json_valid(${body}) then json_extract(${body}, '$.${path.join('.')}') end`,
  integer: (body, path) => `cast(${SQLITE.text(body, path)} as integer)`,
  receipts: (body) =>
    `join json_each(case when json_valid(${body}) then ${body} else '{}' end, '$.receipts') as item`,
  mentions: (body) =>
    `join json_each(case when json_valid(${body}) then ${body} else '{}' end, '$.mentions') as item`,
}

const POSTGRES: Dialect = {
  engine: 'postgres',
  text: (body, path) => `(${body} #>> '{${path.join(',')}}')`,
  integer: (body, path) => `(${POSTGRES.text(body, path)})::bigint`,
  receipts: (body) => `cross join json_array_elements(${body} -> 'receipts') as item(value)`,
  mentions: (body) => `cross join json_array_elements_text(${body} -> 'mentions') as item(value)`,
}

/** The spelling of an engine. */
export function dialectOf(engine: Database['engine']): Dialect {
  return engine === 'sqlite' ? SQLITE : POSTGRES
}

/** One place at which a check does not hold. */
export type Finding = Readonly<Record<string, Cell>>
