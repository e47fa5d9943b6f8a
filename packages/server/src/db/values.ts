import { sql, type SQL } from 'drizzle-orm'

/** A value of a {@link valuesList}: an integer or a text. */
export type Cell = number | string

/**
 * `values (..), (..)` with typed cells, for `(a, b) in (${valuesList(rows)})` and for `from (${valuesList(rows)}) as v`
 * (columns `v.column1`, `v.column2` … on both engines). Every row has the same cells in the same order.
 * The first row's casts type its columns: Postgres would take untyped parameters for text.
 */
export function valuesList(rows: readonly (readonly Cell[])[]): SQL {
  if (rows.length === 0) throw new Error('valuesList needs a row')
  const list = rows.map(
    (cells, row) => sql`(${sql.join(cells.map(row === 0 ? typed : plain), sql`, `)})`,
  )
  return sql`values ${sql.join(list, sql`, `)}`
}

/** A {@link valuesList} of integers. */
export function integerRows(rows: readonly (readonly number[])[]): SQL {
  return valuesList(rows)
}

const plain = (cell: Cell): SQL => sql`${cell}`

const typed = (cell: Cell): SQL =>
  typeof cell === 'number' ? sql`cast(${cell} as bigint)` : sql`cast(${cell} as text)`
