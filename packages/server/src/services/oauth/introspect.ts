import { digestOf } from '../../auth/primitives.ts'
import { findOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import { listAllowedScopes } from '../../stores/oauth-scope.ts'
import {
  findOAuthAccessToken,
  findOAuthGrant,
  revokeOAuthAccessToken,
  type OAuthAccessTokenRow,
} from '../../stores/oauth-token.ts'
import { findRefreshTokenByDigest } from '../../stores/refresh-token.ts'
import { findSession, type SessionRow } from '../../stores/session.ts'
import { findUser } from '../../stores/user.ts'
import type { Deps } from '../deps.ts'
import { endSessions } from '../session.ts'
import {
  requireConfidential,
  requireOAuthClient,
  type ClientRequest,
} from './client-authentication.ts'
import { worksFor } from './consent.ts'
import { OAuthError } from './error.ts'

/** What a resource server is told of a token (RFC 7662, 2.2); of one that is not active nothing else. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      readonly scope: string
      readonly client_id: string
      readonly username?: string
      readonly token_type?: 'Bearer'
      /** Seconds. */
      readonly exp: number
      readonly iat: number
      readonly sub: string
      readonly iss: string
    }

const INACTIVE = { active: false } as const

/** A token as it was found. */
interface Found {
  readonly clientKey: number
  readonly sessionKey: number | null
  readonly scope: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly ended: boolean
  readonly isAccess: boolean
}

/**
 * What a token stands for. A client is told of its own tokens; of others only with the scope `tokens:introspect`.
 * @throws OAuthError invalid_client, invalid_request
 */
export async function introspectToken(deps: Deps, request: ClientRequest): Promise<Introspection> {
  const { database, config } = deps
  const asker = await requireOAuthClient(deps, request)
  requireConfidential(asker)
  const found = await findToken(deps, request.params.require('token'))
  if (found === undefined || found.ended || !(await maySee(deps, asker, found))) return INACTIVE
  if (found.expiresAt <= (await database.now())) return INACTIVE
  const client = await findOAuthClient(database, database.read, { key: found.clientKey })
  if (client === undefined || client.suspendedAt !== null) return INACTIVE
  const holder = await findHolder(deps, client, found)
  if (holder === undefined) return INACTIVE
  const { username, sub } = holder
  return {
    active: true,
    scope: holder.scope,
    client_id: client.id,
    ...(username === undefined ? {} : { username }),
    ...(found.isAccess ? { token_type: 'Bearer' } : {}),
    exp: Math.floor(found.expiresAt / 1000),
    iat: Math.floor(found.createdAt / 1000),
    sub,
    iss: config.publicUrl,
  }
}

async function maySee(
  { database }: Pick<Deps, 'database'>,
  asker: OAuthClientRow,
  { clientKey }: Found,
): Promise<boolean> {
  if (clientKey === asker.key) return true
  const scopes = await listAllowedScopes(database, database.read, asker)
  return scopes.includes('tokens:introspect')
}

interface Holder {
  readonly sub: string
  readonly username?: string | undefined
  readonly scope: string
}

/** For whom a token acts; undefined when it does no more. */
async function findHolder(
  { database }: Pick<Deps, 'database'>,
  client: OAuthClientRow,
  { sessionKey, scope }: Found,
): Promise<Holder | undefined> {
  const allowed = await listAllowedScopes(database, database.read, client)
  const has = (one: string) => allowed.includes(one)
  if (sessionKey === null) return { sub: client.id, scope: scope.split(' ').filter(has).join(' ') }
  const session = await findSession(database, database.read, { key: sessionKey })
  const user = session && (await findUser(database, database.read, { key: session.userKey }))
  if (session === undefined || user === undefined || user.suspendedAt !== null) return undefined
  if (!worksFor(client, user.key)) return undefined
  const { consentKey } = session
  const place = { clientKey: client.key, consentKey }
  const grant = await findOAuthGrant(database, database.read, place)
  if (consentKey === null || grant?.consentKey !== consentKey || grant.revokedAt !== null)
    return undefined
  const consented = (grant.consentScope ?? '').split(' ')
  const scopes = scope.split(' ').filter((one) => consented.includes(one) && has(one))
  return { sub: user.id, username: user.username, scope: scopes.join(' ') }
}

/** `token_type_hint` only says where to look first: both are found by one look each. */
async function findToken(
  { database }: Pick<Deps, 'database'>,
  token: string,
): Promise<Found | undefined> {
  const digest = digestOf(token)
  const access = await findOAuthAccessToken(database, database.read, digest)
  if (access !== undefined) return ofAccess({ database }, access)
  const refresh = await findRefreshTokenByDigest(database, database.read, digest)
  if (refresh === undefined) return undefined
  const session = await findSession(database, database.read, { key: refresh.sessionKey })
  if (session === undefined || session.clientKey === null) return undefined
  return {
    clientKey: session.clientKey,
    sessionKey: session.key,
    scope: session.scope ?? '',
    createdAt: refresh.createdAt,
    expiresAt: refresh.expiresAt,
    ended: refresh.usedAt !== null || isEnded(session),
    isAccess: false,
  }
}

async function ofAccess(
  { database }: Pick<Deps, 'database'>,
  access: OAuthAccessTokenRow,
): Promise<Found> {
  const { sessionKey } = access
  const session =
    sessionKey === null
      ? undefined
      : await findSession(database, database.read, { key: sessionKey })
  const ended = access.revokedAt !== null || (sessionKey !== null && isEnded(session))
  return { ...access, ended, isAccess: true }
}

function isEnded(session: SessionRow | undefined): boolean {
  return session === undefined || session.revokedAt !== null
}

/**
 * Ends a token (RFC 7009), and with it everything that came of the same authorization, with its connections. A token that
 * is not there has ended already.
 * @throws OAuthError invalid_client, invalid_request, invalid_grant for another client's
 */
export async function revokeToken(deps: Deps, request: ClientRequest): Promise<void> {
  const { database } = deps
  const client = await requireOAuthClient(deps, request)
  const token = request.params.require('token')
  const found = await findToken(deps, token)
  if (found === undefined) return
  if (found.clientKey !== client.key)
    throw new OAuthError('invalid_grant', 'The token was given to another client.')
  await database.tx(async (tx) => {
    const now = await database.now(tx)
    await (found.sessionKey === null
      ? revokeOAuthAccessToken(database, tx, { digest: digestOf(token), now })
      : endSessions(deps, tx, [found.sessionKey]))
  })
}
