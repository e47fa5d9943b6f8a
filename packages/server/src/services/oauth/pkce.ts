import { createHash, timingSafeEqual } from 'node:crypto'
import { OAuthError } from './error.ts'

/** RFC 7636, 4.1. */
const VERIFIER = /^[\w.~-]{43,128}$/
/** What S256 makes: SHA-256 in base64url. */
const CHALLENGE = /^[\w-]{43}$/

/**
 * A code challenge, which must be by S256: `plain`, the default of RFC 7636, protects from nobody who sees the request.
 * @throws OAuthError invalid_request
 */
export function requireChallenge(challenge: string | undefined, method = 'plain'): string {
  if (challenge === undefined)
    throw new OAuthError('invalid_request', 'code_challenge is missing: PKCE is required.')
  if (method !== 'S256')
    throw new OAuthError('invalid_request', 'code_challenge_method must be S256.')
  if (!CHALLENGE.test(challenge))
    throw new OAuthError('invalid_request', 'code_challenge is not one by S256.')
  return challenge
}

/**
 * Checks that who exchanges a code is who asked for it.
 * @throws OAuthError invalid_request, invalid_grant
 */
export function checkVerifier(challenge: string | null, verifier: string | undefined): void {
  if (challenge === null) {
    // RFC 9700, 2.1.1: somebody may have taken the challenge out of the authorization request.
    if (verifier === undefined) return
    throw new OAuthError('invalid_grant', 'The authorization request had no code_challenge.')
  }
  if (verifier === undefined) throw new OAuthError('invalid_request', 'code_verifier is missing.')
  const made = createHash('sha256').update(verifier).digest('base64url')
  if (!VERIFIER.test(verifier) || !timingSafeEqual(Buffer.from(made), Buffer.from(challenge)))
    throw new OAuthError('invalid_grant', 'code_verifier is not the one of the code_challenge.')
}
