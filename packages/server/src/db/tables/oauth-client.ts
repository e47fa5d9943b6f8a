import type { LegacySwitch, OAuthGrantType } from '@tidings/protocol/wire'
import type { Columns } from '../columns.ts'
import type { UserTables } from './user.ts'

/** Registered applications (RFC 6749, section 2), what they may ask for, and who has said so. */
export function defineOAuthClientTables(c: Columns, { users }: Pick<UserTables, 'users'>) {
  const oauthClients = c.table(
    'oauth_clients',
    {
      key: c.key(),
      /** The `client_id`. */
      id: c.text('id').notNull(),
      /** None of a public client, which can keep no secret. */
      secretDigest: c.text('secret_digest'),
      name: c.text('name').notNull(),
      description: c.text('description'),
      /** The address of the application. */
      clientUri: c.text('client_uri'),
      /** Never fetched: people's browsers are not sent there either. */
      logoUri: c.text('logo_uri'),
      creatorKey: c
        .int('creator_key')
        .notNull()
        .references(() => users.key),
      state: c.oneOf('state', ['draft', 'submitted', 'approved', 'rejected']).notNull(),
      /** Apart from `state`, which it has again when it may go on. */
      suspendedAt: c.int('suspended_at'),
      /** The row stays, since the audit log names it; no call finds it any more. */
      deletedAt: c.int('deleted_at'),
      grantTypes: c.json<readonly OAuthGrantType[]>('grant_types').notNull(),
      /** What older systems did and today's standards forbid. */
      legacySwitches: c.json<readonly LegacySwitch[]>('legacy_switches').notNull(),
      createdAt: c.int('created_at').notNull(),
      updatedAt: c.int('updated_at').notNull(),
    },
    (t) => [
      c.uniqueIndex('oauth_clients_id_unique').on(t.id),
      c.index('oauth_clients_creator_key_index').on(t.creatorKey),
    ],
  )

  const oauthRedirectUris = c.table(
    'oauth_redirect_uris',
    {
      clientKey: c
        .int('client_key')
        .notNull()
        .references(() => oauthClients.key),
      /** Compared character by character. */
      redirectUri: c.text('redirect_uri').notNull(),
      /** In the order in which they were given. */
      position: c.int('position').notNull(),
    },
    (t) => [
      c.primaryKey({ name: 'oauth_redirect_uris_pk', columns: [t.clientKey, t.redirectUri] }),
    ],
  )

  const oauthScopes = c.table('oauth_scopes', {
    name: c.text('name').primaryKey(),
    description: c.text('description').notNull(),
    /** 1: every client has it without asking. */
    base: c.small('base').notNull().default(0),
    /** 1: no client can apply for it; an administrator gives it. */
    restricted: c.small('restricted').notNull().default(0),
    createdAt: c.int('created_at').notNull(),
  })

  /** What a client has been approved for, besides the base scopes. */
  const oauthClientScopes = c.table(
    'oauth_client_scopes',
    {
      clientKey: c
        .int('client_key')
        .notNull()
        .references(() => oauthClients.key),
      scope: c.text('scope').notNull(),
      approvedBy: c
        .int('approved_by')
        .notNull()
        .references(() => users.key),
      approvedAt: c.int('approved_at').notNull(),
    },
    (t) => [c.primaryKey({ name: 'oauth_client_scopes_pk', columns: [t.clientKey, t.scope] })],
  )

  /** What a client asks administrators for: to be verified, or (with scopes) for more scopes. Never deleted. */
  const oauthReviews = c.table(
    'oauth_reviews',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      clientKey: c
        .int('client_key')
        .notNull()
        .references(() => oauthClients.key),
      kind: c.oneOf('kind', ['verification', 'scopes']).notNull(),
      scopes: c.json<readonly string[]>('scopes').notNull(),
      /** Why the client asks. */
      reason: c.text('reason'),
      state: c.oneOf('state', ['pending', 'approved', 'rejected', 'withdrawn']).notNull(),
      reviewerKey: c.int('reviewer_key').references(() => users.key),
      /** Why it was refused. */
      answer: c.text('answer'),
      createdAt: c.int('created_at').notNull(),
      reviewedAt: c.int('reviewed_at'),
    },
    (t) => [
      c.uniqueIndex('oauth_reviews_id_unique').on(t.id),
      c.index('oauth_reviews_client_key_index').on(t.clientKey, t.state),
      c.index('oauth_reviews_state_index').on(t.state, t.key),
    ],
  )
  return { oauthClients, oauthRedirectUris, oauthScopes, oauthClientScopes, oauthReviews }
}

/** What the other tables refer to. */
export type OAuthClientTables = ReturnType<typeof defineOAuthClientTables>
