import {
  findOAuthClient,
  listRedirectUris,
  type OAuthClientRow,
} from '../../stores/oauth-client.ts'
import type { Deps } from '../deps.ts'
import { OAuthError } from './error.ts'
import { OAuthParams } from './params.ts'
import type { AuthorizationOutcome, PendingAuthorization } from './pending.ts'
import { requireChallenge } from './pkce.ts'
import { matchRedirectUri, redirectTo } from './redirect-uri.ts'
import { requestedScopes } from './scope.ts'
import { readOAuthSettings } from './settings.ts'

/** An authorization request, as it came in. */
export interface AuthorizationRequest {
  readonly query: URLSearchParams
  /** On a path of the older systems, where a client's legacy switches count. */
  readonly isSeed: boolean
}

/** Who asks, and where the answer goes. */
interface Asker extends Pick<PendingAuthorization, 'client' | 'redirectUri' | 'redirectNamed'> {
  readonly params: OAuthParams
  readonly isSeed: boolean
}

/**
 * Looks at an authorization request (RFC 6749, 4.1.1). Until client and redirect URI are known to be good nobody is
 * redirected anywhere; after that everything else that is wrong is told to the client.
 */
export async function checkAuthorization(
  deps: Pick<Deps, 'database' | 'config'>,
  request: AuthorizationRequest,
): Promise<AuthorizationOutcome> {
  let asker: Asker
  try {
    asker = await findAsker(deps, request)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { outcome: 'page', error: error.code, description: error.message }
  }
  try {
    return { outcome: 'pending', pending: await toPending(deps, asker) }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    // Anybody can register a client: by one that nobody has looked at, nobody is led away from here unasked.
    if (asker.client.state !== 'approved')
      return { outcome: 'page', error: error.code, description: error.message }
    return { outcome: 'redirect', location: refusalTo(deps, asker, error) }
  }
}

async function findAsker(
  deps: Pick<Deps, 'database'>,
  { query, isSeed }: AuthorizationRequest,
): Promise<Asker> {
  const { database } = deps
  const params = new OAuthParams(query)
  if (!(await readOAuthSettings(deps)).roles.includes('provider'))
    throw new OAuthError('invalid_request', 'This server lets no other applications in.')
  const client = await findOAuthClient(database, database.read, { id: params.require('client_id') })
  if (client === undefined) throw new OAuthError('invalid_request', 'There is no such client.')
  if (client.suspendedAt !== null)
    throw new OAuthError('unauthorized_client', 'This application is suspended.')
  const registered = await listRedirectUris(database, database.read, client.key)
  const given = params.find('redirect_uri')
  const redirectUri =
    given === undefined ? only(registered) : match(client, { registered, given, isSeed })
  if (redirectUri === undefined)
    throw new OAuthError('invalid_request', 'redirect_uri is not one of those registered.')
  return { client, params, isSeed, redirectUri, redirectNamed: given !== undefined }
}

function only(registered: readonly string[]): string | undefined {
  return registered.length === 1 ? registered[0] : undefined
}

function match(
  client: OAuthClientRow,
  { registered, given, isSeed }: { registered: readonly string[]; given: string; isSeed: boolean },
): string | undefined {
  const found = matchRedirectUri(registered, given)
  if (found !== undefined || !isSeed || !client.legacySwitches.includes('double_encoded_redirect'))
    return found
  const decoded = decodedOnce(given)
  return decoded === undefined ? undefined : matchRedirectUri(registered, decoded)
}

/** Seed 004 encodes its redirect URI twice; undefined for what cannot be decoded again. */
export function decodedOnce(uri: string): string | undefined {
  try {
    return decodeURIComponent(uri)
  } catch {
    return undefined
  }
}

async function toPending(
  deps: Pick<Deps, 'database'>,
  { client, params, isSeed, redirectUri, redirectNamed }: Asker,
): Promise<PendingAuthorization> {
  const { database } = deps
  const state = params.find('state')
  const responseType = await requireResponseType(deps, client, { params, isSeed })
  const mayDoWithout =
    responseType === 'token' ||
    (isSeed && client.secretDigest !== null && client.legacySwitches.includes('no_pkce'))
  const challenge = params.find('code_challenge')
  const method = params.find('code_challenge_method')
  const codeChallenge =
    mayDoWithout && challenge === undefined ? undefined : requireChallenge(challenge, method)
  const scope = params.find('scope')
  const scopes = await requestedScopes(deps, database.read, { client, scope, forUser: true })
  const isInQuery = responseType === 'code' || client.legacySwitches.includes('implicit_query')
  return {
    client,
    redirectUri,
    redirectNamed,
    scopes,
    state,
    codeChallenge,
    responseType,
    responseMode: isInQuery ? 'query' : 'fragment',
  }
}

async function requireResponseType(
  deps: Pick<Deps, 'database'>,
  client: OAuthClientRow,
  { params, isSeed }: Pick<Asker, 'params' | 'isSeed'>,
): Promise<'code' | 'token'> {
  const type = params.require('response_type')
  const { grantTypes } = await readOAuthSettings(deps)
  if (type === 'token' && isSeed) {
    if (grantTypes.includes('implicit') && client.legacySwitches.includes('implicit')) return type
    throw new OAuthError('unauthorized_client', 'This client may not use the implicit grant.')
  }
  if (type !== 'code')
    throw new OAuthError('unsupported_response_type', 'response_type must be code.')
  if (
    !grantTypes.includes('authorization_code') ||
    !client.grantTypes.includes('authorization_code')
  )
    throw new OAuthError('unauthorized_client', 'This client may not use authorization codes.')
  return type
}

/** Tells a client that it gets nothing: with its state, and with who says so (RFC 9207). */
function refusalTo(
  { config }: Pick<Deps, 'config'>,
  { client, redirectUri, params, isSeed }: Asker,
  { code, message }: OAuthError,
): string {
  const answer = {
    error: code,
    error_description: message,
    state: onlyOne(params, 'state'),
    iss: config.publicUrl,
  }
  // RFC 6749, 4.2.2.1: where a token would have come; but a server behind the address never sees a fragment.
  const isToken = onlyOne(params, 'response_type')?.split(' ').includes('token') === true
  const isInQuery = isSeed && client.legacySwitches.includes('implicit_query')
  return redirectTo(redirectUri, answer, isToken && !isInQuery ? 'fragment' : 'query')
}

/** One that comes twice is none. */
function onlyOne(params: OAuthParams, name: string): string | undefined {
  try {
    return params.find(name)
  } catch {
    return undefined
  }
}
