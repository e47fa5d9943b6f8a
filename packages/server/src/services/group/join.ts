import { type Conversation, TidingsError } from '@tidings/protocol/wire'
import { findMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import { getConversation } from '../conversation.ts'
import type { Deps } from '../deps.ts'
import { requirePeople } from '../people.ts'
import { admit, changeGroup, requireNotBanned } from './roster.ts'

/**
 * The actor comes in by himself: into an open group, or back into one that he left by himself. Being in it already is
 * no error, and tells nobody anything.
 * @throws TidingsError FORBIDDEN when he was removed, NOT_FOUND when it is not open and he was never in it, GROUP_FULL
 */
export async function joinGroup(
  deps: Deps,
  actor: Actor,
  input: { readonly conversationId: string },
): Promise<Conversation> {
  const people = await requirePeople(deps, [actor.userId])
  await changeGroup(deps, { ...input, actor, people }, async (group) => {
    const state = (await findMember(group.at, group.row.key, actor.userId))?.state
    if (state === 'active') return
    if (state === 'removed') throw new TidingsError('FORBIDDEN')
    await requireNotBanned(group, people)
    if (state === undefined && group.row.joinPolicy !== 'open') throw new TidingsError('NOT_FOUND')
    await admit(group, { people, by: null })
  })
  return getConversation(deps, actor, input)
}
