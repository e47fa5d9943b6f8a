import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** What a user lets a client do. */
export interface OAuthConsentRow {
  readonly key: number
  readonly id: string
  readonly clientKey: number
  readonly userKey: number
  /** Space-separated. */
  readonly scope: string
  /** 1: only in the conversations that are listed. */
  readonly limited: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly revokedAt: number | null
}

/** A user and a client. */
export interface ConsentPlace {
  readonly userKey: number
  readonly clientKey: number
}

/** What the user has consented to, also when it has been revoked. */
export async function findOAuthConsent(
  { tables: { oauthConsents } }: Database,
  reader: Reader,
  by: ConsentPlace | { readonly id: string },
): Promise<OAuthConsentRow | undefined> {
  const isIt =
    'id' in by
      ? eq(oauthConsents.id, by.id)
      : and(eq(oauthConsents.userKey, by.userKey), eq(oauthConsents.clientKey, by.clientKey))
  const [row] = await reader.select().from(oauthConsents).where(isIt).limit(1)
  return row
}

/** One by its key. */
export async function readOAuthConsent(
  database: Database,
  reader: Reader,
  key: number,
): Promise<OAuthConsentRow | undefined> {
  const [row] = await readQuery(database)(reader, { key })
  return row
}

const readQuery = perDatabase((database) => {
  const { oauthConsents } = database.tables
  const isIt = eq(oauthConsents.key, sql.placeholder('key'))
  return database.prepare((on) => on.select().from(oauthConsents).where(isIt).limit(1))
})

/** One by its key, held until the transaction ends: what is given by it must not cross with revoking it. */
export async function lockOAuthConsent(
  database: Database,
  tx: Tx,
  key: number,
): Promise<OAuthConsentRow | undefined> {
  const [row] = await lockQuery(database)(tx, { key })
  return row
}

const lockQuery = perDatabase((database) => {
  const { oauthConsents } = database.tables
  const isIt = eq(oauthConsents.key, sql.placeholder('key'))
  return database.prepare((on) =>
    database.forUpdate(on.select().from(oauthConsents).where(isIt).limit(1)),
  )
})

/** What is written of a consent. */
export type ConsentGiven = Pick<OAuthConsentRow, 'scope' | 'limited'> & { readonly now: number }

/** Writes a consent unless the user has one for the client. Answers the one that is there, held. */
export async function claimOAuthConsent(
  database: Database,
  tx: Tx,
  { id, now, ...place }: ConsentPlace & { readonly id: string; readonly now: number },
): Promise<OAuthConsentRow> {
  const { oauthConsents } = database.tables
  await tx
    .insert(oauthConsents)
    .values({ ...place, id, scope: '', limited: 0, createdAt: now, updatedAt: now, revokedAt: now })
    .onConflictDoNothing()
  const found = await findOAuthConsent(database, tx, place)
  const held = await lockOAuthConsent(database, tx, found?.key ?? 0)
  if (held === undefined) throw new Error('an insert wrote no row')
  return held
}

/** Writes what the user consents to now; a revoked consent holds again. */
export async function updateOAuthConsent(
  { tables: { oauthConsents } }: Database,
  tx: Tx,
  { key, now, ...given }: ConsentGiven & { readonly key: number },
): Promise<void> {
  await tx
    .update(oauthConsents)
    .set({ ...given, updatedAt: now, revokedAt: null })
    .where(eq(oauthConsents.key, key))
}

/** Ends a consent. */
export async function revokeOAuthConsent(
  { tables: { oauthConsents } }: Database,
  tx: Tx,
  { key, now }: { key: number; now: number },
): Promise<void> {
  await tx
    .update(oauthConsents)
    .set({ revokedAt: now })
    .where(and(eq(oauthConsents.key, key), isNull(oauthConsents.revokedAt)))
}

/** Puts other conversations in the place of those to which a consent is limited. */
export async function replaceConsentConversations(
  { tables: { oauthConsentConversations } }: Database,
  tx: Tx,
  { consentKey, conversationKeys }: { consentKey: number; conversationKeys: readonly number[] },
): Promise<void> {
  await tx
    .delete(oauthConsentConversations)
    .where(eq(oauthConsentConversations.consentKey, consentKey))
  const rows = conversationKeys.map((conversationKey) => ({ consentKey, conversationKey }))
  if (rows.length > 0) await tx.insert(oauthConsentConversations).values(rows)
}

/** Of conversations by id, the keys of those in which the user is now. */
export async function listOwnConversationKeys(
  { tables: { conversations, members } }: Database,
  reader: Reader,
  { userKey, ids }: { userKey: number; ids: readonly string[] },
): Promise<number[]> {
  if (ids.length === 0) return []
  const rows = await reader
    .select({ key: conversations.key })
    .from(conversations)
    .innerJoin(members, eq(members.conversationKey, conversations.key))
    .where(
      and(
        inArray(conversations.id, [...ids]),
        eq(members.userKey, userKey),
        eq(members.state, 'active'),
      ),
    )
  return rows.map(({ key }) => key)
}
