import { idSchema, type MemberPage } from '@tidings/protocol'
import * as z from 'zod'
import { findMember, listMembers } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { requireMember } from '../membership.ts'
import { invalidCursor, parseCursor, toCursor } from '../page-cursor.ts'

const placeSchema = z.tuple([idSchema])

/**
 * A page of the members of a conversation, direct ones too: with it a client learns how far each has read. Whoever
 * stays while the pages are read is named exactly once.
 * @throws TidingsError NOT_FOUND unless the actor is in it
 */
export async function listGroupMembers(
  deps: Deps,
  actor: Actor,
  input: {
    readonly conversationId: string
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<MemberPage> {
  const source = deps.database
  const { conversationKey } = await requireMember(source, input.conversationId, actor.userKey)
  let afterUserKey = 0
  if (input.cursor !== undefined) {
    const [userId] = parseCursor(input.cursor, placeSchema)
    // Who was the last of a page may have left since; his place is still there.
    const last = await findMember(source, conversationKey, userId)
    if (last === undefined) throw invalidCursor()
    afterUserKey = last.userKey
  }
  const page = { afterUserKey, limit: input.limit + 1 }
  const rows = await listMembers(source, conversationKey, page)
  const items = rows.slice(0, input.limit)
  const last = rows.length > items.length ? items.at(-1) : undefined
  return { items, next: last === undefined ? null : toCursor([last.userId]) }
}
