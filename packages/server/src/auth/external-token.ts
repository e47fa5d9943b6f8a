import { TidingsError } from '@tidings/protocol/wire'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose'
import type { Clock } from '../clock.ts'
import type { ExternalTokens } from '../external-tokens.ts'
import type { ExternalPerson, ExternalVerifier } from './external-person.ts'

/** Longer ones are not looked at. */
const MAX_LENGTH = 4096
/** How far the clocks of the app and of this server may be apart. */
const SKEW_S = 30
/**
 * A token that was made before its session was ended must have expired when that session is forgotten, or it would begin
 * another one.
 */
const MAX_LIFETIME_S = 30 * 24 * 60 * 60
/** Of published keys: a shared secret must never be taken for one, nor one for a shared secret. */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519']

/** Keys are fetched anew after so long. */
const KEYS_FRESH_MS = 10 * 60 * 1000
/** A key that is not known is looked for again at most so often, whoever makes one up. */
const KEYS_COOL_MS = 30 * 1000
/** Where keys cannot be fetched, the last ones are good for so long. */
const KEYS_KEPT_MS = 60 * 60 * 1000
const FETCH_MS = 5000

/** Opens what looks at the tokens of an app's own back end. It fetches no key before the first token. */
export function openExternalTokens(options: ExternalTokens, clock: Clock): ExternalVerifier {
  const { issuer, audience, userClaim = 'sub', nameClaim = 'preferred_username' } = options
  const verifySignature = signatureCheck(options, clock)
  return {
    claims: (token) => token.length <= MAX_LENGTH && issuerOf(token) === issuer,
    async verify(token) {
      const now = clock.now()
      const payload = await verifySignature(token, {
        issuer,
        audience,
        clockTolerance: SKEW_S,
        currentDate: new Date(now),
        requiredClaims: ['iat', 'exp', userClaim],
      }).catch((thrown: unknown) => {
        throw toRefusal(thrown)
      })
      return toPerson(payload, { issuer, userClaim, nameClaim, now })
    },
  }
}

type SignatureCheck = (token: string, options: JWTVerifyOptions) => Promise<JWTPayload>

/** The algorithm is ours to say, not the token's. */
function signatureCheck({ jwksUri, secret }: ExternalTokens, clock: Clock): SignatureCheck {
  if (jwksUri !== undefined) {
    const keys = publishedKeys(jwksUri, clock)
    const algorithms = PUBLIC_KEY_ALGORITHMS
    return async (token, options) =>
      (await jwtVerify(token, keys, { ...options, algorithms })).payload
  }
  const key = new TextEncoder().encode(secret)
  const algorithms = ['HS256']
  return async (token, options) => (await jwtVerify(token, key, { ...options, algorithms })).payload
}

/** The keys of an address: fetched when they are wanted, kept, and looked at again for one that is new. */
function publishedKeys(uri: string, clock: Clock): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(uri), {
    cacheMaxAge: KEYS_FRESH_MS,
    cooldownDuration: KEYS_COOL_MS,
    timeoutDuration: FETCH_MS,
  })
  let fetchedAt = -Infinity
  let failedAt = -Infinity
  return async (header, token) => {
    const kept = clock.now() - fetchedAt < KEYS_KEPT_MS ? remote.jwks() : undefined
    // While they cannot be fetched, not every call may wait for it.
    if (kept === undefined || clock.now() - failedAt >= KEYS_COOL_MS) {
      try {
        const key = await remote(header, token)
        fetchedAt = clock.now()
        return key
      } catch (error) {
        if (isAboutTheToken(error)) throw error
        failedAt = clock.now()
        if (kept === undefined) throw error
      }
    }
    return createLocalJWKSet(kept)(header, token)
  }
}

function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JWSSignatureVerificationFailed
  )
}

/** What is not about the token is about the keys: then it may be good, and the caller may try again. */
function toRefusal(cause: unknown): TidingsError {
  if (cause instanceof errors.JWTExpired) return new TidingsError('TOKEN_EXPIRED')
  if (isAboutTheToken(cause)) return new TidingsError('UNAUTHENTICATED', undefined, { cause })
  return new TidingsError('UNAVAILABLE', 'The keys of the app cannot be fetched now.', { cause })
}

interface Reading {
  readonly issuer: string
  readonly userClaim: string
  readonly nameClaim: string
  readonly now: number
}

/** No control characters, and nothing that a database could not keep. */
const PLAIN = /^\P{C}{1,255}$/u

function toPerson(payload: JWTPayload, reading: Reading): ExternalPerson {
  const { issuer, userClaim, nameClaim, now } = reading
  const { iat = Number.NaN, exp = Number.NaN } = payload
  const subject = payload[userClaim]
  const name = payload[nameClaim]
  const { sid } = payload
  if (typeof subject !== 'string' || !PLAIN.test(subject))
    throw new TidingsError('UNAUTHENTICATED', `The token must say who it is, as "${userClaim}".`)
  if (sid !== undefined && (typeof sid !== 'string' || !PLAIN.test(sid)))
    throw new TidingsError('UNAUTHENTICATED', 'The "sid" of the token must be a text.')
  if (!(iat >= 0 && iat * 1000 <= now + SKEW_S * 1000)) throw new TidingsError('UNAUTHENTICATED')
  if (!(exp - iat <= MAX_LIFETIME_S))
    throw new TidingsError('UNAUTHENTICATED', 'A token must not last longer than 30 days.')
  return {
    issuer,
    subject,
    name: typeof name === 'string' ? name : undefined,
    sid,
    issuedAt: Math.floor(iat) * 1000,
    expiresAt: Math.floor((exp + SKEW_S) * 1000),
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}
