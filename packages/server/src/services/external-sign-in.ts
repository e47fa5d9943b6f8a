import { TidingsError } from '@tidings/protocol/wire'
import type { ExternalPerson } from '../auth/external-person.ts'
import { digestOf } from '../auth/primitives.ts'
import type { Tx } from '../db/database.ts'
import {
  findExternalSession,
  putExternalSession,
  type ExternalSession,
} from '../stores/external-session.ts'
import type { IdentityRef } from '../stores/linked-identity.ts'
import { confirmSession } from '../stores/session-confirmation.ts'
import { lockUser } from '../stores/user.ts'
import { hasPassword, requireActive } from './account.ts'
import type { Deps } from './deps.ts'
import { addSession } from './device-session.ts'
import { identityUser } from './identity/user.ts'

/**
 * The key of the session of somebody for whom the app's own back end vouches. Account and session are made at first sight. A
 * session that was ended stays so for the tokens of its time, and an account that was erased for all tokens of its time; a later
 * one, which the app has given since, begins another.
 * @throws TidingsError SESSION_REVOKED, FORBIDDEN (suspended)
 */
export async function admitExternal(deps: Deps, person: ExternalPerson): Promise<number> {
  const { database, clock } = deps
  const { issuer, subject, sid, issuedAt } = person
  const digest = digestOf(JSON.stringify([issuer, subject, sid ?? null]))
  const known = await findExternalSession(database, database.read, digest)
  if (known !== undefined && continues(known, issuedAt, clock.now())) return known.sessionKey
  const erasedUntil = (tx: Tx) => requireLater(deps, tx, person)
  const userKey = await identityUser(deps, person, erasedUntil)
  return database.tx(async (tx) => {
    const user = await lockUser(database, tx, userKey)
    if (user === undefined) throw new TidingsError('UNAVAILABLE')
    requireActive(user)
    const erased = await erasedUntil(tx)
    const now = await database.now(tx)
    // Somebody may have been a moment faster, with another token.
    const before = await findExternalSession(database, tx, digest)
    if (before !== undefined && continues(before, issuedAt, now)) return before.sessionKey
    const { session, ended } = await addSession(deps, tx, { userKey, device: undefined, now })
    if (!hasPassword(user))
      await confirmSession(database, tx, { key: session.key, confirmedAt: now })
    const refusedUntil = Math.max(erased, before === undefined ? 0 : lastRefused(before))
    await putExternalSession(database, tx, { digest, sessionKey: session.key, refusedUntil })
    if (ended.length > 0) database.after(tx, () => deps.realtime.sessionsRevoked(ended))
    return session.key
  })
}

/** Refuses all tokens of now and before of an account that is being erased, for as long as a session of it is remembered. */
export async function refuseErased(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  erased: { readonly identity: IdentityRef; readonly sessionKey: number; readonly now: number },
): Promise<void> {
  const { identity, sessionKey, now } = erased
  const row = { digest: erasureDigest(identity), sessionKey, refusedUntil: now }
  await putExternalSession(database, tx, row)
}

/** Until when an erasure refuses tokens, 0 without one. @throws TidingsError SESSION_REVOKED for such a token */
async function requireLater(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  person: ExternalPerson,
): Promise<number> {
  const erased = await findExternalSession(database, tx, erasureDigest(person))
  if (erased === undefined) return 0
  const until = lastRefused(erased)
  if (person.issuedAt <= until) throw new TidingsError('SESSION_REVOKED')
  return until
}

/** Of no session of the app: an erasure concerns them all. */
function erasureDigest({ issuer, subject }: IdentityRef): string {
  return digestOf(JSON.stringify([issuer, subject]))
}

/** True when the session goes on by this token, false when another one begins. @throws TidingsError SESSION_REVOKED */
function continues(session: ExternalSession, issuedAt: number, now: number): boolean {
  const { revokedAt, expiresAt, actingExpiresAt } = session
  // Tokens tell their time in whole seconds: of the same second is not later.
  if (issuedAt <= lastRefused(session)) throw new TidingsError('SESSION_REVOKED')
  return revokedAt === null && expiresAt > now && (actingExpiresAt ?? Infinity) > now
}

function lastRefused({ refusedUntil, revokedAt }: ExternalSession): number {
  return Math.max(refusedUntil, revokedAt ?? 0)
}
