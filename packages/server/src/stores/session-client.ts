import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** What makes a session one of an OAuth client. */
export interface SessionGrant {
  readonly clientKey: number
  readonly consentKey: number
  readonly scope: string
}

/** Keys of the sessions by which a client acts for one user, the newest first. */
export async function listClientSessionKeys(
  { tables: { sessions } }: Database,
  reader: Reader,
  {
    clientKey,
    userKey,
    now,
  }: { readonly clientKey: number; readonly userKey: number; readonly now: number },
): Promise<number[]> {
  const rows = await reader
    .select({ key: sessions.key })
    .from(sessions)
    .where(
      and(
        eq(sessions.clientKey, clientKey),
        eq(sessions.userKey, userKey),
        isNull(sessions.revokedAt),
        gt(sessions.expiresAt, now),
      ),
    )
    .orderBy(desc(sessions.key))
  return rows.map(({ key }) => key)
}

/** Which clients, however many, and when something ends. */
export interface ClientsEnd {
  readonly clientKeys: readonly number[]
  readonly now: number
}

/** Ends the sessions by which clients act for users, of which there may be any number; answers their keys. */
export async function revokeClientSessions(
  database: Database,
  tx: Tx,
  { clientKeys, now }: ClientsEnd,
): Promise<number[]> {
  const ended = await sessionsEnd(database)(tx, { clientKeys: list(clientKeys), now })
  return ended.map(({ key }) => key)
}

const sessionsEnd = perDatabase((database) => {
  const { sessions } = database.tables
  const now = sql`cast(${sql.placeholder('now')} as bigint)`
  const isLiving = and(
    isAmong(database.engine, sessions.clientKey, 'clientKeys'),
    isNull(sessions.revokedAt),
    gt(sessions.expiresAt, now),
  )
  return database.prepare((on) =>
    on.update(sessions).set({ revokedAt: now }).where(isLiving).returning({ key: sessions.key }),
  )
})

/** Ends the access tokens by which clients act for nobody. */
export async function revokeServiceTokens(
  database: Database,
  tx: Tx,
  { clientKeys, now }: ClientsEnd,
): Promise<void> {
  await tokensEnd(database)(tx, { clientKeys: list(clientKeys), now })
}

const tokensEnd = perDatabase((database) => {
  const { oauthAccessTokens } = database.tables
  const isLiving = and(
    isAmong(database.engine, oauthAccessTokens.clientKey, 'clientKeys'),
    isNull(oauthAccessTokens.sessionKey),
    isNull(oauthAccessTokens.revokedAt),
  )
  return database.prepare((on) =>
    on
      .update(oauthAccessTokens)
      .set({ revokedAt: sql`cast(${sql.placeholder('now')} as bigint)` })
      .where(isLiving),
  )
})
