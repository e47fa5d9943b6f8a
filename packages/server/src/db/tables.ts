import { defineAuditTables } from './tables/audit.ts'
import { defineConversationTables } from './tables/conversation.ts'
import { defineGroupTables } from './tables/group.ts'
import { defineIdentityTables } from './tables/identity.ts'
import { defineMessageTables } from './tables/message.ts'
import { defineNotificationTables } from './tables/notification.ts'
import { defineOAuthClientTables } from './tables/oauth-client.ts'
import { defineOAuthGrantTables } from './tables/oauth-grant.ts'
import { definePeopleTables } from './tables/people.ts'
import { defineSearchTables } from './tables/search.ts'
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
  const notificationTables = defineNotificationTables(columns, userTables)
  const messageTables = defineMessageTables(columns, userTables)
  const peopleTables = definePeopleTables(columns, userTables)
  const groupTables = defineGroupTables(columns, { ...userTables, ...conversationTables })
  const clientTables = defineOAuthClientTables(columns, userTables)
  const parents = { ...userTables, ...clientTables, ...conversationTables }
  const grantTables = defineOAuthGrantTables(columns, parents)
  const auditTables = defineAuditTables(columns, userTables)
  return {
    ...streamTables,
    ...userTables,
    ...conversationTables,
    ...notificationTables,
    ...defineSearchTables(columns),
    ...messageTables,
    ...peopleTables,
    ...groupTables,
    ...clientTables,
    ...grantTables,
    ...auditTables,
    ...defineIdentityTables(columns, userTables),
  }
}

/** The tables as queries see them. */
export type Tables = ReturnType<typeof defineTables>

/** The tables of SQLite. */
export const sqliteTables: Tables = defineTables(sqliteColumns)
