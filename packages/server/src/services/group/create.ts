import type { Conversation, createGroupSchema } from '@tidings/protocol'
import type { z } from 'zod'
import type { Actor } from '../actor.ts'
import { getConversation } from '../conversation.ts'
import type { Deps } from '../deps.ts'
import { addConversation } from '../new-conversation.ts'
import { requirePeople } from '../people.ts'
import { takeWrites } from '../write-limit.ts'

/**
 * Makes a group of the actor, its owner, and the users named.
 * @throws TidingsError NOT_FOUND when one of them does not exist; no group is made then. RATE_LIMITED
 */
export async function createGroup(
  deps: Deps,
  actor: Actor,
  input: z.output<typeof createGroupSchema>,
): Promise<Conversation> {
  takeWrites(deps, actor, 1 + input.userIds.length)
  const others = input.userIds.filter((id) => id !== actor.userId)
  const people = await requirePeople(deps, [...others, actor.userId])
  const conversationId = deps.machine.newId()
  await deps.journal.transact(async (journal) => {
    await journal.lock(people.map(({ streamKey }) => streamKey))
    await addConversation(deps.database, journal, {
      id: conversationId,
      kind: 'group',
      name: input.name,
      directKey: null,
      joinPolicy: input.joinPolicy,
      history: input.history,
      creator: actor,
      people,
    })
  })
  return getConversation(deps, actor, { conversationId })
}
