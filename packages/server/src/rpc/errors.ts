import { ERRORS, isTidingsError, TidingsError, type ErrorCode } from '@tidings/protocol/wire'
import type { ErrorDetails } from '@tidings/protocol/wire'
import { TRPCError } from '@trpc/server'
import { fieldProblems } from './field-problems.ts'

type TrpcCode = TRPCError['code']

/** tRPC's word for each HTTP status of the closed table; 507 has none, and travels by its own `httpStatus`. */
const TRPC_CODES: Readonly<Record<number, TrpcCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
  501: 'NOT_IMPLEMENTED',
  503: 'SERVICE_UNAVAILABLE',
}

/** What tRPC's own refusals mean in our table. Whatever is not listed is our failure. */
const OWN_CODES: Partial<Record<TrpcCode, ErrorCode>> = {
  PARSE_ERROR: 'INVALID_INPUT',
  BAD_REQUEST: 'INVALID_INPUT',
  UNPROCESSABLE_CONTENT: 'INVALID_INPUT',
  UNAUTHORIZED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'METHOD_NOT_SUPPORTED',
  PAYLOAD_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  TOO_MANY_REQUESTS: 'RATE_LIMITED',
  SERVICE_UNAVAILABLE: 'UNAVAILABLE',
  TIMEOUT: 'UNAVAILABLE',
  CLIENT_CLOSED_REQUEST: 'UNAVAILABLE',
}

/** `data` of every error that a procedure answers, on every door. */
export interface ErrorData extends ErrorDetails {
  readonly code: ErrorCode
  readonly httpStatus: number
  readonly retryable: boolean
  readonly path?: string | undefined
}

/** Whatever was thrown, as the error that a client may see. The only place where failures get their code. */
export function toTidingsError(thrown: unknown): TidingsError {
  if (isTidingsError(thrown)) return thrown
  if (!(thrown instanceof TRPCError))
    return new TidingsError('INTERNAL', undefined, { cause: thrown })
  if (isTidingsError(thrown.cause)) return thrown.cause
  const code = OWN_CODES[thrown.code] ?? 'INTERNAL'
  if (code !== 'INVALID_INPUT') return new TidingsError(code, undefined, { cause: thrown })
  return new TidingsError(code, undefined, { cause: thrown, fields: fieldProblems(thrown.cause) })
}

/** The same failure in tRPC's own class. Never carries a stack or a private message of what caused it. */
export function toTrpcError(thrown: unknown): TRPCError {
  const error = toTidingsError(thrown)
  const code = TRPC_CODES[error.httpStatus] ?? 'INTERNAL_SERVER_ERROR'
  return new TRPCError({ code, message: error.message, cause: error })
}

/** The public facts of an error. */
function toErrorData(error: TidingsError, path?: string): ErrorData {
  const { retryAfterMs, fields } = error.details
  return {
    code: error.code,
    httpStatus: error.httpStatus,
    retryable: error.retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(fields === undefined ? {} : { fields }),
    ...(path === undefined ? {} : { path }),
  }
}

interface FormatterInput<Shape> {
  readonly error: TRPCError
  readonly path: string | undefined
  readonly input: unknown
  readonly shape: Shape
}

/**
 * tRPC's errorFormatter. The message is the thrower's when it is ours, else the table's: tRPC's own messages repeat
 * what the client sent, and a foreign one could hold SQL.
 */
export function formatError<Shape extends { readonly code: number }>(
  options: FormatterInput<Shape>,
): { message: string; code: Shape['code']; data: ErrorData } {
  const error = refusedInput(options.input) ?? toTidingsError(options.error)
  return {
    message: error.message,
    code: options.shape.code,
    data: toErrorData(error, options.path),
  }
}

/** The transformer hands on an input that it refuses as a symbol, which no schema takes; its description is the reason. */
function refusedInput(input: unknown): TidingsError | undefined {
  if (typeof input !== 'symbol') return undefined
  const message = input.description ?? ERRORS.INVALID_INPUT.message
  return new TidingsError('INVALID_INPUT', undefined, { fields: [{ path: '', message }] })
}
