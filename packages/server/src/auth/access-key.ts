import { TidingsError } from '@tidings/protocol/wire'
import { constantTimeEqual } from 'oslo/crypto'
import { base32 } from 'oslo/encoding'
import type { JWT } from 'oslo/jwt'
import * as z from 'zod'
import type { AccessKey } from './auth.ts'
import { isSignedWith, keyIdOf, parseToken, textBytes } from './jwt.ts'
import { deriveBytes } from './primitives.ts'

const KEY_ID = /^[A-Z2-7]{52}$/
/** What a client signs for longer could be used by whoever finds it in a log, long after. */
const MAX_LIFETIME_MS = 24 * 60 * 60 * 1000

/**
 * The access key of a session, in the words of seed 001: with the secret a client signs its own tokens, named by the id. Both
 * are made of the server's secret and the session's id each time, so that neither is stored anywhere.
 */
export function accessKeyOf(secret: string, sessionId: string): AccessKey {
  const session = bytesOfId(sessionId)
  const id = base32.encode(joined(session, proofOf(secret, session)), { includePadding: false })
  return { id, secret: secretOf(secret, id) }
}

/** Seconds since 1970, as RFC 7519 has them. */
const claimsSchema = z.object({ exp: z.number(), nbf: z.number().optional() })
/** How far a client's clock may be ahead of ours. */
const LEEWAY_MS = 60 * 1000

/** True when the token says that a client has signed it with an access key. */
export function isClientSigned(token: string): boolean {
  return accessKeyIdOf(parseToken(token)) !== undefined
}

/**
 * The session whose client has signed a token (HS256, `kid` = the id of the access key, `exp` at most a day ahead).
 * @throws TidingsError UNAUTHENTICATED when it is not signed with an access key of ours, TOKEN_EXPIRED
 */
export function verifyClientToken(secrets: readonly string[], token: string, now: number): string {
  const jwt = parseToken(token)
  const id = accessKeyIdOf(jwt)
  if (jwt === null || id === undefined) throw new TidingsError('UNAUTHENTICATED')
  const maker = secrets.find((secret) => isMadeOf(secret, id))
  // The client has the secret as a text, and signs with its characters.
  if (maker === undefined || !isSignedWith(textBytes(secretOf(maker, id)), jwt))
    throw new TidingsError('UNAUTHENTICATED')
  const claims = claimsSchema.safeParse(jwt.payload)
  if (!claims.success) throw new TidingsError('UNAUTHENTICATED', 'The token must have an "exp".')
  if ((claims.data.nbf ?? 0) * 1000 > now + LEEWAY_MS) throw new TidingsError('UNAUTHENTICATED')
  const expiresAt = claims.data.exp * 1000
  if (expiresAt <= now) throw new TidingsError('TOKEN_EXPIRED')
  if (expiresAt > now + MAX_LIFETIME_MS)
    throw new TidingsError('UNAUTHENTICATED', 'The token must expire within a day.')
  return idOfBytes(base32.decode(id, { strict: false }).slice(0, 16))
}

function accessKeyIdOf(jwt: JWT | null): string | undefined {
  const id = jwt === null ? undefined : keyIdOf(jwt)
  return typeof id === 'string' && KEY_ID.test(id) ? id : undefined
}

/** Guessing an id that passes is guessing 128 bits; nothing is looked up for one that does not. */
function isMadeOf(secret: string, id: string): boolean {
  const bytes = base32.decode(id, { strict: false })
  return constantTimeEqual(bytes.slice(16), proofOf(secret, bytes.slice(0, 16)))
}

function proofOf(secret: string, session: Uint8Array): Uint8Array {
  return deriveBytes(secret, `access-key-id/${idOfBytes(session)}`, 16)
}

function secretOf(secret: string, id: string): string {
  const bytes = deriveBytes(secret, `access-key-secret/${id}`, 32)
  return base32.encode(bytes, { includePadding: false })
}

function bytesOfId(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function idOfBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  return Buffer.concat([a, b])
}
