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

/**
 * The guard of everything that a member says: messages, edits, reactions, typing. Who is muted in a group, and both of a
 * direct conversation while one blocks the other, may not.
 * @param now the database's time, asked for only where it matters: `() => journal.now()` under a lock
 * @throws TidingsError NOT_FOUND as `requireMember`; MUTED in a group; FORBIDDEN in a direct conversation, to both alike
 */
export async function requireWriter(
  source: Source,
  { conversationId, userKey }: { readonly conversationId: string; readonly userKey: number },
  now: () => Promise<number>,
): Promise<Membership> {
  const membership = await requireMember(source, conversationId, userKey)
  const isBarredNow = membership.barredUntil !== null && isBarred(membership, await now())
  if (isBarredNow) throw barred(membership.kind)
  return membership
}

/** Why a member may not write. Who blocks whom is not said. */
export function barred(kind: Membership['kind']): TidingsError {
  return new TidingsError(kind === 'group' ? 'MUTED' : 'FORBIDDEN')
}

/** Whether a member may not write at a time (ms). */
export function isBarred({ barredUntil }: Pick<Membership, 'barredUntil'>, now: number): boolean {
  return barredUntil !== null && barredUntil > now
}
