import { and, eq, inArray, isNull, lt } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'

/** Deletes sessions that ended before a time, with the cursors of their devices. Their tokens must be gone already. */
export async function deleteSessions(
  database: Database,
  tx: Tx,
  { endedBefore, limit }: { endedBefore: number; limit: number },
): Promise<number> {
  const { sessions, refreshTokens, tickets, deviceCursors } = database.tables
  const ended = await tx
    .select({ key: sessions.key })
    .from(sessions)
    .leftJoin(refreshTokens, eq(refreshTokens.sessionKey, sessions.key))
    .leftJoin(tickets, eq(tickets.sessionKey, sessions.key))
    .where(
      and(
        lt(sessions.expiresAt, endedBefore),
        isNull(refreshTokens.digest),
        isNull(tickets.digest),
      ),
    )
    .limit(limit)
  const keys = ended.map(({ key }) => key)
  if (keys.length === 0) return 0
  await tx.delete(deviceCursors).where(inArray(deviceCursors.sessionKey, keys))
  await tx.delete(sessions).where(inArray(sessions.key, keys))
  return keys.length
}
