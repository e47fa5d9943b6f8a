import { asc, eq } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import type { OAuthScopeRow } from './oauth-scope.ts'

/**
 * Holds all scopes until the transaction ends, and answers them, by name: those who change one, and those who give one to a client,
 * take turns. One that is deleted meanwhile would be left with the client, and come back with whatever is called so later. Scopes are
 * held before clients, so that no two wait for each other.
 */
export async function lockOAuthScopes(
  database: Database,
  tx: Tx,
): Promise<readonly OAuthScopeRow[]> {
  const { oauthScopes } = database.tables
  return database.forUpdate(tx.select().from(oauthScopes).orderBy(asc(oauthScopes.name)))
}

/** Writes what is new about a scope. */
export async function updateOAuthScope(
  { tables: { oauthScopes } }: Database,
  tx: Tx,
  { name, ...change }: Omit<OAuthScopeRow, 'createdAt'>,
): Promise<void> {
  await tx.update(oauthScopes).set(change).where(eq(oauthScopes.name, name))
}

/** Deletes a scope, and takes it from the clients that have it. */
export async function deleteOAuthScope(
  { tables: { oauthScopes, oauthClientScopes } }: Database,
  tx: Tx,
  name: string,
): Promise<void> {
  await tx.delete(oauthClientScopes).where(eq(oauthClientScopes.scope, name))
  await tx.delete(oauthScopes).where(eq(oauthScopes.name, name))
}
