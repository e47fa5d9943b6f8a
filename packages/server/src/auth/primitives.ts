import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** A key for one purpose out of the server's secret, so that what is signed for one is never valid for another. */
export function deriveKey(secret: string, purpose: string): Uint8Array<ArrayBuffer> {
  return deriveBytes(secret, purpose, 32)
}

/** So many bytes for one purpose, by HKDF-SHA256 (RFC 5869). */
export function deriveBytes(
  secret: string,
  purpose: string,
  length: number,
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdfSync('sha256', secret, '', `tidings/${purpose}`, length))
}

/** What is stored of a secret of 256 random bits: its SHA-256. Guessing needs no slowing down at that length. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** 256 random bits. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

/** So many random characters, of 6 bits each. */
export function randomText(length: number): string {
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length)
}

/** HMAC-SHA256. */
export function authenticationCode(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}
