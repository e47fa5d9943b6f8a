import { TidingsError, type MessageRef } from '@tidings/protocol/wire'
import type { JournalTx } from '../journal/journal.ts'
import { inside, type Source } from '../stores/conversation.ts'
import type { EventRow } from '../stores/event.ts'
import type { Membership } from '../stores/membership.ts'
import { findShownMessage, findVisibleMessage } from '../stores/message.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { requireMember, requireWriter } from './membership.ts'

/** A message about which something is decided. */
export interface LockedMessage {
  readonly journal: JournalTx
  /** As it stands under the lock of its stream. */
  readonly message: EventRow
  readonly member: Membership
}

/** Which message, and whether it must be in the actor's view still. */
interface NamedMessage {
  readonly actor: Actor
  readonly ref: MessageRef
  readonly shown?: boolean | undefined
  /** The actor says something by it: he must be one who may write. */
  readonly writes?: boolean | undefined
}

/**
 * Runs `work` on a message that the actor sees, in one transaction under the lock of its stream; when only what is `shown`
 * counts, not on one that he has hidden or cleared.
 * @throws TidingsError NOT_FOUND when he is no member, or does not see it; MUTED and FORBIDDEN as `requireWriter`
 */
export async function lockMessage<Outcome>(
  { database, journal }: Deps,
  { actor, ref, shown = false, writes = false }: NamedMessage,
  work: (locked: LockedMessage) => Promise<Outcome>,
): Promise<Outcome> {
  const { conversationId, messageId, clientMessageId } = ref
  const { userKey } = actor
  // Asked before, so that a stranger does not hold up the stream; and again under the lock, where it counts.
  const guard = (source: Source, now: () => Promise<number>): Promise<Membership> =>
    writes
      ? requireWriter(source, { conversationId, userKey }, now)
      : requireMember(source, conversationId, userKey)
  const { messageStreamKey: streamKey } = await guard(database, () => database.now())
  return journal.transact(async (inTx) => {
    await inTx.lock([streamKey])
    const member = await guard(inside(database, inTx.tx), () => inTx.now())
    const named = { streamKey, userKey, messageId, clientMessageId }
    const find = shown ? findShownMessage : findVisibleMessage
    const message = await find(database, inTx.tx, named)
    if (message === undefined) throw new TidingsError('NOT_FOUND')
    return work({ journal: inTx, message, member })
  })
}

/** Nothing is left to tell a repeat by: that marks it for the counting of unread messages as well. */
export function isDeleted(message: EventRow): boolean {
  return message.payloadHash === null
}
