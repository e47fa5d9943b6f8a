import { TidingsError } from '@tidings/protocol/wire'
import type { Source } from '../stores/conversation.ts'
import { findMembership, type Membership } from '../stores/membership.ts'

/**
 * The guard of everything in a conversation. Pass `deps.database` to look at what is committed, or `inside(database, tx)`
 * to look within a transaction: a decision that goes with an event must look under the stream's lock.
 * @throws TidingsError NOT_FOUND both when there is no such conversation and when the user is not in it now
 */
export async function requireMember(
  source: Source,
  conversationId: string,
  userKey: number,
): Promise<Membership> {
  const membership = await findMembership(source, conversationId, userKey)
  if (membership === undefined) throw new TidingsError('NOT_FOUND')
  return membership
}
