import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import { prepareFindSessionWithUser } from '../stores/session-actor.ts'
import { findSession, touchSession, type SessionRow } from '../stores/session.ts'
import type { Actor } from './actor.ts'
import { grantOf } from './oauth-access.ts'
import { SESSION_TOUCH_MS, sessionEnd } from './session-life.ts'

interface Parts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

/** Finds who acts by a session. @param scope of an OAuth client's token, where it may less than the session */
export type SessionLookup = (
  by: { readonly id: string } | { readonly key: number },
  scope?: string | null,
) => Promise<Actor>

/**
 * Answers the actor of a session that lives, and notes that it is in use. A sign-in that was merged into its device's
 * session acts as that one, and lives no longer than it.
 * @throws TidingsError SESSION_REVOKED
 */
export function openSessionLookup({ database, clock, log }: Parts): SessionLookup {
  const findSessionWithUser = prepareFindSessionWithUser(database)
  return async (by, scope = null) => {
    const now = clock.now()
    const own = await findSessionWithUser(by)
    if (own === undefined || own.suspendedAt !== null) throw new TidingsError('SESSION_REVOKED')
    const into = own.mergedInto
    const acting = into === null ? own : await findSession(database, database.read, { key: into })
    if (acting === undefined) throw new TidingsError('SESSION_REVOKED')
    const sessions = acting === own ? [own] : [own, acting]
    for (const session of sessions) requireLiving(session, now)
    // Before its use is noted: what may not be used is not.
    const grant =
      own.clientKey === null ? undefined : await grantOf({ database, clock }, own, scope)
    await touch(sessions, now)
    const actor = {
      userKey: own.userKey,
      userId: own.userId,
      username: own.username,
      role: own.role,
      sessionKey: acting.key,
      sessionId: acting.id,
    }
    return grant === undefined ? actor : { ...actor, grant }
  }

  async function touch(sessions: readonly SessionRow[], now: number): Promise<void> {
    const stale = sessions.filter(({ lastSeenAt }) => now - lastSeenAt >= SESSION_TOUCH_MS)
    if (stale.length === 0) return
    try {
      await database.tx(async (tx) => {
        for (const { key, createdAt, clientKey, expiresAt } of stale) {
          // An OAuth client's goes on by its refresh tokens alone.
          const end = clientKey === null ? sessionEnd(createdAt, now) : expiresAt
          await touchSession(database, tx, { key, lastSeenAt: now, expiresAt: end })
        }
      })
    } catch (error) {
      // A full disk must not keep people from reading.
      log.warn({ err: error }, 'the use of a session could not be noted')
    }
  }
}

function requireLiving(session: SessionRow, now: number): void {
  if (session.revokedAt !== null || session.expiresAt <= now)
    throw new TidingsError('SESSION_REVOKED')
}
