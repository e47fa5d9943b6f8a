import { type Role, TidingsError } from '@tidings/protocol/wire'
import { findOwnConversation, type Source } from '../stores/conversation.ts'

/** A member's place in a conversation, with the streams that belong to it. */
export interface Membership {
  readonly conversationKey: number
  readonly conversationId: string
  readonly kind: 'direct' | 'group'
  readonly role: Role
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
  readonly memberCount: number
  readonly deliveredSeq: number
  readonly readSeq: number
}

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
  const row = await findOwnConversation(source, conversationId, userKey)
  if (row === undefined) throw new TidingsError('NOT_FOUND')
  return {
    conversationKey: row.key,
    conversationId: row.id,
    kind: row.kind,
    role: row.role,
    messageStreamKey: row.messageStreamKey,
    receiptStreamKey: row.receiptStreamKey,
    memberCount: row.memberCount,
    deliveredSeq: row.deliveredSeq,
    readSeq: row.readSeq,
  }
}
