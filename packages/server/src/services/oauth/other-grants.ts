import { isTidingsError } from '@tidings/protocol/wire'
import type { OAuthClientRow } from '../../stores/oauth-client.ts'
import { lockUser, type UserRow } from '../../stores/user.ts'
import { findByPassword } from '../account.ts'
import type { Deps } from '../deps.ts'
import { requireConfidential } from './client-authentication.ts'
import { worksFor, writePasswordConsent } from './consent.ts'
import { OAuthError } from './error.ts'
import { holdClient } from './hold-client.ts'
import {
  isRefreshable,
  issueAccess,
  issueGrant,
  type GrantRequest,
  type TokenResponse,
} from './issue.ts'
import { requestedScopes } from './scope.ts'

/**
 * A token by which a client acts for nobody (RFC 6749, 4.4).
 * @throws OAuthError invalid_client for a public client, invalid_scope
 */
export async function grantToClient(
  deps: Deps,
  { client: shown, settings, request: { params } }: GrantRequest,
): Promise<TokenResponse> {
  requireConfidential(shown)
  const { database } = deps
  return database.tx(async (tx) => {
    const client = await holdClient(deps, tx, shown)
    const request = { client, scope: params.find('scope'), forUser: false }
    const scopes = await requestedScopes(deps, tx, request)
    const now = await database.now(tx)
    return issueAccess(deps, tx, { client, user: null, sessionKey: null, scopes, settings, now })
  })
}

/**
 * A token for a user's name and password (RFC 6749, 4.3), which the client gets to see: only with the switch `password`. Whoever
 * gives them has consented, and finds it among his apps.
 * @throws OAuthError unauthorized_client, invalid_request, invalid_grant, invalid_scope; TidingsError RATE_LIMITED
 */
export async function grantByPassword(
  deps: Deps,
  { client: shown, settings, request: { params, ip } }: GrantRequest,
): Promise<TokenResponse> {
  requireSwitch(shown)
  requireConfidential(shown)
  const { database } = deps
  const guess = { login: params.require('username'), password: params.require('password') }
  const known = await findByPassword(deps, { ip }, guess).catch(toInvalidGrant)
  return database.tx(async (tx) => {
    const user = await lockUser(database, tx, known.key)
    // Changed while the password was looked at.
    if (user?.passwordHash !== known.passwordHash || user.suspendedAt !== null) throw wrong()
    const client = await holdClient(deps, tx, shown)
    requireSwitch(client)
    if (!worksFor(client, user.key)) throw wrong()
    const request = { client, scope: params.find('scope'), forUser: true }
    const scopes = await requestedScopes(deps, tx, request)
    const now = await database.now(tx)
    const refreshable = isRefreshable(client, settings)
    const consentKey = await writePasswordConsent(deps, tx, { client, user, scopes })
    const grant = { client, user, consentKey, scopes, settings, now, refreshable }
    return (await issueGrant(deps, tx, grant)).response
  })
}

/** @throws OAuthError unauthorized_client */
function requireSwitch({ legacySwitches }: OAuthClientRow): void {
  if (!legacySwitches.includes('password'))
    throw new OAuthError('unauthorized_client', 'This client may not use the password grant.')
}

function toInvalidGrant(error: unknown): UserRow {
  throw isTidingsError(error) && error.code === 'INVALID_CREDENTIALS' ? wrong() : error
}

function wrong(): OAuthError {
  return new OAuthError('invalid_grant', 'The name or the password is wrong.')
}
