import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { prepareInsert } from '../db/insert-rows.ts'
import { perDatabase } from './per-database.ts'

/** An access token of a client, as a digest. */
export interface OAuthAccessTokenRow {
  readonly digest: string
  readonly clientKey: number
  /** Null for one that acts for nobody. */
  readonly sessionKey: number | null
  readonly scope: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
}

/** Writes a new one. */
export function insertOAuthAccessToken(
  database: Database,
  tx: Tx,
  token: Omit<OAuthAccessTokenRow, 'revokedAt'>,
): Promise<void> {
  return tokenInsert(database)(tx, [token])
}

const tokenInsert = perDatabase((database) =>
  prepareInsert(database, database.tables.oauthAccessTokens),
)

/** Finds one, whatever has become of it. */
export async function findOAuthAccessToken(
  database: Database,
  reader: Reader,
  digest: string,
): Promise<OAuthAccessTokenRow | undefined> {
  const [row] = await tokenQuery(database)(reader, { digest })
  return row
}

const tokenQuery = perDatabase((database) => {
  const { oauthAccessTokens } = database.tables
  return database.prepare((on) =>
    on
      .select()
      .from(oauthAccessTokens)
      .where(eq(oauthAccessTokens.digest, sql.placeholder('digest')))
      .limit(1),
  )
})

/** Ends one that acts for nobody; the others end with their sessions. */
export async function revokeOAuthAccessToken(
  { tables: { oauthAccessTokens } }: Database,
  tx: Tx,
  { digest, now }: { digest: string; now: number },
): Promise<void> {
  const isLiving = and(eq(oauthAccessTokens.digest, digest), isNull(oauthAccessTokens.revokedAt))
  await tx.update(oauthAccessTokens).set({ revokedAt: now }).where(isLiving)
}

/** What has become of the client and of the consent behind a session. */
export interface OAuthGrantRow {
  readonly clientId: string
  readonly state: 'draft' | 'submitted' | 'approved' | 'rejected'
  readonly creatorKey: number
  readonly suspendedAt: number | null
  readonly deletedAt: number | null
  readonly consentKey: number | null
  readonly consentScope: string | null
  readonly limited: number | null
  readonly revokedAt: number | null
}

/** The client of a session, with the user's consent if it acts by one. */
export async function findOAuthGrant(
  database: Database,
  reader: Reader,
  session: { readonly clientKey: number; readonly consentKey: number | null },
): Promise<OAuthGrantRow | undefined> {
  const { clientKey, consentKey } = session
  const [row] = await grantQuery(database)(reader, { clientKey, consentKey: consentKey ?? 0 })
  return row
}

const grantQuery = perDatabase((database) => {
  const { oauthClients, oauthConsents } = database.tables
  return database.prepare((on) =>
    on
      .select({
        clientId: oauthClients.id,
        state: oauthClients.state,
        creatorKey: oauthClients.creatorKey,
        suspendedAt: oauthClients.suspendedAt,
        deletedAt: oauthClients.deletedAt,
        consentKey: oauthConsents.key,
        consentScope: oauthConsents.scope,
        limited: oauthConsents.limited,
        revokedAt: oauthConsents.revokedAt,
      })
      .from(oauthClients)
      .leftJoin(oauthConsents, eq(oauthConsents.key, sql.placeholder('consentKey')))
      .where(eq(oauthClients.key, sql.placeholder('clientKey')))
      .limit(1),
  )
})

/** The conversations to which a consent is limited, by id. */
export async function listConsentConversations(
  { tables: { oauthConsentConversations, conversations } }: Database,
  reader: Reader,
  consentKey: number,
): Promise<string[]> {
  const rows = await reader
    .select({ id: conversations.id })
    .from(oauthConsentConversations)
    .innerJoin(conversations, eq(conversations.key, oauthConsentConversations.conversationKey))
    .where(eq(oauthConsentConversations.consentKey, consentKey))
  return rows.map(({ id }) => id)
}
