import type { HttpBindings } from '@hono/node-server'
import { TidingsError } from '@tidings/protocol/wire'
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../rpc/context.ts'
import type { Deps } from '../../services/deps.ts'
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
}

export function restContexts(deps: Deps): RestContexts {
  const anonymous = (request: RestRequest): Context => {
    const source = sourceOf(request.env.incoming, deps.config, 'rest')
    return { deps, actor: null, source, transport: null }
  }
  return {
    anonymous,
    async signedIn(request) {
      const token = bearerOf(request.env.incoming)
      if (token === undefined) throw new TidingsError('UNAUTHENTICATED')
      return { ...anonymous(request), actor: await deps.auth.authenticate(token) }
    },
  }
}
