import { TidingsError } from '@tidings/protocol/wire'
import { findMember, findSenior, type MemberRow, updateMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { changeGroup, dismiss, type LockedGroup, tellRole } from './roster.ts'

/**
 * The actor leaves by himself, and may come back. Being gone already is no error. The last owner's group passes to the
 * admin, or else the member, who has been in it for longest; a group that everybody has left stays, empty.
 * @throws TidingsError NOT_FOUND when he was never in it
 */
export async function leaveGroup(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string },
): Promise<void> {
  await changeGroup(deps, { ...input, actor, people: [] }, async (group) => {
    const member = await findMember(group.at, group.row.key, actor.userId)
    if (member === undefined) throw new TidingsError('NOT_FOUND')
    if (member.state !== 'active') return
    await leaveLocked(group, member)
  })
}

/** A member goes out of a group that is locked. */
export async function leaveLocked(group: LockedGroup, member: MemberRow): Promise<void> {
  await dismiss(group, member, null)
  if (member.role === 'owner') await passOn(group, member)
}

async function passOn(group: LockedGroup, leaver: MemberRow): Promise<void> {
  const conversationKey = group.row.key
  const heir = await findSenior(group.at, conversationKey, leaver.userKey)
  if (heir === undefined || heir.role === 'owner') return
  const { userKey, userId } = heir
  await updateMember(group.at, { conversationKey, userKey }, { role: 'owner' })
  await tellRole(group, { key: leaver.userKey, id: leaver.userId }, { userId, role: 'owner' })
}
