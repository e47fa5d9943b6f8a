import { and, eq, lt } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'

/** One refresh token of a session, as a digest: generation 1 is given at sign-in, each use makes the next. */
export interface RefreshTokenRow {
  readonly digest: string
  readonly sessionKey: number
  readonly generation: number
  /** Makes the token together with the server's secret; without that it says nothing. */
  readonly salt: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
}

/** Writes a new, unused token. */
export async function insertRefreshToken(
  database: Database,
  tx: Tx,
  token: Omit<RefreshTokenRow, 'usedAt'>,
): Promise<void> {
  await tx.insert(database.tables.refreshTokens).values(token)
}

/** The token's row, held until the transaction ends: of two uses at once, one waits and sees what the other did. */
export async function lockRefreshToken(
  database: Database,
  tx: Tx,
  digest: string,
): Promise<RefreshTokenRow | undefined> {
  const { refreshTokens } = database.tables
  const query = tx.select().from(refreshTokens).where(eq(refreshTokens.digest, digest)).limit(1)
  const [row] = await database.forUpdate(query)
  return row
}

/** The token of one generation. */
export async function findRefreshToken(
  database: Database,
  reader: Reader,
  { sessionKey, generation }: { sessionKey: number; generation: number },
): Promise<RefreshTokenRow | undefined> {
  const { refreshTokens } = database.tables
  const [row] = await reader
    .select()
    .from(refreshTokens)
    .where(and(eq(refreshTokens.sessionKey, sessionKey), eq(refreshTokens.generation, generation)))
    .limit(1)
  return row
}

/** Notes the use. */
export async function useRefreshToken(
  database: Database,
  tx: Tx,
  { digest, usedAt }: { digest: string; usedAt: number },
): Promise<void> {
  const { refreshTokens } = database.tables
  await tx.update(refreshTokens).set({ usedAt }).where(eq(refreshTokens.digest, digest))
}

/** Forgets tokens that ended before a time. */
export async function deleteRefreshTokens(
  database: Database,
  tx: Tx,
  endedBefore: number,
): Promise<void> {
  const { refreshTokens } = database.tables
  await tx.delete(refreshTokens).where(lt(refreshTokens.expiresAt, endedBefore))
}
