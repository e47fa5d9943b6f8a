import { sqliteTables } from './tables.ts'

// What drizzle-kit reads to generate SQLite's migrations.
export const {
  settings,
  streams,
  events,
  spans,
  users,
  sessions,
  refreshTokens,
  tickets,
  deviceCursors,
  guessCounts,
  conversations,
  members,
} = sqliteTables
