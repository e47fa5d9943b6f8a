import { timingSafeEqual } from 'node:crypto'
import { digestOf } from '../../auth/primitives.ts'
import { findOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import type { Deps } from '../deps.ts'
import { OAuthError } from './error.ts'
import type { OAuthParams } from './params.ts'

/** A request to the token endpoint or one of its neighbours. */
export interface ClientRequest {
  readonly params: OAuthParams
  /** The header of that name. */
  readonly authorization: string | undefined
  readonly ip: string
  /** Came in on a path of the older systems, where a client's legacy switches count. */
  readonly isSeed: boolean
  /** Parameters came in the query, which only the switch `secret_in_query` lets them, on a path of the older systems. */
  readonly hasQuery: boolean
}

/** How a client says who it is. */
interface Claim {
  readonly id: string
  readonly secret: string | undefined
}

/**
 * The client that a request comes from (RFC 6749, 2.3): by Basic authentication, by parameters, or, when it is a public
 * one, by its name alone.
 * @throws OAuthError invalid_client, invalid_request
 */
export async function requireOAuthClient(
  { database }: Pick<Deps, 'database'>,
  request: ClientRequest,
): Promise<OAuthClientRow> {
  const { id, secret } = claimOf(request)
  const client = await findOAuthClient(database, database.read, { id })
  if (client === undefined || !isProven(client, secret)) throw invalid()
  if (client.suspendedAt !== null)
    throw new OAuthError('invalid_client', 'This client is suspended.')
  const isLet = request.isSeed && client.legacySwitches.includes('secret_in_query')
  if (request.hasQuery && !isLet)
    throw new OAuthError('invalid_request', 'Parameters belong into the body.')
  return client
}

/** @throws OAuthError invalid_client for one that has no secret to prove itself by */
export function requireConfidential({ secretDigest }: OAuthClientRow): void {
  if (secretDigest === null) throw new OAuthError('invalid_client', 'A client secret is required.')
}

function invalid(): OAuthError {
  return new OAuthError('invalid_client', 'There is no such client, or its secret is another.')
}

function isProven({ secretDigest }: OAuthClientRow, secret: string | undefined): boolean {
  if (secretDigest === null) return secret === undefined
  if (secret === undefined) return false
  return timingSafeEqual(Buffer.from(digestOf(secret)), Buffer.from(secretDigest))
}

function claimOf({ authorization, params }: ClientRequest): Claim {
  const id = params.find('client_id')
  const secret = params.find('client_secret')
  if (authorization === undefined) {
    if (id === undefined) throw invalid()
    return { id, secret }
  }
  const claim = basicClaim(authorization)
  if (secret !== undefined || (id !== undefined && id !== claim.id))
    throw new OAuthError('invalid_request', 'A client says in one way alone who it is.')
  return claim
}

/** Name and secret are form-encoded before they are put together, or a colon would part them elsewhere. */
function basicClaim(header: string): Claim {
  const encoded = /^basic +([\w+/=-]{1,4096})$/i.exec(header.trim())?.[1]
  if (encoded === undefined) throw invalid()
  const text = Buffer.from(encoded, 'base64').toString()
  const at = text.indexOf(':')
  const id = formDecoded(text.slice(0, at))
  const secret = formDecoded(text.slice(at + 1))
  if (at < 1 || id === undefined || secret === undefined) throw invalid()
  return { id, secret: secret === '' ? undefined : secret }
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
