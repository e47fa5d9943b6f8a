import { constantTimeEqual } from 'oslo/crypto'
import { parseJWT, type JWT } from 'oslo/jwt'
import { authenticationCode } from './primitives.ts'

/** Longer tokens are not looked at: ours have about 400 characters. */
const MAX_LENGTH = 2048

/** What a token says, signed or not; null for what is no token. */
export function parseToken(token: string): JWT | null {
  if (token.length > MAX_LENGTH) return null
  // oslo throws at what is no JSON.
  try {
    return parseJWT(token)
  } catch {
    return null
  }
}

/** The name of the key that a token says it is signed with. */
export function keyIdOf({ header }: JWT): unknown {
  return 'kid' in header ? header.kid : undefined
}

/**
 * True when a token is signed with this key (HS256). oslo's own `validateJWT` is not used: it lets a token without `exp`,
 * `iss` or `aud` pass, throws a SyntaxError at garbage, and reads a clock of its own.
 */
export function isSignedWith(key: Uint8Array, { algorithm, parts }: JWT): boolean {
  // The algorithm is ours to say, not the token's.
  if (algorithm !== 'HS256') return false
  const [header, payload, signature] = parts
  const expected = authenticationCode(key, `${header}.${payload}`)
  return constantTimeEqual(textBytes(expected), textBytes(signature))
}

/** The characters of a text as bytes of UTF-8. */
export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
