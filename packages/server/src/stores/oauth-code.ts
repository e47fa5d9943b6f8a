import { eq, sql } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** An authorization code, as a digest. */
export interface OAuthCodeRow {
  readonly digest: string
  readonly consentKey: number
  readonly redirectUri: string
  /** 1: the authorization request named it, and so must the token request. */
  readonly redirectNamed: number
  readonly scope: string
  readonly codeChallenge: string | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
  /** What it was exchanged for. */
  readonly sessionKey: number | null
}

/** Writes a new, unused code. */
export async function insertOAuthCode(
  { tables: { oauthAuthorizationCodes } }: Database,
  tx: Tx,
  code: Omit<OAuthCodeRow, 'usedAt' | 'sessionKey'>,
): Promise<void> {
  await tx.insert(oauthAuthorizationCodes).values(code)
}

/** The code's row, held until the transaction ends: of many redemptions at once, one finds it unused. */
export async function lockOAuthCode(
  database: Database,
  tx: Tx,
  digest: string,
): Promise<OAuthCodeRow | undefined> {
  const [row] = await lockQuery(database)(tx, { digest })
  return row
}

const lockQuery = perDatabase((database) => {
  const { oauthAuthorizationCodes } = database.tables
  const isIt = eq(oauthAuthorizationCodes.digest, sql.placeholder('digest'))
  return database.prepare((on) =>
    database.forUpdate(on.select().from(oauthAuthorizationCodes).where(isIt).limit(1)),
  )
})

/** Notes what a code was exchanged for. */
export async function useOAuthCode(
  { tables: { oauthAuthorizationCodes } }: Database,
  tx: Tx,
  { digest, ...use }: { digest: string; usedAt: number; sessionKey: number },
): Promise<void> {
  await tx
    .update(oauthAuthorizationCodes)
    .set(use)
    .where(eq(oauthAuthorizationCodes.digest, digest))
}
