import { constantTimeEqual } from 'oslo/crypto'
import { authenticationCode, deriveKey, digestOf, randomToken } from './primitives.ts'

/** A link to an office is good for so long. */
const LIFETIME_MS = 60 * 60 * 1000

/** What a link says that the server's secret has signed. */
export interface AdminLink {
  /** Under which its use is kept. */
  readonly digest: string
  readonly expiresAt: number
}

/**
 * Makes what the first administrator's link carries: proof that whoever made it has the server's secret. Nothing is stored.
 */
export function makeAdminToken(secret: string, now: number): string {
  const text = `${randomToken()}.${now + LIFETIME_MS}`
  return `${text}.${authenticationCode(keyOf(secret), text)}`
}

/** What such a token says; undefined when it is none of ours, or too old. */
export function readAdminToken(
  secrets: readonly string[],
  token: string,
  now: number,
): AdminLink | undefined {
  const [random = '', expires = '', proof = ''] = token.split('.')
  const text = `${random}.${expires}`
  const isOurs = secrets.some((secret) =>
    constantTimeEqual(bytesOf(authenticationCode(keyOf(secret), text)), bytesOf(proof)),
  )
  const expiresAt = Number(expires)
  if (!isOurs || !(expiresAt > now)) return undefined
  return { digest: digestOf(text), expiresAt }
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  return deriveKey(secret, 'admin-link')
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
