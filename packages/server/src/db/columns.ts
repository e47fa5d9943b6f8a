import * as S from 'drizzle-orm/sqlite-core'

/**
 * One vocabulary of columns for two engines, and the only place that names column types. SQLite's types are THE types:
 * Postgres is cast to them, so a query is written, and type-checked, once.
 */
export const sqliteColumns = {
  table: S.sqliteTable,
  index: S.index,
  uniqueIndex: S.uniqueIndex,
  primaryKey: S.primaryKey,
  /** The internal integer identity of a row; never given twice, also not after a delete. */
  key: () => S.integer('key').primaryKey({ autoIncrement: true }),
  text: (name: string) => S.text(name),
  oneOf: <const T extends readonly [string, ...string[]]>(name: string, values: T) =>
    S.text(name, { enum: values }),
  int: (name: string) => S.integer(name, { mode: 'number' }),
  small: (name: string) => S.integer(name, { mode: 'number' }),
  /** Tokens with spaces between them, to be searched. */
  tokens: (name: string) => S.text(name),
  /** JSON kept as the text that was written: same keys in the same order from both engines. */
  json: <T>(name: string) => S.text(name, { mode: 'json' }).$type<T>(),
}

/** The vocabulary's type. */
export type Columns = typeof sqliteColumns
