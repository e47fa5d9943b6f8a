import * as P from 'drizzle-orm/pg-core'
import type { Columns } from './columns.ts'
import { defineTables, type Tables } from './tables.ts'

// `json` and not `jsonb`: jsonb reorders keys and refuses \u0000. The driver hands it over unparsed (see postgres-lane.ts):
// drizzle's own json column would parse a string inside the JSON a second time.
const json = P.customType<{ data: unknown; driverData: string }>({
  dataType: () => 'json',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (text): unknown => JSON.parse(text),
})

const tsvector = P.customType<{ data: string; driverData: string }>({ dataType: () => 'tsvector' })

/** The same vocabulary on Postgres. */
const postgresColumns = {
  table: P.pgTable,
  index: P.index,
  uniqueIndex: P.uniqueIndex,
  primaryKey: P.primaryKey,
  key: () => P.bigint('key', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  text: (name: string) => P.text(name),
  oneOf: (name: string, values: [string, ...string[]]) => P.text(name, { enum: values }),
  int: (name: string) => P.bigint(name, { mode: 'number' }),
  small: (name: string) => P.smallint(name),
  tokens: (name: string) => tsvector(name),
  json: (name: string) => json(name),
} satisfies Record<keyof Columns, unknown> as unknown as Columns

/** The tables of Postgres, under SQLite's types. Apart, so that only who uses Postgres loads what they are made of. */
export const postgresTables: Tables = defineTables(postgresColumns)
