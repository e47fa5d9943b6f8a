import { TidingsError } from '@tidings/protocol/wire'
import { findMember, updateMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { changeGroup, requireRole, tellRoles, toEventActor } from './roster.ts'

/**
 * An owner gives the group to a member, and is an admin from then on: both in one step, told by one event. Giving it to
 * oneself changes nothing.
 * @throws TidingsError NOT_FOUND (the group, or the user is not in it), FORBIDDEN
 */
export async function transferGroup(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string; readonly userId: string },
): Promise<void> {
  const { conversationId, userId } = input
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    const own = await requireRole(group, actor, ['owner'])
    const conversationKey = group.row.key
    const heir = await findMember(group.at, conversationKey, userId)
    if (heir?.state !== 'active') throw new TidingsError('NOT_FOUND')
    if (heir.userKey === own.userKey) return
    const place = (userKey: number) => ({ conversationKey, userKey })
    await updateMember(group.at, place(heir.userKey), { role: 'owner' })
    await updateMember(group.at, place(own.userKey), { role: 'admin' })
    const gone = { userId: own.userId, role: 'admin' } as const
    const given = { userId, role: 'owner' } as const
    const roles = heir.role === 'owner' ? [gone] : [given, gone]
    await tellRoles(group, toEventActor(actor), roles)
  })
}
