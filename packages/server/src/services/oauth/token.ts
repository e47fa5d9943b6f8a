import type { OAuthGrantType } from '@tidings/protocol/wire'
import type { Deps } from '../deps.ts'
import { requireOAuthClient, type ClientRequest } from './client-authentication.ts'
import { exchangeCode } from './code-grant.ts'
import { OAuthError } from './error.ts'
import type { GrantRequest, TokenResponse } from './issue.ts'
import { grantByPassword, grantToClient } from './other-grants.ts'
import { refreshGrant } from './refresh-grant.ts'
import { readOAuthSettings } from './settings.ts'

type Grant = (deps: Deps, grant: GrantRequest) => Promise<TokenResponse>

const GRANTS: Readonly<Record<Exclude<OAuthGrantType, 'implicit'>, Grant>> = {
  authorization_code: exchangeCode,
  refresh_token: refreshGrant,
  client_credentials: grantToClient,
  password: grantByPassword,
}

/** Seed 004's own name for `authorization_code`. */
const SEED_NAME = 'authorizecode'

/**
 * The token endpoint (RFC 6749, 3.2).
 * @throws OAuthError, TidingsError RATE_LIMITED
 */
export async function grantToken(deps: Deps, request: ClientRequest): Promise<TokenResponse> {
  const askedAt = await deps.database.now()
  const settings = await readOAuthSettings(deps)
  if (!settings.roles.includes('provider'))
    throw new OAuthError('invalid_request', 'This server lets no other applications in.')
  const client = await requireOAuthClient(deps, request)
  const named = request.params.require('grant_type')
  const type = request.isSeed && named === SEED_NAME ? 'authorization_code' : named
  if (!isGrantType(type))
    throw new OAuthError('unsupported_grant_type', 'This grant type is not supported.')
  // For the password grant no app registers: each has a switch, besides.
  const isOwn = type === 'password' || client.grantTypes.includes(type)
  if (!isOwn || !settings.grantTypes.includes(type))
    throw new OAuthError('unauthorized_client', 'This client may not use this grant type.')
  return GRANTS[type](deps, { client, settings, request, askedAt })
}

function isGrantType(name: string): name is keyof typeof GRANTS {
  return Object.hasOwn(GRANTS, name)
}
