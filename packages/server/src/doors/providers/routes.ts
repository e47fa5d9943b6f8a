import { Hono } from 'hono'
import { randomToken } from '../../auth/primitives.ts'
import { chargeCall } from '../../services/call-limit.ts'
import type { Deps } from '../../services/deps.ts'
import { leadToProvider, returnFromProvider } from '../../services/identity/sign-in.ts'
import { errorResponse, toLoggedError } from '../rest/answer.ts'
import type { RestEnv, RestRequest } from '../rest/context.ts'
import { sourceOf } from '../source.ts'

/** What a browser holds for so long, seconds: no longer than a sign-in may take. */
const COOKIE_S = 10 * 60
const COOKIE_VALUE = /^[\w-]{43}$/

/** Where browsers pass on their way to another provider and back. Nothing here asks who is signed in. */
export function providerRoutes(deps: Deps): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get('/oauth/sign-in/:provider', (c) =>
      passing(deps, c, async (provider) => {
        const known = browserOf(deps, c)
        const browser = known ?? randomToken()
        const request = c.req.query('request') ?? ''
        const address = await leadToProvider(deps, { provider, browser, request })
        return leadTo(address, cookie(deps, browser, COOKIE_S))
      }),
    )
    .get('/oauth/callback/:provider', (c) =>
      passing(deps, c, async (provider) => {
        const query = new URL(c.req.url).searchParams
        const browser = browserOf(deps, c) ?? ''
        return leadTo(await returnFromProvider(deps, { provider, browser, query }))
      }),
    )
}

/** Charged like any call of somebody who is not signed in; what fails is said to who looks at the browser. */
async function passing(
  deps: Deps,
  c: RestRequest,
  lead: (provider: string) => Promise<Response>,
): Promise<Response> {
  try {
    chargeCall(deps, sourceOf(c.env.incoming, deps.config, 'rest').ip, 'ip')
    return await lead(c.req.param('provider') ?? '')
  } catch (thrown) {
    return errorResponse(toLoggedError(deps.log, thrown))
  }
}

/** Codes stand in addresses here, and must not be told to the next site. */
function leadTo(location: string, setCookie?: string): Response {
  const headers = new Headers({
    location,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  })
  if (setCookie !== undefined) headers.set('set-cookie', setCookie)
  return new Response(null, { status: 303, headers })
}

/** `__Host-` binds it to this host and to TLS; without TLS browsers refuse that, as on a machine where somebody develops. */
function cookieName({ config }: Deps): string {
  return `${config.publicUrl.startsWith('https:') ? '__Host-' : ''}tidings-sign-in`
}

/** Lax: it must come along when the provider leads the browser back. */
function cookie(deps: Deps, value: string, maxAge: number): string {
  const secure = deps.config.publicUrl.startsWith('https:') ? '; Secure' : ''
  return `${cookieName(deps)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAge}${secure}`
}

function browserOf(deps: Deps, c: RestRequest): string | undefined {
  const name = cookieName(deps)
  const pairs = (c.req.header('cookie') ?? '').split(';').map((pair) => pair.trim().split('=', 2))
  const value = pairs.find(([key]) => key === name)?.[1]
  return value !== undefined && COOKIE_VALUE.test(value) ? value : undefined
}
