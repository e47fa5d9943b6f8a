import { TidingsError } from '@tidings/protocol/wire'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import { isClientSigned, verifyClientToken } from './access-key.ts'
import { verifyAccessToken, type SigningKey } from './access-token.ts'
import type { Actor } from './actor.ts'
import type { Auth, Tickets } from './auth.ts'
import type { ExternalEntry } from './external-person.ts'
import { isOAuthToken, requireOAuthToken, serviceOf, type OAuthService } from './oauth-access.ts'
import type { SessionLookup } from './session-lookup.ts'

/** What tokens and tickets are looked at with. */
export interface AuthenticationParts {
  readonly database: Database
  readonly clock: Clock
  readonly secrets: readonly string[]
  /** Of the sessions' own tokens. */
  readonly keys: readonly SigningKey[]
  readonly lookup: SessionLookup
  readonly tickets: Pick<Tickets, 'redeem'>
  /** Of an app that makes tokens of its own. */
  readonly external?: ExternalEntry | undefined
}

/** Every way of saying who one is, but the password. */
export type Authentication = Pick<
  Auth,
  'authenticate' | 'authenticateClient' | 'authenticateService' | 'redeemTicket'
>

export function openAuthentication(parts: AuthenticationParts): Authentication {
  const { clock, secrets, lookup, tickets } = parts
  const authenticate = async (token: string): Promise<Actor> => {
    const found = await findService(parts, token)
    if ('client' in found) throw new TidingsError('FORBIDDEN', 'This token acts for nobody.')
    return found
  }
  const clientOf = (token: string) => ({ id: verifyClientToken(secrets, token, clock.now()) })
  return {
    authenticate,
    authenticateClient: async (token) =>
      isClientSigned(token) ? lookup(clientOf(token)) : authenticate(token),
    authenticateService: (token) => findService(parts, token),
    async redeemTicket(ticket, origin) {
      const { sessionKey, scope, endsAt } = await tickets.redeem(ticket, origin)
      const actor = await lookup({ key: sessionKey }, scope)
      return endsAt === null ? actor : { ...actor, endsAt }
    },
  }
}

async function findService(
  parts: AuthenticationParts,
  token: string,
): Promise<Actor | OAuthService> {
  // First: theirs may look like those of clients.
  const { external } = parts
  if (external?.claims(token) === true) return findExternal(external, parts.lookup, token)
  if (isOAuthToken(token)) return findByOAuthToken(parts, token)
  const { userId, sessionId } = verifyAccessToken(parts.keys, token, parts.clock.now())
  const actor = await parts.lookup({ id: sessionId })
  if (actor.userId !== userId) throw new TidingsError('UNAUTHENTICATED')
  return actor
}

/** The session may go on for longer; what lets him act is the token. */
async function findExternal(
  external: ExternalEntry,
  lookup: SessionLookup,
  token: string,
): Promise<Actor> {
  const person = await external.verify(token)
  const actor = await lookup({ key: await external.admit(person) })
  return { ...actor, endsAt: person.expiresAt }
}

async function findByOAuthToken(
  parts: AuthenticationParts,
  token: string,
): Promise<Actor | OAuthService> {
  const row = await requireOAuthToken(parts, token)
  const { sessionKey, scope } = row
  return sessionKey === null ? serviceOf(parts, row) : parts.lookup({ key: sessionKey }, scope)
}
