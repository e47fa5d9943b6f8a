import { TidingsError, type Credentials } from '@tidings/protocol/wire'
import { sessionEnd } from '../auth/session-life.ts'
import type { RefreshOutcome } from '../auth/auth.ts'
import type { Tx } from '../db/database.ts'
import { findSession, touchSession, type SessionRow } from '../stores/session.ts'
import { findUser } from '../stores/user.ts'
import type { Deps } from './deps.ts'
import { endSessions } from './session.ts'
import { toCredentials, type SignIn } from './sign-in.ts'

/**
 * New credentials for a refresh token, which is used up. One that was used before ends the session: somebody has a copy.
 * @throws TidingsError UNAUTHENTICATED (not one of ours), SESSION_REVOKED
 */
export async function refresh(
  deps: Deps,
  { refreshToken }: { refreshToken: string },
): Promise<Credentials> {
  const { database, auth } = deps
  // The failures are answers, not throws: ending a session whose token was stolen must be committed.
  const result = await database.tx(
    async (tx): Promise<SignIn | 'UNAUTHENTICATED' | 'SESSION_REVOKED'> => {
      const now = await database.now(tx)
      const outcome = await auth.refreshTokens.use(tx, refreshToken, { now, clientKey: null })
      if (outcome.outcome === 'unknown') return 'UNAUTHENTICATED'
      if (outcome.outcome === 'reused') await endStolen(deps, tx, outcome.session)
      if (outcome.outcome !== 'refreshed') return 'SESSION_REVOKED'
      return (await continued(deps, tx, { ...outcome, now })) ?? 'SESSION_REVOKED'
    },
  )
  if (typeof result === 'string') throw new TidingsError(result)
  return toCredentials(deps, result, 'short')
}

type Refreshed = Extract<RefreshOutcome, { outcome: 'refreshed' }>

/** The sign-in goes on; undefined when its device's session or its user has ended meanwhile. */
async function continued(
  { database }: Deps,
  tx: Tx,
  { session: own, refreshToken, now }: Refreshed & { now: number },
): Promise<SignIn | undefined> {
  const acting =
    own.mergedInto === null ? own : await findSession(database, tx, { key: own.mergedInto })
  const user = await findUser(database, tx, { key: own.userKey })
  if (acting === undefined || acting.revokedAt !== null || acting.expiresAt <= now) return undefined
  if (user === undefined || user.suspendedAt !== null) return undefined
  for (const { key, createdAt } of acting === own ? [own] : [own, acting]) {
    await touchSession(database, tx, {
      key,
      lastSeenAt: now,
      expiresAt: sessionEnd(createdAt, now),
    })
  }
  return { user, own, acting, refreshToken }
}

async function endStolen(deps: Deps, tx: Tx, session: SessionRow): Promise<void> {
  await endSessions(deps, tx, [session.mergedInto ?? session.key])
  deps.log.warn({ sessionId: session.id }, 'a refresh token was used twice: its session is ended')
}
