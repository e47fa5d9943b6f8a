import { and, asc, eq, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** An account elsewhere. */
export interface IdentityRef {
  readonly issuer: string
  readonly subject: string
}

/** Whose an account elsewhere is. */
export async function findIdentityUser(
  database: Database,
  reader: Reader,
  identity: IdentityRef,
): Promise<number | undefined> {
  const { issuer, subject } = identity
  const [row] = await identityQuery(database)(reader, { issuer, subject })
  return row?.userKey
}

const identityQuery = perDatabase((database) => {
  const { linkedIdentities } = database.tables
  const isIt = and(
    eq(linkedIdentities.issuer, sql.placeholder('issuer')),
    eq(linkedIdentities.subject, sql.placeholder('subject')),
  )
  return database.prepare((on) =>
    on.select({ userKey: linkedIdentities.userKey }).from(linkedIdentities).where(isIt).limit(1),
  )
})

/** Links an account elsewhere; false when it is somebody's already. */
export async function insertIdentity(
  { tables: { linkedIdentities } }: Database,
  tx: Tx,
  identity: IdentityRef & { readonly userKey: number; readonly createdAt: number },
): Promise<boolean> {
  const { issuer, subject, userKey, createdAt } = identity
  const rows = await tx
    .insert(linkedIdentities)
    .values({ issuer, subject, userKey, createdAt })
    .onConflictDoNothing()
    .returning({ userKey: linkedIdentities.userKey })
  return rows.length > 0
}

/** An account elsewhere that is linked to one here. */
export interface LinkedIdentity extends IdentityRef {
  readonly createdAt: number
  /** When somebody last signed in by it; null before the first time. */
  readonly lastUsedAt: number | null
}

/** All of a user's, the oldest first. */
export async function listIdentities(
  { tables: { linkedIdentities } }: Database,
  reader: Reader,
  userKey: number,
): Promise<LinkedIdentity[]> {
  const { issuer, subject, createdAt, lastUsedAt } = linkedIdentities
  return reader
    .select({ issuer, subject, createdAt, lastUsedAt })
    .from(linkedIdentities)
    .where(eq(linkedIdentities.userKey, userKey))
    .orderBy(asc(createdAt), asc(issuer), asc(subject))
}

/** Notes that somebody has signed in by it. */
export async function noteIdentityUse(
  { tables: { linkedIdentities } }: Database,
  tx: Tx,
  { issuer, subject, now }: IdentityRef & { readonly now: number },
): Promise<void> {
  const isIt = and(eq(linkedIdentities.issuer, issuer), eq(linkedIdentities.subject, subject))
  await tx.update(linkedIdentities).set({ lastUsedAt: now }).where(isIt)
}

/** Unlinks one of a user's. */
export async function deleteIdentity(
  { tables: { linkedIdentities } }: Database,
  tx: Tx,
  { issuer, subject, userKey }: IdentityRef & { readonly userKey: number },
): Promise<void> {
  const isIt = and(
    eq(linkedIdentities.issuer, issuer),
    eq(linkedIdentities.subject, subject),
    eq(linkedIdentities.userKey, userKey),
  )
  await tx.delete(linkedIdentities).where(isIt)
}

/** Unlinks all of a user's, with what sign-ins that were never ended have said of him; answers which they were. */
export async function deleteIdentities(
  { tables: { linkedIdentities, providerSignIns } }: Database,
  tx: Tx,
  userKey: number,
): Promise<IdentityRef[]> {
  const { issuer, subject } = linkedIdentities
  const gone = await tx
    .delete(linkedIdentities)
    .where(eq(linkedIdentities.userKey, userKey))
    .returning({ issuer, subject })
  for (const one of gone) {
    const isHis = and(
      eq(providerSignIns.issuer, one.issuer),
      eq(providerSignIns.subject, one.subject),
    )
    await tx.delete(providerSignIns).where(isHis)
  }
  return gone
}
