import type { TidingsError } from '@tidings/protocol/wire'
import type { Logger } from '../../logger.ts'
import { toTidingsError } from '../../rpc/errors.ts'

/**
 * `{ error: { code, message, retryable, retryAfterMs?, fields? } }`, with the status of the table.
 *
 * @param fieldName how the wire writes the path of a field. @default as seed 002 does, `in_snake_case`
 */
export function errorResponse(
  error: TidingsError,
  fieldName: (path: string) => string = toSnakeCase,
): Response {
  const { code, message, retryable, httpStatus, details } = error
  const { retryAfterMs } = details
  const fields = details.fields?.map((field) => ({ ...field, path: fieldName(field.path) }))
  // What is undefined is left out of JSON.
  const body = { error: { code, message, retryable, retryAfterMs, fields } }
  return Response.json(body, { status: httpStatus, headers: headersOf(error) })
}

/** What a refusal says to programs that do not read its body: when to come again, and how to say who one is. */
export function headersOf({ httpStatus, details }: TidingsError): Record<string, string> {
  return {
    ...retryAfter(details.retryAfterMs ?? 0),
    ...(httpStatus === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  }
}

/** The header of a limited call, in whole seconds; none for 0. */
export function retryAfter(ms: number): Record<string, string> {
  return ms === 0 ? {} : { 'retry-after': String(Math.ceil(ms / 1000)) }
}

/** What was thrown in a route, as its client may see it. */
export function toLoggedError(log: Pick<Logger, 'error'>, thrown: unknown): TidingsError {
  const error = toTidingsError(thrown)
  if (error.code === 'INTERNAL') log.error({ err: error.cause }, 'a request failed')
  return error
}

/** How the seeds write the name of a field. */
export function toSnakeCase(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
