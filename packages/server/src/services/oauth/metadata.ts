import { listOAuthScopes } from '../../stores/oauth-scope.ts'
import type { Deps } from '../deps.ts'
import { readOAuthSettings } from './settings.ts'

/** Ways in which a confidential client says who it is. */
const SECRET_METHODS = ['client_secret_basic', 'client_secret_post']

/** What a client needs to know of this server (RFC 8414). What only the older systems do is not offered. */
export async function serverMetadata(
  deps: Pick<Deps, 'database' | 'config'>,
): Promise<Readonly<Record<string, unknown>>> {
  const { database, config } = deps
  const { grantTypes } = await readOAuthSettings(deps)
  const scopes = await listOAuthScopes(database, database.read)
  const issuer = config.publicUrl
  return {
    issuer,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    scopes_supported: scopes.map(({ name }) => name),
    ...(grantTypes.includes('authorization_code') ? byCode(issuer) : {}),
    grant_types_supported: grantTypes.filter((type) => type !== 'password' && type !== 'implicit'),
    token_endpoint_auth_methods_supported: [...SECRET_METHODS, 'none'],
    revocation_endpoint_auth_methods_supported: [...SECRET_METHODS, 'none'],
    introspection_endpoint_auth_methods_supported: SECRET_METHODS,
    service_documentation: `${issuer}/docs`,
  }
}

/**
 * Where codes are not offered there is nothing to ask a user for. RFC 8414, 2, requires `response_types_supported`, and 3.2
 * forbids it to be empty: without an endpoint that it could be about it is left out.
 */
function byCode(issuer: string) {
  return {
    authorization_endpoint: `${issuer}/oauth/authorize`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}
