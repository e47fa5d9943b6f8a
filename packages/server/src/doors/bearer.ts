import type { IncomingMessage } from 'node:http'

const BEARER = /^bearer +([\w.~+/=-]{1,4096})$/i

/** The token of an `Authorization: Bearer` header; undefined when there is none. A header of another shape is an empty token. */
export function bearerOf(request: Pick<IncomingMessage, 'headers'>): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  return BEARER.exec(header.trim())?.[1] ?? ''
}
