import type { Columns } from '../columns.ts'
import type { UserTables } from './user.ts'

/** How users stand with one another, and the codes that were sent to them. */
export function definePeopleTables(c: Columns, { users }: Pick<UserTables, 'users'>) {
  // Two rows a pair, one from each side. Erasing a user takes those of both.
  const contacts = c.table(
    'contacts',
    {
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      otherKey: c
        .int('other_key')
        .notNull()
        .references(() => users.key),
      state: c.oneOf('state', ['requested', 'received', 'accepted']).notNull(),
      since: c.int('since').notNull(),
    },
    (t) => [c.primaryKey({ name: 'contacts_pk', columns: [t.userKey, t.otherKey] })],
  )

  // Erasing a user takes those of both sides, and frees nobody's conversation: he is gone.
  const blocks = c.table(
    'blocks',
    {
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      blockedKey: c
        .int('blocked_key')
        .notNull()
        .references(() => users.key),
      since: c.int('since').notNull(),
    },
    (t) => [
      c.primaryKey({ name: 'blocks_pk', columns: [t.userKey, t.blockedKey] }),
      c.index('blocks_blocked_key_index').on(t.blockedKey),
    ],
  )

  // Codes of mails, as digests. They go with their user.
  const mailCodes = c.table(
    'mail_codes',
    {
      digest: c.text('digest').primaryKey(),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      purpose: c.oneOf('purpose', ['verify', 'reset']).notNull(),
      /** The address that it was sent to: worth nothing once the user has another one. */
      emailKey: c.text('email_key').notNull(),
      expiresAt: c.int('expires_at').notNull(),
    },
    (t) => [c.index('mail_codes_user_key_index').on(t.userKey)],
  )
  // Erasures under way, and how far each has got; a row goes when nothing is left to do.
  const erasures = c.table('erasures', {
    userKey: c
      .int('user_key')
      .primaryKey()
      .references(() => users.key),
    begunAt: c.int('begun_at').notNull(),
    /** The stream of messages that is gone through, in ascending order of keys; 0 before the first. */
    streamKey: c.int('stream_key').notNull(),
    /** Up to here nothing of the user is left in it. */
    seq: c.int('seq').notNull(),
  })
  return { contacts, blocks, mailCodes, erasures }
}
