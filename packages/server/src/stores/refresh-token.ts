import { and, eq, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { prepareInsert } from '../db/insert-rows.ts'
import { perDatabase } from './per-database.ts'

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
export function insertRefreshToken(
  database: Database,
  tx: Tx,
  token: Omit<RefreshTokenRow, 'usedAt'>,
): Promise<void> {
  return tokenInsert(database)(tx, [token])
}

const tokenInsert = perDatabase((database) =>
  prepareInsert(database, database.tables.refreshTokens),
)

/** The token's row, held until the transaction ends: of two uses at once, one waits and sees what the other did. */
export async function lockRefreshToken(
  database: Database,
  tx: Tx,
  digest: string,
): Promise<RefreshTokenRow | undefined> {
  const [row] = await lockQuery(database)(tx, { digest })
  return row
}

const lockQuery = perDatabase((database) => {
  const { refreshTokens } = database.tables
  const isIt = eq(refreshTokens.digest, sql.placeholder('digest'))
  return database.prepare((on) =>
    database.forUpdate(on.select().from(refreshTokens).where(isIt).limit(1)),
  )
})

/** The token's row, as it is now. */
export async function findRefreshTokenByDigest(
  { tables: { refreshTokens } }: Database,
  reader: Reader,
  digest: string,
): Promise<RefreshTokenRow | undefined> {
  const [row] = await reader.select().from(refreshTokens).where(eq(refreshTokens.digest, digest))
  return row
}

/** The token of one generation. */
export async function findRefreshToken(
  database: Database,
  reader: Reader,
  place: { readonly sessionKey: number; readonly generation: number },
): Promise<RefreshTokenRow | undefined> {
  const [row] = await generationQuery(database)(reader, place)
  return row
}

const generationQuery = perDatabase((database) => {
  const { refreshTokens } = database.tables
  const isIt = and(
    eq(refreshTokens.sessionKey, sql.placeholder('sessionKey')),
    eq(refreshTokens.generation, sql.placeholder('generation')),
  )
  return database.prepare((on) => on.select().from(refreshTokens).where(isIt).limit(1))
})

/** Notes the use. */
export async function useRefreshToken(
  database: Database,
  tx: Tx,
  use: { readonly digest: string; readonly usedAt: number },
): Promise<void> {
  await tokenUse(database)(tx, use)
}

const tokenUse = perDatabase((database) => {
  const { refreshTokens } = database.tables
  return database.prepare((on) =>
    on
      .update(refreshTokens)
      .set({ usedAt: sql`${sql.placeholder('usedAt')}` })
      .where(eq(refreshTokens.digest, sql.placeholder('digest'))),
  )
})
