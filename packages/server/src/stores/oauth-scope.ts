import { and, asc, eq, inArray, isNotNull, or, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** A scope that clients can have. */
export interface OAuthScopeRow {
  readonly name: string
  readonly description: string
  /** 1: every client has it. */
  readonly base: number
  /** 1: nobody can apply for it. */
  readonly restricted: number
  readonly createdAt: number
}

/** All of them, by name. */
export async function listOAuthScopes(
  database: Database,
  reader: Reader,
): Promise<OAuthScopeRow[]> {
  return scopesQuery(database)(reader)
}

const scopesQuery = perDatabase((database) => {
  const { oauthScopes } = database.tables
  return database.prepare((on) => on.select().from(oauthScopes).orderBy(asc(oauthScopes.name)))
})

/** Writes scopes; those that are there stay as they are. Answers how many were not. */
export async function insertOAuthScopes(
  { tables: { oauthScopes } }: Database,
  tx: Tx,
  scopes: readonly OAuthScopeRow[],
): Promise<number> {
  if (scopes.length === 0) return 0
  const added = await tx
    .insert(oauthScopes)
    .values([...scopes])
    .onConflictDoNothing()
    .returning({ name: oauthScopes.name })
  return added.length
}

/** What a client was approved for by itself, by name. */
export async function listClientScopes(
  database: Database,
  reader: Reader,
  clientKey: number,
): Promise<string[]> {
  const rows = await clientScopesQuery(database)(reader, { clientKey })
  return rows.map(({ scope }) => scope)
}

const clientScopesQuery = perDatabase((database) => {
  const { oauthClientScopes } = database.tables
  return database.prepare((on) =>
    on
      .select({ scope: oauthClientScopes.scope })
      .from(oauthClientScopes)
      .where(eq(oauthClientScopes.clientKey, sql.placeholder('clientKey')))
      .orderBy(asc(oauthClientScopes.scope)),
  )
})

/** What a client may have now, by name: the base scopes and, once it is verified, those that it was approved for. */
export async function listAllowedScopes(
  database: Database,
  reader: Reader,
  { key, state }: { readonly key: number; readonly state: string },
): Promise<string[]> {
  const rows = await allowedQuery(database)(reader, { clientKey: state === 'approved' ? key : 0 })
  return rows.map(({ name }) => name)
}

const allowedQuery = perDatabase((database) => {
  const { oauthScopes, oauthClientScopes } = database.tables
  const isOwn = and(
    eq(oauthClientScopes.scope, oauthScopes.name),
    eq(oauthClientScopes.clientKey, sql.placeholder('clientKey')),
  )
  return database.prepare((on) =>
    on
      .select({ name: oauthScopes.name })
      .from(oauthScopes)
      .leftJoin(oauthClientScopes, isOwn)
      .where(or(eq(oauthScopes.base, 1), isNotNull(oauthClientScopes.scope)))
      .orderBy(asc(oauthScopes.name)),
  )
})

/** Who gives which scopes to a client. */
export interface ScopeApproval {
  readonly clientKey: number
  readonly scopes: readonly string[]
  readonly approvedBy: number
  readonly approvedAt: number
}

/** Approves a client for scopes. */
export async function insertClientScopes(
  { tables: { oauthClientScopes } }: Database,
  tx: Tx,
  { scopes, ...approval }: ScopeApproval,
): Promise<void> {
  const rows = scopes.map((scope) => ({ ...approval, scope }))
  if (rows.length > 0) await tx.insert(oauthClientScopes).values(rows).onConflictDoNothing()
}

/** Takes scopes from a client. */
export async function deleteClientScopes(
  { tables: { oauthClientScopes } }: Database,
  tx: Tx,
  { clientKey, scopes }: { clientKey: number; scopes: readonly string[] },
): Promise<void> {
  const isOne = inArray(oauthClientScopes.scope, [...scopes])
  await tx.delete(oauthClientScopes).where(and(eq(oauthClientScopes.clientKey, clientKey), isOne))
}
