import type { Json } from '@tidings/protocol/wire'
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
      kind: c.oneOf('kind', ['direct', 'group', 'self']).notNull(),
      name: c.text('name'),
      /**
       * `<lower user key>:<higher user key>`: two users have at most one direct conversation. Notes to oneself are the
       * conversation of a user with himself.
       */
      directKey: c.text('direct_key'),
      joinPolicy: c.oneOf('join_policy', ['invite', 'open']).notNull(),
      history: c.oneOf('history', ['all', 'joined']).notNull(),
      /** What the app keeps about a group. */
      data: c.json<Json>('data'),
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
      /** How far he has read himself, where that is more than `read_seq`, which the others are told. */
      privateReadSeq: c.int('private_read_seq').notNull().default(0),
      /** Marked as unread from here on, whatever he has read. */
      unreadFrom: c.int('unread_from'),
      /** What lies up to here is not shown to him any more. */
      clearedSeq: c.int('cleared_seq').notNull().default(0),
      /** 1: out of his list until a message is sent after `cleared_seq`. */
      hidden: c.small('hidden').notNull().default(0),
      joinedAt: c.int('joined_at').notNull(),
      leftAt: c.int('left_at'),
      /** Until when he may not write: muted in a group; without end in a direct conversation while one blocks the other. */
      barredUntil: c.int('barred_until'),
    },
    (t) => [
      c.primaryKey({ name: 'members_pk', columns: [t.conversationKey, t.userKey] }),
      c.index('members_user_key_index').on(t.userKey, t.state),
    ],
  )

  // What a member has set for himself. Apart from his marks, which are written with every receipt. The row stays when he
  // leaves, for when he comes back, and goes with its user: nothing of it is anybody else's.
  const preferences = c.table(
    'preferences',
    {
      conversationKey: c
        .int('conversation_key')
        .notNull()
        .references(() => conversations.key),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      mutedUntil: c.int('muted_until'),
      archived: c.small('archived').notNull().default(0),
      pinnedAt: c.int('pinned_at'),
      data: c.json<Json>('data'),
    },
    (t) => [c.primaryKey({ name: 'preferences_pk', columns: [t.userKey, t.conversationKey] })],
  )
  return { conversations, members, preferences }
}

/** What the other tables refer to. */
export type ConversationTables = ReturnType<typeof defineConversationTables>
