import type { HttpBindings } from '@hono/node-server'
import { TidingsError } from '@tidings/protocol/wire'
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../rpc/context.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import type { OAuthService } from '../../services/oauth/act-as.ts'
import { bearerOf } from '../bearer.ts'
import { sourceOf } from '../source.ts'

/** What Hono's handlers see: node's own request and response. */
export interface RestEnv {
  readonly Bindings: HttpBindings
}

/** One request, as Hono hands it to a handler. */
export type RestRequest = HonoContext<RestEnv>

/** Who calls, for routes that speak to the router. */
export interface RestContexts {
  /** For calls that anybody may make; a token that came along is not looked at. */
  readonly anonymous: (request: RestRequest) => Context
  /** @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED */
  readonly signedIn: (request: RestRequest) => Promise<Context>
  /**
   * As `signedIn`; `actAs` says in whose name a client acts whose token has no user.
   * @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED, and what `actAs` throws
   */
  readonly signedInAs: (
    request: RestRequest,
    actAs: (service: OAuthService) => Promise<Actor>,
  ) => Promise<Context>
  /**
   * As `signedIn`, also for a token that the client itself has signed with its access key (seed 001).
   * @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED
   */
  readonly clientSigned: (request: RestRequest) => Promise<Context>
}

export function restContexts(deps: Deps): RestContexts {
  const anonymous = (request: RestRequest): Context => {
    const source = sourceOf(request.env.incoming, deps.config, 'rest')
    return { deps, actor: null, source, transport: null }
  }
  const tokenOf = ({ env }: RestRequest): string => {
    const token = bearerOf(env.incoming)
    if (token === undefined) throw new TidingsError('UNAUTHENTICATED')
    return token
  }
  return {
    anonymous,
    signedIn: async (request) => ({
      ...anonymous(request),
      actor: await deps.auth.authenticate(tokenOf(request)),
    }),
    signedInAs: async (request, actAs) => {
      const found = await deps.auth.authenticateService(tokenOf(request))
      const actor = 'client' in found ? await actAs(found) : found
      return { ...anonymous(request), actor }
    },
    clientSigned: async (request) => ({
      ...anonymous(request),
      actor: await deps.auth.authenticateClient(tokenOf(request)),
    }),
  }
}
