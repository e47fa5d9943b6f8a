import { TidingsError } from '@tidings/protocol/wire'
import { authenticationCode, digestOf } from './primitives.ts'
import type { Clock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import { findOAuthClient, type OAuthClientRow } from '../stores/oauth-client.ts'
import { listAllowedScopes } from '../stores/oauth-scope.ts'
import {
  findOAuthAccessToken,
  findOAuthGrant,
  listConsentConversations,
  type OAuthAccessTokenRow,
} from '../stores/oauth-token.ts'
import type { SessionRow } from '../stores/session.ts'
import type { ActorGrant } from './actor.ts'
import type { SigningKey } from './access-token.ts'

const OPAQUE = 'tda_'
/** RFC 9068. */
const JWT_TYPE = 'at+jwt'
/** How every JWT of that type begins: tokens of sessions are not parsed twice to find out what they are. */
const JWT_BEGINNING = Buffer.from(`{"typ":"${JWT_TYPE}",`).toString('base64url').slice(0, 20)
const MAX_LENGTH = 2048

/** A client that acts for nobody, and what it may. */
export interface OAuthService {
  readonly client: OAuthClientRow
  readonly scopes: ReadonlySet<string>
}

/** What a JWT access token tells its reader (RFC 9068); here it is looked up like any other. */
export interface OAuthClaims {
  readonly issuer: string
  /** The user's id, or the client's of a token that acts for nobody. */
  readonly subject: string
  readonly clientId: string
  readonly scope: string
  readonly id: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Signs an access token of a client. */
export function signOAuthToken({ id, key }: SigningKey, claims: OAuthClaims): string {
  const payload = {
    iss: claims.issuer,
    aud: claims.issuer,
    sub: claims.subject,
    client_id: claims.clientId,
    scope: claims.scope,
    jti: claims.id,
    iat: Math.floor(claims.issuedAt / 1000),
    exp: Math.floor(claims.expiresAt / 1000),
  }
  const signed = [{ typ: JWT_TYPE, alg: 'HS256', kid: id }, payload].map(encoded).join('.')
  return `${signed}.${authenticationCode(key, signed)}`
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** A token that nobody can read anything out of, of a random text. */
export function opaqueToken(random: string): string {
  return `${OPAQUE}${random}`
}

/** True for a token that, if it is ours at all, was given to a client. */
export function isOAuthToken(token: string): boolean {
  if (token.length > MAX_LENGTH) return false
  return token.startsWith(OPAQUE) || token.startsWith(JWT_BEGINNING)
}

interface Parts {
  readonly database: Database
  readonly clock: Clock
}

/**
 * Finds an access token that lives. A JWT is known by its digest too, so that nothing depends on what it says.
 * @throws TidingsError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED
 */
export async function requireOAuthToken(
  { database, clock }: Parts,
  token: string,
): Promise<OAuthAccessTokenRow> {
  const row = await findOAuthAccessToken(database, database.read, digestOf(token))
  if (row === undefined) throw new TidingsError('UNAUTHENTICATED')
  if (row.revokedAt !== null) throw new TidingsError('SESSION_REVOKED')
  if (row.expiresAt <= clock.now()) throw new TidingsError('TOKEN_EXPIRED')
  return row
}

/**
 * What a client may that acts for nobody: what its token may, as far as the client is still let.
 * @throws TidingsError SESSION_REVOKED when the client has been suspended or is gone
 */
export async function serviceOf(
  { database }: Parts,
  { clientKey, scope }: OAuthAccessTokenRow,
): Promise<OAuthService> {
  const client = await findOAuthClient(database, database.read, { key: clientKey })
  if (client === undefined || client.suspendedAt !== null) throw new TidingsError('SESSION_REVOKED')
  const allowed = await listAllowedScopes(database, database.read, client)
  return { client, scopes: inAll([scope, allowed.join(' ')]) }
}

/**
 * By what right a client acts as a session's user: what its token may, as far as the user still consents and the client is
 * still let.
 * @throws TidingsError SESSION_REVOKED
 */
export async function grantOf(
  { database }: Parts,
  session: SessionRow,
  tokenScope: string | null,
): Promise<ActorGrant | undefined> {
  const { clientKey, consentKey, userKey } = session
  if (clientKey === null) return undefined
  const found = await findOAuthGrant(database, database.read, { clientKey, consentKey })
  if (found === undefined || found.deletedAt !== null || found.suspendedAt !== null)
    throw new TidingsError('SESSION_REVOKED')
  // What has no consent is of a version whose password grants users could not see.
  if (found.consentKey === null || found.revokedAt !== null)
    throw new TidingsError('SESSION_REVOKED')
  // Until it is verified it works for its creator alone, also after it has lost that.
  if (found.state !== 'approved' && found.creatorKey !== userKey)
    throw new TidingsError('SESSION_REVOKED')
  const client = { key: clientKey, state: found.state }
  const allowed = (await listAllowedScopes(database, database.read, client)).join(' ')
  const own = session.scope ?? ''
  const limits = found.limited === 1 ? found.consentKey : null
  return {
    clientId: found.clientId,
    scopes: inAll([own, tokenScope ?? own, found.consentScope ?? '', allowed]),
    conversationIds:
      limits === null
        ? undefined
        : new Set(await listConsentConversations(database, database.read, limits)),
  }
}

/** What several of RFC 6749's space-separated lists have in common. */
function inAll([first = '', ...others]: readonly string[]): ReadonlySet<string> {
  const lists = others.map((scope) => new Set(scope.split(' ')))
  const scopes = first.split(' ').filter((one) => one !== '')
  return new Set(scopes.filter((one) => lists.every((list) => list.has(one))))
}
