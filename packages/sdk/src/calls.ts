import { TidingsError } from '@tidings/protocol/wire'
import { toTidingsError } from './errors.ts'
import type { Call } from './frames.ts'
import type { Http } from './http.ts'
import type { Path } from './procedures.ts'
import type { Tokens } from './tokens.ts'

export interface CallOptions {
  readonly http: Http
  readonly tokens: Tokens
  /** The answer over the connection; undefined when there is none. */
  readonly overConnection: (call: Call) => Promise<unknown> | undefined
}

/** Calls that nobody has to be signed in for. */
const PUBLIC: ReadonlySet<string> = new Set<Path>([
  'account.register',
  'account.login',
  'account.refresh',
  'account.verifyEmail',
  'account.requestPasswordReset',
  'account.resetPassword',
  'identity.listProviders',
  'identity.begin',
  'identity.complete',
])

/** A connection is somebody's, and these are about who that is. */
const OVER_HTTP: ReadonlySet<string> = new Set<Path>([
  'account.register',
  'account.login',
  'account.refresh',
  'account.logout',
  'account.erase',
  'identity.complete',
])

/** Sends calls over the connection when there is one, else over HTTP; with a token that is renewed when it has expired. */
export function createSender(options: CallOptions): (call: Call) => Promise<unknown> {
  return (call) => {
    const answer = OVER_HTTP.has(call.path) ? undefined : options.overConnection(call)
    if (answer === undefined) return overHttp(options, call)
    return answer.catch((thrown: unknown) => {
      const { code } = toTidingsError(thrown)
      // A lost connection leaves the outcome of a mutation open; a query can simply be asked again.
      const again = code === 'TOKEN_EXPIRED' || (code === 'NETWORK' && call.type === 'query')
      if (!again) throw thrown
      return overHttp(options, call)
    })
  }
}

async function overHttp({ http, tokens }: CallOptions, call: Call): Promise<unknown> {
  const token = PUBLIC.has(call.path) ? undefined : await tokens.get()
  const userId = tokens.credentials?.user.id
  try {
    return await http.call({ ...call, token })
  } catch (thrown) {
    const { code } = toTidingsError(thrown)
    const isStale = code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED'
    if (token === undefined || !isStale) throw thrown
    const renewed = await tokens.renew(token)
    // Somebody else has signed in meanwhile: what one user said must not be sent as the other's.
    if (tokens.credentials?.user.id !== userId) throw new TidingsError('UNAUTHENTICATED')
    return await http.call({ ...call, token: renewed })
  }
}
