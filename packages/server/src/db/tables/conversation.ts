import { sql } from 'drizzle-orm'
import type { Columns } from '../columns.ts'
import type { StreamTables } from './stream.ts'
import type { UserTables } from './user.ts'

/** Conversations and the users in them. */
export function defineConversationTables(
  c: Columns,
  { streams, users }: Pick<StreamTables, 'streams'> & Pick<UserTables, 'users'>,
) {
  const conversations = c.table(
    'conversations',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      kind: c.oneOf('kind', ['direct', 'group']).notNull(),
      name: c.text('name'),
      /** `<lower user key>:<higher user key>`: two users have at most one direct conversation. */
      directKey: c.text('direct_key'),
      joinPolicy: c.oneOf('join_policy', ['invite', 'open']).notNull(),
      history: c.oneOf('history', ['all', 'joined']).notNull(),
      /** The creator's idempotency key, and what tells a repeat from another group under it. */
      clientConversationId: c.text('client_conversation_id'),
      payloadHash: c.int('payload_hash'),
      createdBy: c
        .int('created_by')
        .notNull()
        .references(() => users.key),
      messageStreamKey: c
        .int('message_stream_key')
        .notNull()
        .references(() => streams.key),
      receiptStreamKey: c
        .int('receipt_stream_key')
        .notNull()
        .references(() => streams.key),
      memberCount: c.int('member_count').notNull(),
      createdAt: c.int('created_at').notNull(),
      updatedAt: c.int('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('conversations_id_unique').on(t.id),
      c.uniqueIndex('conversations_direct_key_unique').on(t.directKey),
      c
        .uniqueIndex('conversations_client_conversation_id_unique')
        .on(t.clientConversationId, t.createdBy)
        .where(sql`client_conversation_id is not null`),
      c.uniqueIndex('conversations_message_stream_key_unique').on(t.messageStreamKey),
      c.uniqueIndex('conversations_receipt_stream_key_unique').on(t.receiptStreamKey),
    ],
  )

  const members = c.table(
    'members',
    {
      conversationKey: c
        .int('conversation_key')
        .notNull()
        .references(() => conversations.key),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      role: c.oneOf('role', ['owner', 'admin', 'member']).notNull(),
      state: c.oneOf('state', ['active', 'left', 'removed']).notNull(),
      deliveredSeq: c.int('delivered_seq').notNull().default(0),
      readSeq: c.int('read_seq').notNull().default(0),
      unreadFrom: c.int('unread_from'),
      joinedAt: c.int('joined_at').notNull(),
      leftAt: c.int('left_at'),
    },
    (t) => [
      c.primaryKey({ name: 'members_pk', columns: [t.conversationKey, t.userKey] }),
      c.index('members_user_key_index').on(t.userKey, t.state),
    ],
  )
  return { conversations, members }
}
