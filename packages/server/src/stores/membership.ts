import type { ConversationKind, Role } from '@tidings/protocol/wire'
import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { Source } from './conversation.ts'

/** A member's place in a conversation, with the streams that belong to it. */
export interface Membership {
  readonly conversationKey: number
  readonly conversationId: string
  readonly kind: ConversationKind
  readonly role: Role
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
  readonly memberCount: number
  /** Until when he may not write, ms; null when he may. */
  readonly barredUntil: number | null
  readonly deliveredSeq: number
  readonly readSeq: number
}

/** Asked before every receipt and typing signal, so the query is built once an engine. */
const statements = new WeakMap<Database['tables'], ReturnType<typeof build>>()

/** The user's place in a conversation; undefined unless he is in it now. */
export async function findMembership(
  source: Source,
  conversationId: string,
  userKey: number,
): Promise<Membership | undefined> {
  let statement = statements.get(source.tables)
  if (statement === undefined) {
    statement = build(source)
    statements.set(source.tables, statement)
  }
  const rows = await statement(source.read, { conversationId, userKey })
  return rows[0]
}

function build({ tables: { conversations, members }, prepare }: Source) {
  return prepare((on) =>
    on
      .select({
        conversationKey: conversations.key,
        conversationId: conversations.id,
        kind: conversations.kind,
        role: members.role,
        messageStreamKey: conversations.messageStreamKey,
        receiptStreamKey: conversations.receiptStreamKey,
        memberCount: conversations.memberCount,
        barredUntil: members.barredUntil,
        deliveredSeq: members.deliveredSeq,
        readSeq: members.readSeq,
      })
      .from(conversations)
      .innerJoin(members, eq(members.conversationKey, conversations.key))
      .where(
        and(
          eq(conversations.id, sql.placeholder('conversationId')),
          eq(members.userKey, sql.placeholder('userKey')),
          eq(members.state, 'active'),
        ),
      ),
  )
}
