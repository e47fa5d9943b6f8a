import { TidingsError } from '@tidings/protocol/wire'
import type * as z from 'zod'

/** A place in a list as opaque text: clients hand it back, and never look inside. */
export function toCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/**
 * The place that a cursor stands for.
 * @throws TidingsError INVALID_INPUT for anything that this server did not give out for such a list
 */
export function parseCursor<Place>(cursor: string, schema: z.ZodType<Place>): Place {
  const parsed = schema.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
  if (!parsed.success) throw invalidCursor()
  return parsed.data
}

/** The refusal of a cursor, also of a well-formed one that leads nowhere. */
export function invalidCursor(): TidingsError {
  return new TidingsError('INVALID_INPUT', undefined, {
    fields: [{ path: 'cursor', message: 'not a cursor of this list' }],
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
