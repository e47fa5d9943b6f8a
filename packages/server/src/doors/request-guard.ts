import type { IncomingMessage, ServerResponse } from 'node:http'
import { LIMITS, TidingsError } from '@tidings/protocol/wire'

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])
const MAX_HEADERS = 100
const MAX_TARGET = 8 * 1024

/** Fixed headers of every answer. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  response.setHeader('cross-origin-resource-policy', 'same-site')
}

/** A refusal before anything looks at the request. */
export interface Refusal {
  readonly status: number
  readonly error: TidingsError
}

/** What no route takes, whichever it is; undefined when the request may go on. */
export function refusalOf(request: IncomingMessage): Refusal | undefined {
  const { method = '', url = '', headers, rawHeaders } = request
  if (!METHODS.has(method)) return refuse(405, 'METHOD_NOT_SUPPORTED')
  if (url.length > MAX_TARGET) return refuse(414, 'INVALID_INPUT', 'The address is too long.')
  if (rawHeaders.length / 2 > MAX_HEADERS) return refuse(431, 'INVALID_INPUT', 'Too many headers.')
  if (pathOf(url) === undefined) return refuse(400, 'INVALID_INPUT', 'The address is not valid.')
  // Never inflated: 100 KiB may become a gigabyte.
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return refuse(415, 'UNSUPPORTED_MEDIA_TYPE')
  if (Number(headers['content-length'] ?? 0) > LIMITS.bodyBytes)
    return refuse(413, 'PAYLOAD_TOO_LARGE')
  return undefined
}

function refuse(status: number, code: TidingsError['code'], message?: string): Refusal {
  return { status, error: new TidingsError(code, message) }
}

/**
 * The path of a request target, decoded, or undefined when it is none that we serve: malformed escapes, control
 * characters, and forms that proxies and files read differently (`//`, `..`, backslashes).
 */
export function pathOf(target: string): string | undefined {
  const sent = sentPathOf(target)
  if (sent === undefined || target.startsWith('//')) return undefined
  const path = decoded(sent)
  if (path === undefined || /[\p{Cc}\\]|\/\.{1,2}(?:\/|$)/u.test(path)) return undefined
  return path
}

/** The path that says in whose words a target is refused: as {@link pathOf} has it, and of one that it refuses as it was sent. */
export function refusedPathOf(target: string): string {
  return pathOf(target) ?? sentPathOf(target) ?? ''
}

function sentPathOf(target: string): string | undefined {
  const url = target.startsWith('/') ? `http://host${target}` : target
  return URL.canParse(url) ? new URL(url).pathname : undefined
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
