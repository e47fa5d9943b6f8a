import { digestOf } from '../../auth/primitives.ts'
import type { Tx } from '../../db/database.ts'
import type { OAuthClientRow } from '../../stores/oauth-client.ts'
import { lockOAuthCode, useOAuthCode, type OAuthCodeRow } from '../../stores/oauth-code.ts'
import {
  lockOAuthConsent,
  readOAuthConsent,
  type OAuthConsentRow,
} from '../../stores/oauth-consent.ts'
import { findSession } from '../../stores/session.ts'
import { findUser } from '../../stores/user.ts'
import type { Deps } from '../deps.ts'
import { endSessions } from '../session.ts'
import { decodedOnce } from './authorize.ts'
import type { ClientRequest } from './client-authentication.ts'
import { worksFor } from './consent.ts'
import { OAuthError } from './error.ts'
import { holdClient } from './hold-client.ts'
import { isRefreshable, issueGrant, type GrantRequest, type TokenResponse } from './issue.ts'
import { checkVerifier } from './pkce.ts'
import { allowedScopes, scopesOf } from './scope.ts'

/**
 * Exchanges an authorization code (RFC 6749, 4.1.3). Of many who show one at once, one gets tokens; showing it again ends
 * what it was exchanged for.
 * @throws OAuthError invalid_request, invalid_grant
 */
export async function exchangeCode(deps: Deps, grant: GrantRequest): Promise<TokenResponse> {
  const digest = digestOf(grant.request.params.require('code'))
  const { database } = deps
  // A replay is an answer, not a throw: what it ends must be committed.
  const response = await database.tx(async (tx) => {
    const client = await holdClient(deps, tx, grant.client)
    const code = await lockOAuthCode(database, tx, digest)
    if (code === undefined) throw refused()
    const consent = await consentOf(deps, tx, code)
    if (consent?.clientKey !== client.key) throw refused()
    if (code.usedAt === null) return redeem(deps, tx, { ...grant, client, code, consent })
    await endReplayed(deps, tx, { client, code })
    return undefined
  })
  if (response === undefined) throw refused()
  return response
}

/** What a code has given ends when the code is shown again; of very many who do, one has to do something. */
async function endReplayed(
  deps: Deps,
  tx: Tx,
  { client, code }: Pick<Redemption, 'client' | 'code'>,
): Promise<void> {
  if (code.sessionKey === null) return
  const session = await findSession(deps.database, tx, { key: code.sessionKey })
  if (session === undefined || session.revokedAt !== null) return
  await endSessions(deps, tx, [session.key])
  const about = { clientId: client.id }
  deps.log.warn(about, 'an authorization code was used twice: what it gave is ended')
}

/** Held for a code that gives something; where nothing is given nobody need wait. */
function consentOf(
  { database }: Deps,
  tx: Tx,
  { usedAt, consentKey: key }: OAuthCodeRow,
): Promise<OAuthConsentRow | undefined> {
  return usedAt === null ? lockOAuthConsent(database, tx, key) : readOAuthConsent(database, tx, key)
}

function refused(): OAuthError {
  return new OAuthError(
    'invalid_grant',
    'The code is unknown, used, too old, or not for this client.',
  )
}

interface Redemption extends GrantRequest {
  readonly code: OAuthCodeRow
  readonly consent: OAuthConsentRow
}

async function redeem(
  deps: Deps,
  tx: Tx,
  { client, settings, code, consent, request }: Redemption,
): Promise<TokenResponse> {
  const { database } = deps
  const now = await database.now(tx)
  if (code.expiresAt <= now || consent.revokedAt !== null) throw refused()
  checkRedirectUri(code, client, request)
  // What was asked for on a path of the seeds is exchanged on theirs alone.
  const mayDoWithout = request.isSeed && client.legacySwitches.includes('no_pkce')
  if (code.codeChallenge === null && !mayDoWithout) throw refused()
  checkVerifier(code.codeChallenge, request.params.find('code_verifier'))
  const user = await findUser(database, tx, { key: consent.userKey })
  if (user === undefined || user.suspendedAt !== null || !worksFor(client, user.key))
    throw refused()
  const may = await allowedScopes(deps, tx, client)
  const scopes = scopesOf(code.scope).filter((scope) => may.includes(scope))
  if (scopes.length === 0) throw refused()
  const refreshable = isRefreshable(client, settings)
  const grant = { client, user, consentKey: consent.key, scopes, settings, now, refreshable }
  const { response, sessionKey } = await issueGrant(deps, tx, grant)
  await useOAuthCode(database, tx, { digest: code.digest, usedAt: now, sessionKey })
  return response
}

/** RFC 6749, 4.1.3: the same as in the authorization request, if that named one. */
function checkRedirectUri(
  { redirectUri, redirectNamed }: OAuthCodeRow,
  client: OAuthClientRow,
  { params, isSeed }: ClientRequest,
): void {
  const given = params.find('redirect_uri')
  if (given === undefined && redirectNamed === 0) return
  if (given === undefined) throw new OAuthError('invalid_request', 'redirect_uri is missing.')
  const isTwice = isSeed && client.legacySwitches.includes('double_encoded_redirect')
  if (given !== redirectUri && !(isTwice && decodedOnce(given) === redirectUri))
    throw new OAuthError('invalid_grant', 'redirect_uri is not the one that the code was sent to.')
}
