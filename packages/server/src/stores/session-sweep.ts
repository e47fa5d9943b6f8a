import { and, asc, eq, gt, inArray, isNull, lt } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import { toEndedPage, type EndedAfter, type EndedPage, type Ending } from '../db/ending.ts'

/** The tables of what opens something, as digests. */
export function secretsOf({ tables }: Database): readonly Ending[] {
  const { tickets, refreshTokens, oauthAccessTokens, oauthAuthorizationCodes } = tables
  const { providerSignIns, usedSecrets, mailCodes } = tables
  return [
    ...[tickets, refreshTokens, oauthAccessTokens, oauthAuthorizationCodes],
    ...[providerSignIns, usedSecrets, mailCodes],
  ].map((table) => ({ table, id: table.digest, end: table.expiresAt }))
}

/** The table of what counts guesses. */
export function countsOf({ tables: { guessCounts: table } }: Database): Ending {
  return { table, id: table.digest, end: table.endsAt }
}

/** Looks at a page of sessions, the oldest first. */
export async function listEndedSessions(
  { read, tables: { sessions } }: Database,
  page: EndedAfter<number>,
): Promise<EndedPage<number>> {
  const rows = await read
    .select({ id: sessions.key, end: sessions.expiresAt })
    .from(sessions)
    .where(gt(sessions.key, page.after ?? 0))
    .orderBy(asc(sessions.key))
    .limit(page.limit)
  return toEndedPage(rows, page)
}

/**
 * Deletes sessions that were found ended, unless they end later by now, with the cursors of their devices; answers how many. Those
 * stay that have tokens or tickets left.
 */
export async function deleteSessions(
  database: Database,
  tx: Tx,
  { keys: found, endedBefore }: { keys: readonly number[]; endedBefore: number },
): Promise<number> {
  const { sessions, refreshTokens, tickets, deviceCursors } = database.tables
  const { externalSessions, oauthAccessTokens, oauthAuthorizationCodes } = database.tables
  const ended = await tx
    .select({ key: sessions.key })
    .from(sessions)
    .leftJoin(refreshTokens, eq(refreshTokens.sessionKey, sessions.key))
    .leftJoin(tickets, eq(tickets.sessionKey, sessions.key))
    .where(
      and(
        inArray(sessions.key, [...found]),
        lt(sessions.expiresAt, endedBefore),
        isNull(refreshTokens.digest),
        isNull(tickets.digest),
      ),
    )
  const keys = ended.map(({ key }) => key)
  if (keys.length === 0) return 0
  await tx.delete(deviceCursors).where(inArray(deviceCursors.sessionKey, keys))
  for (const table of [oauthAccessTokens, oauthAuthorizationCodes])
    await tx.delete(table).where(inArray(table.sessionKey, keys))
  await tx.delete(externalSessions).where(inArray(externalSessions.sessionKey, keys))
  await tx.delete(sessions).where(inArray(sessions.key, keys))
  return keys.length
}
