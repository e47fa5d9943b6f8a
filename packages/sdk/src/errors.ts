import {
  isErrorCode,
  isTidingsError,
  TidingsError,
  type ErrorCode,
  type FieldProblem,
} from '@tidings/protocol/wire'
import { isRecord } from './record.ts'

/** What a status says when the answer has no code of ours: a proxy's page, or an older or newer server. */
const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_INPUT',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
}

/** The error of an HTTP status alone. */
export function errorOfStatus(status: number, retryAfterMs?: number): TidingsError {
  const code = CODES_BY_STATUS[status] ?? (status >= 500 ? 'INTERNAL' : 'NETWORK')
  return new TidingsError(code, `The server answered ${status}.`, { retryAfterMs })
}

/** The error in tRPC's envelope: `{ message, code, data: { code, httpStatus, … } }`. */
export function readError(shape: unknown): TidingsError {
  const data = isRecord(shape) && isRecord(shape['data']) ? shape['data'] : {}
  const { code, httpStatus, retryAfterMs, fields } = data
  if (!isErrorCode(code)) return errorOfStatus(typeof httpStatus === 'number' ? httpStatus : 500)
  const message = isRecord(shape) ? shape['message'] : undefined
  return new TidingsError(code, typeof message === 'string' ? message : undefined, {
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
    fields: Array.isArray(fields) ? fields.flatMap(readField) : undefined,
  })
}

function readField(field: unknown): FieldProblem[] {
  if (!isRecord(field)) return []
  const { path, message } = field
  return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : []
}

/** The outcome of a call that got no answer is not known. */
export function networkError(cause: unknown): TidingsError {
  return new TidingsError('NETWORK', undefined, { cause })
}

/** Whatever was thrown, as ours. Outside of calls that is a defect of this package or of what the app passed in. */
export function toTidingsError(thrown: unknown): TidingsError {
  return isTidingsError(thrown)
    ? thrown
    : new TidingsError('INTERNAL', messageOf(thrown), { cause: thrown })
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Codes that say that this sign-in cannot do anything any more, whichever call they answer. */
const SIGNED_OUT: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHENTICATED',
  'INVALID_CREDENTIALS',
  'TOKEN_EXPIRED',
  'SESSION_REVOKED',
])

/** True for an error after which only signing in again helps. */
export function isSignedOut({ code }: TidingsError): boolean {
  return SIGNED_OUT.has(code)
}
