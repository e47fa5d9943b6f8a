import { sql, type SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { refuseNul } from './errors.ts'

/** A value of a {@link rowSet}: an integer or a text. */
export type Cell = number | string

/** What a column of a {@link rowSet} holds. */
export type CellKind = 'integer' | 'text'

type Engine = 'sqlite' | 'postgres'

/**
 * Any number of rows as ONE parameter, so that a prepared query keeps its text, and its plan, whatever their number:
 * `(a, b) in (${rowSet(engine, 'rows', ['integer', 'text'])})`, or `from (${rowSet(...)}) as v` with columns `v.column1`,
 * `v.column2` …; the rows are given as `{ rows: cells([[1, 'a'], [2, 'b']]) }`. No rows match nothing.
 */
export function rowSet(engine: Engine, placeholder: string, kinds: readonly CellKind[]): SQL {
  const columns = kinds.map((kind, place) => {
    const name = sql.raw(`column${place + 1}`)
    const cell = sql.raw(`row.value ->> ${place}`)
    return kind === 'integer' && engine === 'postgres'
      ? sql`(${cell})::bigint as ${name}`
      : sql`${cell} as ${name}`
  })
  const selected = sql.join(columns, sql`, `)
  const rows = sql.placeholder(placeholder)
  // Postgres takes a JSON array for 100 rows, and would rather read a whole table than look 100 up; of a limit that it
  // does not know it expects a tenth.
  return engine === 'postgres'
    ? sql`select ${selected} from json_array_elements(${rows}::json) as row(value) limit (select 1000000000)`
    : sql`select ${selected} from json_each(${rows}) as row`
}

/** The parameter of a {@link rowSet}. */
export function cells(rows: readonly (readonly Cell[])[]): string {
  return toJson(rows)
}

/** Rows up to which it is quicker to take one after the other. */
const FEW = 16

/**
 * Whether a statement a row beats one for a {@link rowSet}: on SQLite, where it is a mere call, and as long as they are few.
 * Taking a JSON array apart costs more than the look into an index.
 */
export function isFew(engine: Engine, rows: readonly unknown[]): boolean {
  return engine === 'sqlite' && rows.length <= FEW
}

/** All rows of the answers to a statement a row. */
export async function eachRow<Given, Row>(
  given: readonly Given[],
  run: (one: Given) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const one of given) rows.push(...(await run(one)))
  return rows
}

/** True where a column has one of any number of values, given as ONE parameter: `{ keys: list([1, 2]) }`. */
export function isAmong(engine: Engine, column: SQLiteColumn, placeholder: string): SQL {
  const values = sql.placeholder(placeholder)
  if (engine === 'sqlite') return sql`${column} in (select value from json_each(${values}))`
  const value = column.dataType === 'number' ? sql`value::bigint` : sql`value`
  return sql`${column} = any(array(select ${value} from json_array_elements_text(${values}::json)))`
}

/** The parameter of {@link isAmong}. */
export function list(values: readonly Cell[]): string {
  return toJson(values)
}

/** A text means what it would mean as a parameter of its own. */
function toJson(values: readonly unknown[]): string {
  const json = JSON.stringify(values)
  // All that engines differ in is escaped by JSON: the NUL, which is refused, and half surrogates, which become U+FFFD.
  return json.includes('\\u') ? JSON.stringify(values, plainText) : json
}

function plainText(_key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  refuseNul([value])
  return value.replaceAll(/\p{Surrogate}/gu, '\uFFFD')
}
