import type { Credentials, Device, User } from '@tidings/protocol/wire'
import type { IssuedSecret } from '../auth/auth.ts'
import type { Tx } from '../db/database.ts'
import { confirmSession } from '../stores/session-confirmation.ts'
import type { SessionRow } from '../stores/session.ts'
import type { UserRow } from '../stores/user.ts'
import type { Deps } from './deps.ts'
import { given } from '../given.ts'
import { addSession, deviceSession } from './device-session.ts'

/** A sign-in that has been written; {@link toCredentials} makes what the client gets. */
export interface SignIn {
  readonly user: UserRow
  /** The sign-in's own session, which its tokens name. */
  readonly own: SessionRow
  /** The session it acts as: its device's, or its own. */
  readonly acting: Pick<SessionRow, 'id'>
  readonly refreshToken: IssuedSecret
}

interface SigningIn {
  readonly user: UserRow
  readonly device: Device | undefined
  readonly now: number
  /** Whether it has shown anew that it is he. @default true */
  readonly isProof?: boolean | undefined
}

/** Signs a user in, whose row the transaction holds. */
export async function signIn(
  deps: Deps,
  tx: Tx,
  { user, device, now, isProof = true }: SigningIn,
): Promise<SignIn> {
  const { session: own, ended } = await addSession(deps, tx, {
    userKey: user.key,
    device: undefined,
    now,
  })
  const placed =
    device === undefined
      ? { session: own, ended: [] }
      : await deviceSession(deps, tx, { own, device, now })
  const { key } = placed.session
  if (isProof) await confirmSession(deps.database, tx, { key, confirmedAt: now })
  const refreshToken = await deps.auth.refreshTokens.issue(tx, own, { now })
  const gone = [...ended, ...placed.ended]
  if (gone.length > 0) deps.database.after(tx, () => deps.realtime.sessionsRevoked(gone))
  return { user, own, acting: placed.session, refreshToken }
}

/** What a client gets for a sign-in. Outside of the transaction: signing takes time that every writer would wait. */
export async function toCredentials(
  deps: Deps,
  { user, own, acting, refreshToken }: SignIn,
  lifetime: 'short' | 'long',
): Promise<Credentials> {
  const access = await deps.auth.issueAccessToken({ userId: user.id, sessionId: own.id, lifetime })
  return {
    user: toUser(user),
    sessionId: acting.id,
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken: refreshToken.token,
    refreshTokenExpiresAt: refreshToken.expiresAt,
  }
}

/** What a user sees of himself. */
export function toUser(row: UserRow): User {
  const { id, username, email, role, createdAt, presenceFor } = row
  return {
    ...{ id, username, email, role, createdAt },
    ...given(row, ['displayName', 'firstName', 'lastName', 'about', 'avatarUrl']),
    ...given(row, ['emailVerifiedAt']),
    ...(presenceFor === 'everybody' ? {} : { presenceFor }),
  }
}
