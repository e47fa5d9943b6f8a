import { idSchema } from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import * as z from 'zod'
import type { Source } from '../stores/conversation.ts'
import { findUserKey } from '../stores/member.ts'

const userPlaceSchema = z.tuple([idSchema])

/** A place in a list as opaque text: clients hand it back, and never look inside. */
export function toCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/**
 * What a page shows of rows of which one more than fits was asked for, and the cursor of the next page: null on the last.
 * @param placeOf where the next page begins: after this row
 */
export function toPage<Row>(
  rows: readonly Row[],
  limit: number,
  placeOf: (last: Row) => readonly (string | number)[],
): { readonly shown: Row[]; readonly next: string | null } {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { shown, next: last === undefined ? null : toCursor(placeOf(last)) }
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

/**
 * The user whom a cursor names as the last of a page, also one who was erased since: 0 for the first page.
 * @throws TidingsError INVALID_INPUT
 */
export async function toUserKey(source: Source, cursor: string | undefined): Promise<number> {
  if (cursor === undefined) return 0
  const [userId] = parseCursor(cursor, userPlaceSchema)
  const key = await findUserKey(source, userId)
  if (key === undefined) throw invalidCursor()
  return key
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
