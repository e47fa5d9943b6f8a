import type { Member, MemberPage } from '@tidings/protocol'
import { listMembers } from '../../stores/member.ts'
import type { Membership } from '../../stores/membership.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { isBarred, requireMember } from '../membership.ts'
import { findPageStart } from '../member-cursor.ts'
import { toPage } from '../page-cursor.ts'

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
  const { conversationKey, kind } = await requireMember(source, input.conversationId, actor.userKey)
  const afterUserKey = await findPageStart(source, conversationKey, input.cursor)
  const page = { afterUserKey, limit: input.limit + 1 }
  const rows = await listMembers(source, conversationKey, page)
  const { shown, next } = toPage(rows, input.limit, ({ userId }) => [userId])
  return { items: await withMutes(deps, kind, shown), next }
}

/** A mute is told while it lasts. What keeps both of a direct conversation from writing is none, and nobody is told of it. */
async function withMutes(
  { database }: Deps,
  kind: Membership['kind'],
  rows: readonly Member[],
): Promise<Member[]> {
  if (rows.every(({ barredUntil }) => barredUntil === undefined)) return [...rows]
  const now = await database.now()
  return rows.map(({ barredUntil = null, ...row }) => {
    const isMuted = kind === 'group' && isBarred({ barredUntil }, now)
    return isMuted && barredUntil !== null ? { ...row, barredUntil } : row
  })
}
