import { TidingsError } from '@tidings/protocol/wire'
import { findMember, updateMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { leaveGroup } from './leave.ts'
import { changeGroup, dismiss, requireRank, requireRole, toEventActor } from './roster.ts'

/**
 * An owner or admin removes a member, who cannot come back by himself then; an admin removes neither owners nor admins.
 * Removing oneself is leaving.
 * @throws TidingsError NOT_FOUND (the group, or the user was never in it), FORBIDDEN
 */
export async function removeMember(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string; readonly userId: string },
): Promise<void> {
  const { conversationId, userId } = input
  if (userId === actor.userId) return leaveGroup(deps, actor, { conversationId })
  return changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    const own = await requireRole(group, actor, ['owner', 'admin'])
    const member = await findMember(group.at, group.row.key, userId)
    if (member === undefined) throw new TidingsError('NOT_FOUND')
    if (member.state !== 'active') {
      // Who leaves a moment before he is removed must not come back for that. Nothing changes for anybody else.
      const place = { conversationKey: group.row.key, userKey: member.userKey }
      return updateMember(group.at, place, { state: 'removed' })
    }
    requireRank(own, member)
    return dismiss(group, member, toEventActor(actor))
  })
}
