import { randomUUID } from 'node:crypto'
import { type Conversation, type createGroupSchema, TidingsError } from '@tidings/protocol'
import type * as z from 'zod'
import { findMade, inside, type Source } from '../../stores/conversation.ts'
import type { Actor } from '../actor.ts'
import { getConversation } from '../conversation.ts'
import { checkConversationData } from '../conversation-data.ts'
import type { Deps } from '../deps.ts'
import { addConversation } from '../new-conversation.ts'
import { payloadHash } from '../payload-hash.ts'
import { requirePeople, requirePresent, requireUnblocked } from '../people.ts'
import { takeWrites } from '../write-limit.ts'

type CreateInput = z.output<typeof createGroupSchema>

/**
 * Makes a group of the actor, its owner, and the users named. A repeat under the same `clientConversationId` answers the
 * group that was made, as it is now.
 * @throws TidingsError NOT_FOUND when one of them does not exist or has blocked the actor, FORBIDDEN when he has blocked
 * one; no group is made then. IDEMPOTENCY_CONFLICT,
 * RATE_LIMITED
 */
export async function createGroup(
  deps: Deps,
  actor: Actor,
  input: CreateInput,
): Promise<Conversation> {
  takeWrites(deps, actor, 1 + input.userIds.length)
  const conversationId =
    (await findOriginal(deps.database, actor, input)) ?? (await makeGroup(deps, actor, input))
  return getConversation(deps, actor, { conversationId })
}

async function makeGroup(deps: Deps, actor: Actor, input: CreateInput): Promise<string> {
  const others = input.userIds.filter((id) => id !== actor.userId)
  const people = await requirePeople(deps, [...others, actor.userId])
  const data = (await checkConversationData(deps, input.data)) ?? null
  return deps.journal.transact(async (journal) => {
    await journal.lock(people.map(({ streamKey }) => streamKey))
    // Under the lock of the creator's own stream: a repeat that overtakes waits there, and then finds the group.
    const at = inside(deps.database, journal.tx)
    const original = await findOriginal(at, actor, input)
    if (original !== undefined) return original
    await requirePresent(at, people)
    await requireUnblocked(at, actor, people)
    const id = randomUUID()
    await addConversation(deps.database, journal, {
      id,
      kind: 'group',
      name: input.name,
      directKey: null,
      clientConversationId: input.clientConversationId ?? null,
      payloadHash: hashOf(actor, input),
      joinPolicy: input.joinPolicy,
      history: input.history,
      data,
      creator: actor,
      people,
    })
    return id
  })
}

/** What an earlier call under the same key has made. @throws TidingsError IDEMPOTENCY_CONFLICT */
async function findOriginal(
  source: Source,
  actor: Actor,
  input: CreateInput,
): Promise<string | undefined> {
  if (input.clientConversationId === undefined) return undefined
  const made = await findMade(source, actor.userKey, input.clientConversationId)
  if (made !== undefined && made.payloadHash !== hashOf(actor, input))
    throw new TidingsError('IDEMPOTENCY_CONFLICT')
  return made?.id
}

/** Of what was asked for: users named twice or in another order, and the creator himself, make no other group. */
function hashOf(
  { userId }: Actor,
  { name, userIds, joinPolicy, history, data }: CreateInput,
): number {
  const others = new Set(userIds.filter((id) => id !== userId))
  const payload = { name, userIds: [...others].sort(), joinPolicy, history }
  return payloadHash(data === undefined || data === null ? payload : { ...payload, data })
}
