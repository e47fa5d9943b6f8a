import { digestOf } from '../../auth/primitives.ts'
import { SESSION_ABSOLUTE_MS } from '../../auth/session-life.ts'
import type { Tx } from '../../db/database.ts'
import type { OAuthClientRow } from '../../stores/oauth-client.ts'
import { insertOAuthAccessToken } from '../../stores/oauth-token.ts'
import { listClientSessionKeys } from '../../stores/session-client.ts'
import { insertSession, type SessionRow } from '../../stores/session.ts'
import type { UserRow } from '../../stores/user.ts'
import type { Deps } from '../deps.ts'
import { endSessions } from '../session.ts'
import type { ClientRequest } from './client-authentication.ts'
import type { OAuthSettings } from './settings.ts'

/** How often a user's account may be in use by one client; the oldest gives way. */
const MAX_GRANTS = 100

/** What the token endpoint answers (RFC 6749, 5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  readonly refresh_token?: string
  readonly scope: string
}

/** A request for tokens, of a client that has proven itself. */
export interface GrantRequest {
  readonly client: OAuthClientRow
  readonly settings: OAuthSettings
  readonly request: ClientRequest
  /** When it came in. */
  readonly askedAt: number
}

/** For whom an access token is made. */
export interface AccessFor {
  readonly client: OAuthClientRow
  /** Null for a client that acts for nobody. */
  readonly user: Pick<UserRow, 'id'> | null
  readonly sessionKey: number | null
  readonly scopes: readonly string[]
  readonly settings: OAuthSettings
  readonly now: number
}

/** Makes and stores an access token. */
export async function issueAccess(
  { database, auth, config }: Pick<Deps, 'database' | 'auth' | 'config'>,
  tx: Tx,
  { client, user, sessionKey, scopes, settings, now }: AccessFor,
): Promise<TokenResponse> {
  const lifetime = settings.accessTokenLifetime
  const expiresAt = now + lifetime * 1000
  const scope = scopes.join(' ')
  const token = auth.makeOAuthToken({
    format: settings.accessTokenFormat,
    length: settings.accessTokenLength,
    issuer: config.publicUrl,
    subject: user?.id ?? client.id,
    clientId: client.id,
    scope,
    issuedAt: now,
    expiresAt,
  })
  const row = { digest: digestOf(token), clientKey: client.key, sessionKey, scope }
  await insertOAuthAccessToken(database, tx, { ...row, createdAt: now, expiresAt })
  return { access_token: token, token_type: 'Bearer', expires_in: lifetime, scope }
}

/** By what a client comes to act for a user. */
export interface GrantFor extends Omit<AccessFor, 'sessionKey'> {
  readonly user: UserRow
  readonly consentKey: number
  /** False: it ends with its access token. */
  readonly refreshable: boolean
}

/** What has been given: the answer, and the session that it stands for. */
export interface Granted {
  readonly response: TokenResponse
  readonly sessionKey: number
}

/** Makes the session by which a client acts for a user, with its tokens. The consent is held by the caller. */
export async function issueGrant(deps: Deps, tx: Tx, grant: GrantFor): Promise<Granted> {
  const { client, user, consentKey, scopes, settings, now, refreshable } = grant
  const { database, auth, machine } = deps
  const place = { clientKey: client.key, userKey: user.key }
  const surplus = (await listClientSessionKeys(database, tx, { ...place, now })).slice(
    MAX_GRANTS - 1,
  )
  if (surplus.length > 0) await endSessions(deps, tx, surplus)
  const session = await insertSession(database, tx, {
    id: machine.newId(),
    userKey: user.key,
    device: undefined,
    now,
    expiresAt: grantEnd(settings, { createdAt: now, now, refreshable }),
    grant: { clientKey: client.key, consentKey, scope: scopes.join(' ') },
  })
  const response = await issueAccess(deps, tx, { ...grant, sessionKey: session.key })
  if (!refreshable) return { response, sessionKey: session.key }
  const life = { now, lifetimeMs: settings.refreshTokenLifetime * 1000 }
  const { token } = await auth.refreshTokens.issue(tx, session, life)
  return { response: { ...response, refresh_token: token }, sessionKey: session.key }
}

/** When a grant ends that is not used again from now on. */
export function grantEnd(
  { accessTokenLifetime, refreshTokenLifetime }: OAuthSettings,
  {
    createdAt,
    now,
    refreshable,
  }: Pick<SessionRow, 'createdAt'> & { now: number; refreshable: boolean },
): number {
  if (!refreshable) return now + accessTokenLifetime * 1000
  return Math.min(now + refreshTokenLifetime * 1000, createdAt + SESSION_ABSOLUTE_MS)
}

/** Whether a client gets refresh tokens. */
export function isRefreshable(client: OAuthClientRow, settings: OAuthSettings): boolean {
  return (
    client.grantTypes.includes('refresh_token') && settings.grantTypes.includes('refresh_token')
  )
}
