import { type Role, TidingsError } from '@tidings/protocol/wire'
import { findMember, findSenior, updateMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { changeGroup, requireRole, tellRole, toEventActor } from './roster.ts'

/**
 * An owner gives a member a role; a group may have several owners. The role that he has already is no error, and tells
 * nobody anything.
 * @throws TidingsError NOT_FOUND (the group, or the user is not in it), FORBIDDEN, LAST_OWNER when none would be left
 */
export async function setRole(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string; readonly userId: string; readonly role: Role },
): Promise<void> {
  const { conversationId, userId, role } = input
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    await requireRole(group, actor, ['owner'])
    const conversationKey = group.row.key
    const member = await findMember(group.at, conversationKey, userId)
    if (member?.state !== 'active') throw new TidingsError('NOT_FOUND')
    if (member.role === role) return
    if (member.role === 'owner') {
      const senior = await findSenior(group.at, conversationKey, member.userKey)
      if (senior?.role !== 'owner') throw new TidingsError('LAST_OWNER')
    }
    await updateMember(group.at, { conversationKey, userKey: member.userKey }, { role })
    await tellRole(group, toEventActor(actor), { userId, role })
  })
}
