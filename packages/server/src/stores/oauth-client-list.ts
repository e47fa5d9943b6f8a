import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lt } from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import type { OAuthClientRow } from './oauth-client.ts'

/** A user's clients that have not been deleted, the newest first. */
export async function listOwnOAuthClients(
  { tables: { oauthClients } }: Database,
  reader: Reader,
  creatorKey: number,
): Promise<OAuthClientRow[]> {
  return reader
    .select()
    .from(oauthClients)
    .where(and(eq(oauthClients.creatorKey, creatorKey), isNull(oauthClients.deletedAt)))
    .orderBy(desc(oauthClients.key))
}

/** How many a user has. */
export async function countOwnOAuthClients(
  { tables: { oauthClients } }: Database,
  reader: Reader,
  creatorKey: number,
): Promise<number> {
  const isOwn = and(eq(oauthClients.creatorKey, creatorKey), isNull(oauthClients.deletedAt))
  const [row] = await reader.select({ count: count() }).from(oauthClients).where(isOwn)
  return row?.count ?? 0
}

/** A page of all clients, the newest first. */
export async function listOAuthClients(
  { tables: { oauthClients } }: Database,
  reader: Reader,
  { before, limit }: { before: number; limit: number },
): Promise<OAuthClientRow[]> {
  return reader
    .select()
    .from(oauthClients)
    .where(and(lt(oauthClients.key, before), isNull(oauthClients.deletedAt)))
    .orderBy(desc(oauthClients.key))
    .limit(limit)
}

/**
 * Keys of clients that were not approved for each of several scopes, the oldest first: the order in which several are held.
 */
export async function listClientsWithout(
  { tables: { oauthClients, oauthClientScopes } }: Database,
  reader: Reader,
  scopes: readonly string[],
): Promise<number[]> {
  const isOne = and(
    eq(oauthClientScopes.clientKey, oauthClients.key),
    eq(oauthClients.state, 'approved'),
    inArray(oauthClientScopes.scope, [...scopes]),
  )
  const rows = await reader
    .select({ key: oauthClients.key, approved: count(oauthClientScopes.scope) })
    .from(oauthClients)
    .leftJoin(oauthClientScopes, isOne)
    .where(isNull(oauthClients.deletedAt))
    .groupBy(oauthClients.key)
    .orderBy(asc(oauthClients.key))
  return rows.filter(({ approved }) => approved < scopes.length).map(({ key }) => key)
}

/** Keys of clients that may have a scope, the oldest first: all, when it is a base scope. */
export async function listClientsWith(
  { tables: { oauthClients, oauthClientScopes } }: Database,
  reader: Reader,
  { name, base }: { readonly name: string; readonly base: number },
): Promise<number[]> {
  const isIt = and(
    eq(oauthClientScopes.clientKey, oauthClients.key),
    eq(oauthClientScopes.scope, name),
  )
  const rows = await reader
    .select({ key: oauthClients.key })
    .from(oauthClients)
    .leftJoin(oauthClientScopes, isIt)
    .where(
      and(
        isNull(oauthClients.deletedAt),
        base === 1 ? undefined : isNotNull(oauthClientScopes.scope),
      ),
    )
    .orderBy(asc(oauthClients.key))
  return rows.map(({ key }) => key)
}

/** What several clients have besides their rows, by their keys. */
export interface ClientExtras {
  readonly redirectUris: ReadonlyMap<number, readonly string[]>
  readonly scopes: ReadonlyMap<number, readonly string[]>
}

/** The redirect URIs and approved scopes of several clients. */
export async function listClientExtras(
  { tables: { oauthRedirectUris: uris, oauthClientScopes: scopes } }: Database,
  reader: Reader,
  keys: readonly number[],
): Promise<ClientExtras> {
  if (keys.length === 0) return { redirectUris: new Map(), scopes: new Map() }
  const uriRows = await reader
    .select({ key: uris.clientKey, value: uris.redirectUri })
    .from(uris)
    .where(inArray(uris.clientKey, [...keys]))
    .orderBy(asc(uris.clientKey), asc(uris.position))
  const scopeRows = await reader
    .select({ key: scopes.clientKey, value: scopes.scope })
    .from(scopes)
    .where(inArray(scopes.clientKey, [...keys]))
    .orderBy(asc(scopes.clientKey), asc(scopes.scope))
  return { redirectUris: byKey(uriRows), scopes: byKey(scopeRows) }
}

function byKey(
  rows: readonly { readonly key: number; readonly value: string }[],
): ReadonlyMap<number, readonly string[]> {
  const lists = new Map<number, string[]>()
  for (const { key, value } of rows) {
    const list = lists.get(key) ?? []
    list.push(value)
    lists.set(key, list)
  }
  return lists
}

/** What a user lets clients do, with whom: the newest change first. */
export async function listOwnConsents(
  { tables: { oauthConsents, oauthClients } }: Database,
  reader: Reader,
  userKey: number,
) {
  return reader
    .select({
      id: oauthConsents.id,
      clientId: oauthClients.id,
      name: oauthClients.name,
      clientUri: oauthClients.clientUri,
      scope: oauthConsents.scope,
      limited: oauthConsents.limited,
      createdAt: oauthConsents.createdAt,
      updatedAt: oauthConsents.updatedAt,
    })
    .from(oauthConsents)
    .innerJoin(oauthClients, eq(oauthClients.key, oauthConsents.clientKey))
    .where(
      and(
        eq(oauthConsents.userKey, userKey),
        isNull(oauthConsents.revokedAt),
        isNull(oauthClients.deletedAt),
      ),
    )
    .orderBy(desc(oauthConsents.updatedAt), desc(oauthConsents.key))
}
