import { Hono } from 'hono'
import { chargeCall } from '../../services/call-limit.ts'
import type { Deps } from '../../services/deps.ts'
import type { ClientRequest } from '../../services/oauth/client-authentication.ts'
import { OAuthError } from '../../services/oauth/error.ts'
import { introspectToken, revokeToken } from '../../services/oauth/introspect.ts'
import { serverMetadata } from '../../services/oauth/metadata.ts'
import { OAuthParams } from '../../services/oauth/params.ts'
import { grantToken } from '../../services/oauth/token.ts'
import { readForm } from '../rest/body.ts'
import type { RestEnv, RestRequest } from '../rest/context.ts'
import { sourceOf } from '../source.ts'
import { oauthFailure, oauthJson } from './answer.ts'

const METADATA = '/.well-known/oauth-authorization-server'

/** What clients call of the authorization server, on the standards' paths and on those of seeds 000 and 004. */
export function oauthRoutes(deps: Deps): Hono<RestEnv> {
  const answering =
    (act: (c: RestRequest) => Promise<Response>) =>
    async (c: RestRequest): Promise<Response> => {
      try {
        chargeCall(deps, sourceOf(c.env.incoming, deps.config, 'rest').ip, 'ip')
        return await act(c)
      } catch (thrown) {
        return oauthFailure(deps.log, thrown)
      }
    }
  const tokenRoute = (isSeed: boolean) =>
    answering(async (c) => {
      const { expires_in, ...rest } = await grantToken(deps, await clientRequest(deps, c, isSeed))
      // Seed 004 writes its number as a text.
      return oauthJson({ ...rest, expires_in: isSeed ? String(expires_in) : expires_in })
    })
  const metadata = answering(async () => oauthJson(await serverMetadata(deps)))
  return (
    new Hono<RestEnv>()
      .post('/oauth/token', tokenRoute(false))
      .post('/oauth/token/index', tokenRoute(true))
      .post(
        '/oauth/revoke',
        answering(async (c) => {
          await revokeToken(deps, await clientRequest(deps, c, false))
          return new Response(null, { status: 200 })
        }),
      )
      .post(
        '/oauth/introspect',
        answering(async (c) =>
          oauthJson(await introspectToken(deps, await clientRequest(deps, c, false))),
        ),
      )
      .get(METADATA, metadata)
      // RFC 8414, 3.1: where the issuer has a path, it stands behind.
      .get(`${METADATA}/*`, metadata)
  )
}

async function clientRequest(deps: Deps, c: RestRequest, isSeed: boolean): Promise<ClientRequest> {
  const { searchParams: query } = new URL(c.req.url)
  const hasQuery = query.size > 0
  if (hasQuery && !isSeed)
    throw new OAuthError('invalid_request', 'Parameters belong into the body.')
  const { incoming } = c.env
  // The older systems' client posts nothing but its address.
  const isEmpty = isSeed && incoming.headers['content-length'] === '0'
  const form = isEmpty ? new URLSearchParams() : await readForm(c.req.raw)
  for (const [name, value] of query) form.append(name, value)
  return {
    params: new OAuthParams(form),
    authorization: incoming.headers.authorization,
    ip: sourceOf(incoming, deps.config, 'rest').ip,
    isSeed,
    hasQuery,
  }
}
