import { sql } from 'drizzle-orm'
import type { Columns } from '../columns.ts'
import type { StreamTables } from './stream.ts'

/** Users, their sessions and the secrets of those, kept as digests only. */
export function defineUserTables(c: Columns, { streams }: StreamTables) {
  const users = c.table(
    'users',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      username: c.text('username').notNull(),
      /** What makes two usernames the same: NFKC, case folded. */
      usernameKey: c.text('username_key').notNull(),
      email: c.text('email'),
      emailKey: c.text('email_key'),
      passwordHash: c.text('password_hash').notNull(),
      firstName: c.text('first_name'),
      lastName: c.text('last_name'),
      phone: c.text('phone'),
      displayName: c.text('display_name'),
      about: c.text('about'),
      avatarUrl: c.text('avatar_url'),
      emailVerifiedAt: c.int('email_verified_at'),
      presenceFor: c
        .oneOf('presence_for', ['everybody', 'contacts', 'nobody'])
        .notNull()
        .default('everybody'),
      role: c.oneOf('role', ['user', 'admin']).notNull().default('user'),
      streamKey: c
        .int('stream_key')
        .notNull()
        .references(() => streams.key),
      createdAt: c.int('created_at').notNull(),
      suspendedAt: c.int('suspended_at'),
      /** When he was erased: of him his id is left, and a digest of his name, which nobody else gets. */
      erasedAt: c.int('erased_at'),
      /** When his last connection ended; written once he has stayed away. */
      lastSeenAt: c.int('last_seen_at'),
    },
    (t) => [
      c.uniqueIndex('users_id_unique').on(t.id),
      c.uniqueIndex('users_username_key_unique').on(t.usernameKey),
      c.uniqueIndex('users_email_key_unique').on(t.emailKey),
    ],
  )

  const sessions = c.table(
    'sessions',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      deviceId: c.text('device_id'),
      platform: c.text('platform'),
      model: c.text('model'),
      build: c.int('build'),
      name: c.text('name'),
      /** The session that took over this one's device. */
      mergedInto: c.int('merged_into'),
      /** The OAuth client that acts by it in the user's name; null for the user's own sign-ins. */
      clientKey: c.int('client_key'),
      /** By which consent; none after a password grant. */
      consentKey: c.int('consent_key'),
      /** All that the client may, whichever token it shows: space-separated. */
      scope: c.text('scope'),
      /** When its user last showed that it is he. */
      confirmedAt: c.int('confirmed_at'),
      createdAt: c.int('created_at').notNull(),
      lastSeenAt: c.int('last_seen_at').notNull(),
      expiresAt: c.int('expires_at').notNull(),
      revokedAt: c.int('revoked_at'),
    },
    (t) => [
      c.uniqueIndex('sessions_id_unique').on(t.id),
      c.index('sessions_user_key_index').on(t.userKey),
      c
        .index('sessions_client_key_index')
        .on(t.clientKey, t.userKey)
        .where(sql`client_key is not null`),
      c
        .uniqueIndex('sessions_device_unique')
        .on(t.userKey, t.deviceId)
        .where(sql`device_id is not null and revoked_at is null and merged_into is null`),
    ],
  )

  const refreshTokens = c.table(
    'refresh_tokens',
    {
      digest: c.text('digest').primaryKey(),
      sessionKey: c
        .int('session_key')
        .notNull()
        .references(() => sessions.key),
      generation: c.int('generation').notNull(),
      salt: c.text('salt').notNull(),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at').notNull(),
      usedAt: c.int('used_at'),
    },
    (t) => [c.index('refresh_tokens_session_key_index').on(t.sessionKey)],
  )

  const tickets = c.table(
    'tickets',
    {
      digest: c.text('digest').primaryKey(),
      sessionKey: c
        .int('session_key')
        .notNull()
        .references(() => sessions.key),
      origin: c.text('origin'),
      /** Of an OAuth client: what the token may that asked for it. */
      scope: c.text('scope'),
      /** When the connection ends that it opens; null for with its session. */
      endsAt: c.int('ends_at'),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at').notNull(),
      usedAt: c.int('used_at'),
    },
    (t) => [c.index('tickets_session_key_index').on(t.sessionKey)],
  )

  // Numbered connections only: other clients keep their own positions.
  const deviceCursors = c.table(
    'device_cursors',
    {
      sessionKey: c.int('session_key').notNull(),
      streamKey: c.int('stream_key').notNull(),
      seq: c.int('seq').notNull(),
      tag: c.int('tag').notNull(),
    },
    (t) => [c.primaryKey({ name: 'device_cursors_pk', columns: [t.sessionKey, t.streamKey] })],
  )

  // By account, by address: nothing in it says whose. In the database, so that all nodes count together.
  const guessCounts = c.table('guess_counts', {
    digest: c.text('digest').primaryKey(),
    count: c.int('count').notNull(),
    endsAt: c.int('ends_at').notNull(),
  })
  return { users, sessions, refreshTokens, tickets, deviceCursors, guessCounts }
}

/** What the other tables refer to. */
export type UserTables = ReturnType<typeof defineUserTables>
