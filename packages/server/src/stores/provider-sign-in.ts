import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'

/** A sign-in by another provider that an app has begun. */
export interface NewProviderSignIn {
  readonly digest: string
  readonly provider: string
  readonly redirectUri: string
  readonly appState: string | null
  readonly verifierDigest: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** Where a browser goes when it is back from the provider. */
export interface ReturnedSignIn {
  readonly digest: string
  readonly provider: string
  readonly redirectUri: string
  readonly appState: string | null
}

/** Who has signed in elsewhere, and the app for which he did. */
export interface ProvenSignIn {
  readonly verifierDigest: string
  readonly issuer: string | null
  readonly subject: string | null
  readonly name: string | null
}

/** Begins one. */
export async function insertProviderSignIn(
  { tables: { providerSignIns } }: Database,
  tx: Tx,
  signIn: NewProviderSignIn,
): Promise<void> {
  await tx.insert(providerSignIns).values(signIn)
}

/** The browser goes to the provider, with another state each time; undefined when it is over or is back already. */
export async function leadProviderSignIn(
  { tables: { providerSignIns } }: Database,
  tx: Tx,
  { digest, stateDigest, now }: { digest: string; stateDigest: string; now: number },
): Promise<ReturnedSignIn | undefined> {
  const isOpen = and(
    eq(providerSignIns.digest, digest),
    isNull(providerSignIns.returnedAt),
    gt(providerSignIns.expiresAt, now),
  )
  const [row] = await tx
    .update(providerSignIns)
    .set({ stateDigest })
    .where(isOpen)
    .returning(returnedColumns(providerSignIns))
  return row
}

/** The browser is back, once; undefined when it was, when that is too late, or when it never was led away. */
export async function returnProviderSignIn(
  { tables: { providerSignIns } }: Database,
  tx: Tx,
  { stateDigest, now }: { stateDigest: string; now: number },
): Promise<ReturnedSignIn | undefined> {
  const isOpen = and(
    eq(providerSignIns.stateDigest, stateDigest),
    isNull(providerSignIns.returnedAt),
    gt(providerSignIns.expiresAt, now),
  )
  const [row] = await tx
    .update(providerSignIns)
    .set({ returnedAt: now })
    .where(isOpen)
    .returning(returnedColumns(providerSignIns))
  return row
}

function returnedColumns(table: Database['tables']['providerSignIns']) {
  const { digest, provider, redirectUri, appState } = table
  return { digest, provider, redirectUri, appState }
}

/** Notes who it is, and the code by which the app learns it. */
export async function proveProviderSignIn(
  { tables: { providerSignIns } }: Database,
  tx: Tx,
  proof: {
    readonly digest: string
    readonly codeDigest: string
    readonly issuer: string
    readonly subject: string
    readonly name: string | null
    readonly expiresAt: number
  },
): Promise<void> {
  const { digest, ...proven } = proof
  await tx.update(providerSignIns).set(proven).where(eq(providerSignIns.digest, digest))
}

/** Who has signed in by a code that is still to be used. */
export async function findProvenSignIn(
  { tables: { providerSignIns } }: Database,
  reader: Reader,
  { codeDigest, now }: { codeDigest: string; now: number },
): Promise<(ProvenSignIn & { readonly provider: string }) | undefined> {
  const { provider, verifierDigest, issuer, subject, name } = providerSignIns
  const [row] = await reader
    .select({ provider, verifierDigest, issuer, subject, name })
    .from(providerSignIns)
    .where(isProven(providerSignIns, { codeDigest, now }))
  return row
}

function isProven(
  { codeDigest, usedAt, expiresAt }: Database['tables']['providerSignIns'],
  given: { codeDigest: string; now: number },
) {
  return and(eq(codeDigest, given.codeDigest), isNull(usedAt), gt(expiresAt, given.now))
}

/**
 * Uses a code up; undefined when it is unknown, was used, or is too old. Of many uses at once, one succeeds. Who it was is
 * forgotten with it.
 */
export async function useProviderSignIn(
  { tables: { providerSignIns } }: Database,
  tx: Tx,
  { codeDigest, now }: { codeDigest: string; now: number },
): Promise<ProvenSignIn | undefined> {
  const { verifierDigest, issuer, subject, name } = providerSignIns
  const [row] = await tx
    .update(providerSignIns)
    .set({ usedAt: now })
    .where(isProven(providerSignIns, { codeDigest, now }))
    .returning({ verifierDigest, issuer, subject, name })
  const nobody = { issuer: null, subject: null, name: null }
  await tx.update(providerSignIns).set(nobody).where(eq(providerSignIns.codeDigest, codeDigest))
  return row
}
