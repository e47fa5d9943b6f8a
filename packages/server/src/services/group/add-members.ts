import { findMembers } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { requireMember } from '../membership.ts'
import { requirePeople, requireUnblocked } from '../people.ts'
import { admit, changeGroup, requireNotBanned, requireRole, toEventActor } from './roster.ts'

/**
 * An owner or admin brings users in, also such as were removed. Who is in already is left out of the answer.
 * @throws TidingsError NOT_FOUND (the group, or one of the users, also one who has blocked the actor), FORBIDDEN (also when
 * one is banned, or blocked by the actor), GROUP_FULL; nobody is added then
 */
export async function addMembers(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string; readonly userIds: readonly string[] },
): Promise<{ added: string[] }> {
  // Asked before as well as under the locks: a stranger must not hold up fifty users' streams.
  await requireMember(deps.database, input.conversationId, actor.userKey)
  const people = await requirePeople(deps, input.userIds)
  return changeGroup(deps, { ...input, actor, people }, async (group) => {
    await requireRole(group, actor, ['owner', 'admin'])
    const keys = people.map(({ key }) => key)
    const members = await findMembers(group.at, group.row.key, keys)
    const fresh = people.filter(({ key }) => members.get(key)?.state !== 'active')
    await requireUnblocked(group.at, actor, fresh)
    await requireNotBanned(group, fresh)
    if (fresh.length > 0) await admit(group, { people: fresh, by: toEventActor(actor) })
    return { added: fresh.map(({ id }) => id) }
  })
}
