import { eq, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { sessionColumns } from './session-columns.ts'

/** A session and whose it is. */
type SessionWithUser = NonNullable<Awaited<ReturnType<SessionQuery>>[0]>

type SessionQuery = ReturnType<typeof sessionWithUserQuery>

/** A session and whose it is, in one look. Built once: it goes before every call over HTTP. */
export function prepareFindSessionWithUser(
  database: Database,
): (
  by: { readonly id: string } | { readonly key: number },
) => Promise<SessionWithUser | undefined> {
  const byId = sessionWithUserQuery(database, 'id')
  const byKey = sessionWithUserQuery(database, 'key')
  return async (by) => {
    const [row] = 'id' in by ? await byId(database.read, by) : await byKey(database.read, by)
    return row
  }
}

function sessionWithUserQuery(database: Database, by: 'id' | 'key') {
  const { sessions, users } = database.tables
  const columns = {
    ...sessionColumns(database),
    userId: users.id,
    username: users.username,
    role: users.role,
    suspendedAt: users.suspendedAt,
  }
  return database.prepare((on) =>
    on
      .select(columns)
      .from(sessions)
      .innerJoin(users, eq(users.key, sessions.userKey))
      .where(eq(sessions[by], sql.placeholder(by)))
      .limit(1),
  )
}
