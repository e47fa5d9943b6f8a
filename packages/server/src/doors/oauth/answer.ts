import type { Deps } from '../../services/deps.ts'
import { OAuthError, type OAuthErrorCode } from '../../services/oauth/error.ts'
import { retryAfter, toLoggedError } from '../rest/answer.ts'

/** Every answer of the token endpoint and its neighbours; listeners before have said `no-store`. */
const HEADERS = { pragma: 'no-cache' }

const CHALLENGE = 'Basic realm="tidings", charset="UTF-8"'

/** JSON, never to be kept. */
export function oauthJson(body: object): Response {
  return Response.json(body, { headers: HEADERS })
}

/** A failure, in the words of RFC 6749, 5.2. */
export function oauthFailure(log: Deps['log'], thrown: unknown): Response {
  if (thrown instanceof OAuthError) {
    const isUnknownClient = thrown.code === 'invalid_client'
    return failure(thrown.code, thrown.message, {
      status: isUnknownClient ? 401 : 400,
      ...(isUnknownClient ? { 'www-authenticate': CHALLENGE } : {}),
    })
  }
  const error = toLoggedError(log, thrown)
  const { httpStatus, message, details } = error
  const later = retryAfter(details.retryAfterMs ?? 0)
  if (httpStatus === 429 || httpStatus === 503)
    return failure('temporarily_unavailable', message, { status: httpStatus, ...later })
  return httpStatus >= 500
    ? failure('server_error', message, { status: httpStatus })
    : failure('invalid_request', message, { status: 400 })
}

function failure(
  error: OAuthErrorCode,
  description: string,
  { status, ...headers }: Readonly<Record<string, string | number>> & { readonly status: number },
): Response {
  const body = { error, error_description: description }
  return Response.json(body, { status, headers: { ...HEADERS, ...texts(headers) } })
}

function texts(headers: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
