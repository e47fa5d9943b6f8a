import { sql } from 'drizzle-orm'
import type { Columns } from '../columns.ts'
import type { UserTables } from './user.ts'

/**
 * System notifications, and whose they are. When an administrator's account is erased, what he has sent stays; the rows of
 * one to whom notifications are addressed go with his account.
 */
export function defineNotificationTables(c: Columns, { users }: Pick<UserTables, 'users'>) {
  const notifications = c.table(
    'notifications',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      senderKey: c
        .int('sender_key')
        .notNull()
        .references(() => users.key),
      clientNotificationId: c.text('client_notification_id').notNull(),
      /** What tells a repeat from another notification under the same id. */
      payloadHash: c.int('payload_hash').notNull(),
      kind: c.text('kind').notNull(),
      title: c.text('title').notNull(),
      body: c.text('body'),
      link: c.text('link'),
      data: c.json<unknown>('data'),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at'),
      /** For everybody: it goes to users up to this key, which are those who were there when it was sent. */
      forUsersTo: c.int('for_users_to').notNull(),
      /** Users up to this key have it: from here the delivery goes on after whatever has ended it. */
      givenTo: c.int('given_to').notNull(),
      /** How many have it. */
      users: c.int('users').notNull(),
      /** When the last one got it. */
      finishedAt: c.int('finished_at'),
    },
    (t) => [
      c.uniqueIndex('notifications_id_unique').on(t.id),
      c
        .uniqueIndex('notifications_client_notification_id_unique')
        .on(t.clientNotificationId, t.senderKey),
      c
        .index('notifications_unfinished_index')
        .on(t.key)
        .where(sql`finished_at is null`),
    ],
  )

  const addressees = c.table(
    'addressees',
    {
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      /** The seq of notification.created in the user's own stream. */
      seq: c.int('seq').notNull(),
      notificationKey: c
        .int('notification_key')
        .notNull()
        .references(() => notifications.key),
      readAt: c.int('read_at'),
    },
    (t) => [
      c.primaryKey({ name: 'addressees_pk', columns: [t.userKey, t.seq] }),
      // Nobody gets one twice.
      c.uniqueIndex('addressees_notification_key_unique').on(t.notificationKey, t.userKey),
    ],
  )
  return { notifications, addressees }
}
