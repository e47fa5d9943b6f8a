import { postgresTables } from './postgres-tables.ts'

// What drizzle-kit reads to generate Postgres's migrations.
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
} = postgresTables
