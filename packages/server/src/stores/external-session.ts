import { eq, sql } from 'drizzle-orm'
import { alias } from '../db/alias.ts'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

/** The session that stands for tokens of an app's own back end. */
export interface ExternalSession {
  readonly sessionKey: number
  /** Tokens up to this time are of a session that was ended. */
  readonly refusedUntil: number
  readonly expiresAt: number
  readonly revokedAt: number | null
  /** When the device's session ends that it acts as, if it does. */
  readonly actingExpiresAt: number | null
}

/** The session of an app's session, whatever its state. */
export async function findExternalSession(
  database: Database,
  reader: Reader,
  digest: string,
): Promise<ExternalSession | undefined> {
  const [row] = await sessionQuery(database)(reader, { digest })
  return row
}

const sessionQuery = perDatabase((database) => {
  const { externalSessions, sessions } = database.tables
  const acting = alias(sessions, 'acting')
  return database.prepare((on) =>
    on
      .select({
        sessionKey: externalSessions.sessionKey,
        refusedUntil: externalSessions.refusedUntil,
        expiresAt: sessions.expiresAt,
        revokedAt: sessions.revokedAt,
        actingExpiresAt: acting.expiresAt,
      })
      .from(externalSessions)
      .innerJoin(sessions, eq(sessions.key, externalSessions.sessionKey))
      .leftJoin(acting, eq(acting.key, sessions.mergedInto))
      .where(eq(externalSessions.digest, sql.placeholder('digest')))
      .limit(1),
  )
})

/** From now on this session stands for the tokens. */
export async function putExternalSession(
  { tables: { externalSessions } }: Database,
  tx: Tx,
  row: {
    readonly digest: string
    readonly sessionKey: number
    readonly refusedUntil: number
  },
): Promise<void> {
  const { sessionKey, refusedUntil } = row
  await tx.insert(externalSessions).values(row).onConflictDoUpdate({
    target: externalSessions.digest,
    set: { sessionKey, refusedUntil },
  })
}
