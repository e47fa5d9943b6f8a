import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import type { Logger } from '../logger.ts'
import { prepareFindSessionWithUser } from '../stores/session-actor.ts'
import { findSession, touchSession, type SessionRow } from '../stores/session.ts'
import type { Actor } from './actor.ts'
import { SESSION_TOUCH_MS, sessionEnd } from './session-life.ts'

interface Parts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn'>
}

/** Finds who acts by a session. */
export type SessionLookup = (
  by: { readonly id: string } | { readonly key: number },
) => Promise<Actor>

/**
 * Answers the actor of a session that lives, and notes that it is in use. A sign-in that was merged into its device's
 * session acts as that one, and lives no longer than it.
 * @throws TidingsError SESSION_REVOKED
 */
export function openSessionLookup({ database, clock, log }: Parts): SessionLookup {
  const findSessionWithUser = prepareFindSessionWithUser(database)
  return async (by) => {
    const now = clock.now()
    const own = await findSessionWithUser(by)
    if (own === undefined || own.suspendedAt !== null) throw new TidingsError('SESSION_REVOKED')
    const into = own.mergedInto
    const acting = into === null ? own : await findSession(database, database.read, { key: into })
    if (acting === undefined) throw new TidingsError('SESSION_REVOKED')
    const sessions = acting === own ? [own] : [own, acting]
    for (const session of sessions) requireLiving(session, now)
    await touch(sessions, now)
    return {
      userKey: own.userKey,
      userId: own.userId,
      username: own.username,
      role: own.role,
      sessionKey: acting.key,
      sessionId: acting.id,
    }
  }

  async function touch(sessions: readonly SessionRow[], now: number): Promise<void> {
    const stale = sessions.filter(({ lastSeenAt }) => now - lastSeenAt >= SESSION_TOUCH_MS)
    if (stale.length === 0) return
    try {
      await database.tx(async (tx) => {
        for (const { key, createdAt } of stale) {
          await touchSession(database, tx, {
            key,
            lastSeenAt: now,
            expiresAt: sessionEnd(createdAt, now),
          })
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
