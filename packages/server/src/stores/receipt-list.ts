import type { MemberReceipt } from '@tidings/protocol/wire'
import { and, asc, eq, gt, ne, sql } from 'drizzle-orm'
import type { Source } from './conversation.ts'
import { seesSeq } from './receipt.ts'

/** Which of the members, and of which message. */
export interface ReceiptRange {
  readonly conversationKey: number
  readonly seq: number
  readonly exceptUserKey: number
  readonly afterUserKey: number
  readonly limit: number
}

/** How far a message has got with each present member who can see it, in the order of the users' keys. */
export async function listReceipts(
  { tables, read }: Source,
  { conversationKey, seq, exceptUserKey, afterUserKey, limit }: ReceiptRange,
): Promise<readonly MemberReceipt[]> {
  const { conversations, members, spans, users } = tables
  const rows = await read
    .select({
      userId: users.id,
      username: users.username,
      deliveredSeq: members.deliveredSeq,
      readSeq: members.readSeq,
    })
    .from(members)
    .innerJoin(conversations, eq(conversations.key, members.conversationKey))
    .innerJoin(spans, seesSeq(tables, sql`${seq}`))
    .innerJoin(users, eq(users.key, members.userKey))
    .where(
      and(
        eq(members.conversationKey, conversationKey),
        eq(members.state, 'active'),
        ne(members.userKey, exceptUserKey),
        gt(members.userKey, afterUserKey),
      ),
    )
    .orderBy(asc(members.userKey))
    .limit(limit)
  return rows.map(({ deliveredSeq, readSeq, ...user }) => ({
    ...user,
    delivered: deliveredSeq >= seq,
    read: readSeq >= seq,
  }))
}
