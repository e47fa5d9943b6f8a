import type { Columns } from '../columns.ts'
import type { ConversationTables } from './conversation.ts'
import type { UserTables } from './user.ts'

/** Who may come into a group, and who may not. */
export function defineGroupTables(
  c: Columns,
  { conversations, users }: Pick<ConversationTables, 'conversations'> & Pick<UserTables, 'users'>,
) {
  // A ban outlasts whoever gave it; it goes with the banned.
  const bans = c.table(
    'bans',
    {
      conversationKey: c
        .int('conversation_key')
        .notNull()
        .references(() => conversations.key),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      bannedBy: c
        .int('banned_by')
        .notNull()
        .references(() => users.key),
      bannedAt: c.int('banned_at').notNull(),
    },
    (t) => [
      c.primaryKey({ name: 'bans_pk', columns: [t.conversationKey, t.userKey] }),
      c.index('bans_user_key_index').on(t.userKey),
    ],
  )

  // What is over is deleted. Invitations are worth nothing once their maker is gone, and go with him.
  const invitations = c.table(
    'invitations',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      digest: c.text('digest').notNull(),
      conversationKey: c
        .int('conversation_key')
        .notNull()
        .references(() => conversations.key),
      createdBy: c
        .int('created_by')
        .notNull()
        .references(() => users.key),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at'),
      maxUses: c.int('max_uses'),
      uses: c.int('uses').notNull(),
    },
    (t) => [
      c.uniqueIndex('invitations_id_unique').on(t.id),
      c.uniqueIndex('invitations_digest_unique').on(t.digest),
      c.index('invitations_conversation_key_index').on(t.conversationKey),
    ],
  )
  return { bans, invitations }
}
