import { defineConversationTables } from './tables/conversation.ts'
import { defineStreamTables } from './tables/stream.ts'
import { defineUserTables } from './tables/user.ts'
import { sqliteColumns, type Columns } from './columns.ts'

/**
 * Every table, once, for whichever engine's columns are given. Column names are written out: drizzle's `casing` is not
 * honoured by all of its drivers. Times are integers of milliseconds.
 */
export function defineTables(columns: Columns) {
  const streamTables = defineStreamTables(columns)
  const userTables = defineUserTables(columns, streamTables)
  const conversationTables = defineConversationTables(columns, { ...streamTables, ...userTables })
  return { ...streamTables, ...userTables, ...conversationTables }
}

/** The tables as queries see them. */
export type Tables = ReturnType<typeof defineTables>

/** The tables of SQLite. */
export const sqliteTables: Tables = defineTables(sqliteColumns)
