import { sql, type SQL } from 'drizzle-orm'
import type { Cell } from './values.ts'

/** What a column of a {@link rowSet} holds. */
export type CellKind = 'integer' | 'text'

/**
 * Any number of rows as ONE parameter, so that a prepared query keeps its text, and its plan, whatever their number:
 * `(a, b) in (${rowSet(engine, 'rows', ['integer', 'text'])})`, or `from (${rowSet(...)}) as v` with columns `v.column1`,
 * `v.column2` …; the rows are given as `{ rows: cells([[1, 'a'], [2, 'b']]) }`. No rows match nothing.
 */
export function rowSet(
  engine: 'sqlite' | 'postgres',
  placeholder: string,
  kinds: readonly CellKind[],
): SQL {
  const columns = kinds.map((kind, place) => {
    const name = sql.raw(`column${place + 1}`)
    const cell = sql.raw(`row.value ->> ${place}`)
    return kind === 'integer' && engine === 'postgres'
      ? sql`(${cell})::bigint as ${name}`
      : sql`${cell} as ${name}`
  })
  const rows =
    engine === 'postgres'
      ? sql`json_array_elements(${sql.placeholder(placeholder)}::json) as row(value)`
      : sql`json_each(${sql.placeholder(placeholder)}) as row`
  return sql`select ${sql.join(columns, sql`, `)} from ${rows}`
}

/** The parameter of a {@link rowSet}. */
export function cells(rows: readonly (readonly Cell[])[]): string {
  return JSON.stringify(rows)
}
