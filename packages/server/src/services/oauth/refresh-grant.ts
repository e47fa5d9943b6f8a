import type { Tx } from '../../db/database.ts'
import type { OAuthClientRow } from '../../stores/oauth-client.ts'
import { lockOAuthConsent } from '../../stores/oauth-consent.ts'
import { touchSession, type SessionRow } from '../../stores/session.ts'
import { findUser } from '../../stores/user.ts'
import type { Deps } from '../deps.ts'
import { endSessions } from '../session.ts'
import { worksFor } from './consent.ts'
import { OAuthError } from './error.ts'
import { holdClient } from './hold-client.ts'
import { grantEnd, issueAccess, type GrantRequest, type TokenResponse } from './issue.ts'
import { allowedScopes, parseScope, scopesOf } from './scope.ts'
import type { OAuthSettings } from './settings.ts'

/**
 * Exchanges a refresh token (RFC 6749, 6) for an access token and the next refresh token. Shown again within the grace it
 * is answered with the same successor; later, its whole family is over.
 * @throws OAuthError invalid_request, invalid_grant, invalid_scope
 */
export async function refreshGrant(
  deps: Deps,
  { client: shown, settings, request, askedAt }: GrantRequest,
): Promise<TokenResponse> {
  const { database, auth } = deps
  const { params } = request
  const token = params.require('refresh_token')
  const asked = parseScope(params.find('scope'))
  // Ending a family that was stolen is an answer, not a throw: it must be committed.
  const response = await database.tx(async (tx) => {
    const client = await holdClient(deps, tx, shown)
    const now = await database.now(tx)
    const lifetimeMs = settings.refreshTokenLifetime * 1000
    const use = { now, askedAt, lifetimeMs, clientKey: client.key }
    const outcome = await auth.refreshTokens.use(tx, token, use)
    if (outcome.outcome === 'reused') {
      await endSessions(deps, tx, [outcome.session.key])
      deps.log.warn({ clientId: client.id }, 'a refresh token was used twice: its family is ended')
    }
    if (outcome.outcome !== 'refreshed') return undefined
    const { session, refreshToken } = outcome
    const renewed = await renew(deps, tx, { client, session, asked, settings, now })
    return { ...renewed, refresh_token: refreshToken.token }
  })
  if (response === undefined) throw refused()
  return response
}

function refused(): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'The refresh token is unknown, used, ended, or not for this client.',
  )
}

interface Renewal {
  readonly client: OAuthClientRow
  readonly session: SessionRow
  readonly asked: readonly string[] | undefined
  readonly settings: OAuthSettings
  readonly now: number
}

async function renew(
  deps: Deps,
  tx: Tx,
  { client, session, asked, settings, now }: Renewal,
): Promise<TokenResponse> {
  const { database } = deps
  const own = scopesOf(session.scope)
  if (asked?.some((scope) => !own.includes(scope)) === true)
    throw new OAuthError('invalid_scope', 'A refreshed token may do no more than the first.')
  const consented = await consentedScopes(deps, tx, session)
  const user = await findUser(database, tx, { key: session.userKey })
  if (user === undefined || user.suspendedAt !== null || !worksFor(client, user.key))
    throw refused()
  const may = await allowedScopes(deps, tx, client)
  const scopes = (asked ?? own).filter((scope) => may.includes(scope) && consented.includes(scope))
  if (scopes.length === 0)
    throw new OAuthError('invalid_scope', 'Nothing of this is allowed any more.')
  const expiresAt = grantEnd(settings, { createdAt: session.createdAt, now, refreshable: true })
  await touchSession(database, tx, { key: session.key, lastSeenAt: now, expiresAt })
  return issueAccess(deps, tx, { client, user, sessionKey: session.key, scopes, settings, now })
}

async function consentedScopes(
  { database }: Deps,
  tx: Tx,
  { consentKey }: SessionRow,
): Promise<readonly string[]> {
  const consent = await lockOAuthConsent(database, tx, consentKey ?? 0)
  if (consent === undefined || consent.revokedAt !== null) throw refused()
  return scopesOf(consent.scope)
}
