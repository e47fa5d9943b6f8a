import type { Columns } from '../columns.ts'
import type { UserTables } from './user.ts'

/**
 * What belongs to messages besides their own rows, named by the place of the message: (stream, seq). Rows go with the
 * message when it is deleted for all, and when retention trims its stream. When a user is erased, his reactions, what he
 * has hidden and that he was mentioned are deleted; of the versions of his messages nothing is left once his messages are deleted.
 */
export function defineMessageTables(c: Columns, { users }: Pick<UserTables, 'users'>) {
  /** Who has given which reaction. The events tell the same: this is what they come to. */
  const reactions = c.table(
    'reactions',
    {
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      reaction: c.text('reaction').notNull(),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
    },
    (t) => [
      c.primaryKey({
        name: 'reactions_pk',
        columns: [t.streamKey, t.seq, t.reaction, t.userKey],
      }),
    ],
  )

  /** What edited messages said before: the row of the message has what it says now. */
  const messageVersions = c.table(
    'message_versions',
    {
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      /** When it began to say so; inside a stream no two events have one time. */
      writtenAt: c.int('written_at').notNull(),
      body: c.json<unknown>('body').notNull(),
    },
    (t) => [
      c.primaryKey({ name: 'message_versions_pk', columns: [t.streamKey, t.seq, t.writtenAt] }),
    ],
  )

  /** Which messages a user does not want to see any more. */
  const hiddenMessages = c.table(
    'hidden_messages',
    {
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
    },
    (t) => [c.primaryKey({ name: 'hidden_messages_pk', columns: [t.streamKey, t.seq, t.userKey] })],
  )
  /**
   * Whom messages of others mention, so that a user's are counted without looking into every message. The message's own row
   * has them too, by their ids and in their order.
   */
  const mentions = c.table(
    'mentions',
    {
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
    },
    (t) => [
      c.primaryKey({ name: 'mentions_pk', columns: [t.streamKey, t.seq, t.userKey] }),
      c.index('mentions_user_key_index').on(t.userKey, t.streamKey, t.seq),
    ],
  )
  return { reactions, messageVersions, hiddenMessages, mentions }
}
