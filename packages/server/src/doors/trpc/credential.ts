import type { IncomingMessage } from 'node:http'
import type { KnownCloseCode, TidingsError } from '@tidings/protocol/wire'
import { bearerOf } from '../bearer.ts'

/** How a connection says who it is. */
export type Credential =
  /** The first frame says it (`?connectionParams=1`). */
  | { readonly kind: 'first-frame' }
  /** An Authorization header of the upgrade. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }

/** Browsers can set no header on a WebSocket, so they introduce themselves in the first frame. */
export function credentialOf(request: IncomingMessage): Credential {
  const query = new URL(request.url ?? '/', 'http://host').searchParams
  if (query.get('connectionParams') === '1') return { kind: 'first-frame' }
  const token = bearerOf(request)
  return token === undefined ? { kind: 'none' } : { kind: 'token', token }
}

/** With what a connection is closed whose client could not be let in. */
export function closeCodeFor(error: TidingsError): KnownCloseCode {
  if (error.httpStatus === 401) return error.code === 'SESSION_REVOKED' ? 4403 : 4401
  return error.httpStatus === 429 ? 4429 : 1013
}
