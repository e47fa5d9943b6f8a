import { idSchema } from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import { createJWT } from 'oslo/jwt'
import * as z from 'zod'
import { isSignedWith, keyIdOf, parseToken } from './jwt.ts'
import { authenticationCode, deriveKey } from './primitives.ts'

const NAME = 'tidings'

/** A key that signs access tokens, and the name by which a token says which one signed it. */
export interface SigningKey {
  readonly id: string
  readonly key: Uint8Array<ArrayBuffer>
}

/** One key for each secret, in their order: the first signs, all verify. */
export function signingKeys(
  secrets: readonly string[],
  purpose: 'access-token' | 'oauth-access-token' = 'access-token',
): readonly SigningKey[] {
  return secrets.map((secret) => {
    const key = deriveKey(secret, purpose)
    return { id: authenticationCode(key, 'key id').slice(0, 12), key }
  })
}

/** Claims in the words of seed 002 (`exp`, `user_id`); times are seconds, as RFC 7519 has them. */
const claimsSchema = z.object({
  exp: z.int(),
  iat: z.int(),
  user_id: idSchema,
  sid: idSchema,
  iss: z.literal(NAME),
  aud: z.literal(NAME),
})

/** Whom a token names; `sessionId` is the sign-in's own session. */
export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
}

/** Signs an access token that is valid from `issuedAt` to `expiresAt` (ms, whole seconds count). */
export function signAccessToken(
  { id, key }: SigningKey,
  claims: AccessClaims & { readonly issuedAt: number; readonly expiresAt: number },
): Promise<string> {
  const payload = {
    exp: Math.floor(claims.expiresAt / 1000),
    iat: Math.floor(claims.issuedAt / 1000),
    user_id: claims.userId,
    sid: claims.sessionId,
    iss: NAME,
    aud: NAME,
  }
  return createJWT('HS256', key, payload, { headers: { kid: id } })
}

/**
 * Whom a token names, once its signature holds.
 * @throws TidingsError UNAUTHENTICATED when we did not sign it, TOKEN_EXPIRED when we did, for a time that is over
 */
export function verifyAccessToken(
  keys: readonly SigningKey[],
  token: string,
  now: number,
): AccessClaims {
  const payload = signedPayload(keys, token)
  const claims = claimsSchema.safeParse(payload)
  if (!claims.success) throw new TidingsError('UNAUTHENTICATED')
  // After the signature: only a token of ours is worth a refresh.
  if (claims.data.exp * 1000 <= now) throw new TidingsError('TOKEN_EXPIRED')
  return { userId: claims.data.user_id, sessionId: claims.data.sid }
}

function signedPayload(keys: readonly SigningKey[], token: string): unknown {
  const jwt = parseToken(token)
  if (jwt === null) return undefined
  const signer = keys.find(({ id }) => id === keyIdOf(jwt))
  return signer !== undefined && isSignedWith(signer.key, jwt) ? jwt.payload : undefined
}
