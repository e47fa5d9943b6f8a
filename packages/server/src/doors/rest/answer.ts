import type { TidingsError } from '@tidings/protocol/wire'

/** `{ error: { code, message, fields? } }`, with the status of the table. Field names are those of the wire. */
export function errorResponse(error: TidingsError): Response {
  const { retryAfterMs, fields } = error.details
  const body = {
    code: error.code,
    message: error.message,
    ...(fields === undefined
      ? {}
      : { fields: fields.map(({ path, message }) => ({ path: toSnakeCase(path), message })) }),
  }
  const headers = new Headers()
  if (retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  if (error.httpStatus === 401) headers.set('www-authenticate', 'Bearer')
  return Response.json({ error: body }, { status: error.httpStatus, headers })
}

function toSnakeCase(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
