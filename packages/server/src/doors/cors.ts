import type { IncomingMessage, ServerResponse } from 'node:http'
import { isOriginAllowed, originOf, type OriginConfig } from './origins.ts'

const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const HEADERS = 'authorization, content-type, trpc-accept'
const MAX_AGE_SECONDS = '600'

/**
 * Answers a browser that asks whether a page may call this server. True when the request was a preflight and is done.
 * No credentials: tokens travel in a header that the page itself must set, so a foreign page has nothing to ride on.
 */
export function answerCors(
  config: OriginConfig,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const origin = originOf(request)
  response.setHeader('vary', 'origin')
  if (origin !== null && isOriginAllowed(config, origin)) {
    response.setHeader('access-control-allow-origin', origin)
    response.setHeader('access-control-expose-headers', 'retry-after')
  }
  if (request.method !== 'OPTIONS') return false
  if (response.hasHeader('access-control-allow-origin')) {
    response.setHeader('access-control-allow-methods', METHODS)
    response.setHeader('access-control-allow-headers', HEADERS)
    response.setHeader('access-control-max-age', MAX_AGE_SECONDS)
  }
  response.statusCode = 204
  response.end()
  return true
}
