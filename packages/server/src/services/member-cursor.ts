import { idSchema } from '@tidings/protocol'
import * as z from 'zod'
import type { Source } from '../stores/conversation.ts'
import { findMember } from '../stores/member.ts'
import { invalidCursor, parseCursor } from './page-cursor.ts'

const placeSchema = z.tuple([idSchema])

/**
 * The key of the user after whom a page of members begins; 0 for the first page. Who was the last of a page may have left
 * since: his place is still there.
 * @throws TidingsError INVALID_INPUT
 */
export async function findPageStart(
  source: Source,
  conversationKey: number,
  cursor: string | undefined,
): Promise<number> {
  if (cursor === undefined) return 0
  const [userId] = parseCursor(cursor, placeSchema)
  const last = await findMember(source, conversationKey, userId)
  if (last === undefined) throw invalidCursor()
  return last.userKey
}
