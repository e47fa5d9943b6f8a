import type { Columns } from '../columns.ts'
import type { ConversationTables } from './conversation.ts'
import type { OAuthClientTables } from './oauth-client.ts'
import type { UserTables } from './user.ts'

type Parents = Pick<UserTables, 'users' | 'sessions'> &
  Pick<OAuthClientTables, 'oauthClients'> &
  Pick<ConversationTables, 'conversations'>

/**
 * What users have let clients do. A grant is a session of its own kind, which names its client: its access tokens are here,
 * its refresh tokens are those of the session (a session is the family of its refresh tokens).
 */
export function defineOAuthGrantTables(
  c: Columns,
  { users, sessions, oauthClients, conversations }: Parents,
) {
  /** What a user has consented to, by client. */
  const oauthConsents = c.table(
    'oauth_consents',
    {
      key: c.key(),
      id: c.text('id').notNull(),
      clientKey: c
        .int('client_key')
        .notNull()
        .references(() => oauthClients.key),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      /** Space-separated, as RFC 6749 writes it. */
      scope: c.text('scope').notNull(),
      /** 1: only in the conversations that are listed, of which there may be none any more. */
      limited: c.small('limited').notNull().default(0),
      createdAt: c.int('created_at').notNull(),
      updatedAt: c.int('updated_at').notNull(),
      revokedAt: c.int('revoked_at'),
    },
    (t) => [
      c.uniqueIndex('oauth_consents_id_unique').on(t.id),
      c.uniqueIndex('oauth_consents_user_key_unique').on(t.userKey, t.clientKey),
      c.index('oauth_consents_client_key_index').on(t.clientKey),
    ],
  )

  const oauthConsentConversations = c.table(
    'oauth_consent_conversations',
    {
      consentKey: c
        .int('consent_key')
        .notNull()
        .references(() => oauthConsents.key),
      conversationKey: c
        .int('conversation_key')
        .notNull()
        .references(() => conversations.key),
    },
    (t) => [
      c.primaryKey({
        name: 'oauth_consent_conversations_pk',
        columns: [t.consentKey, t.conversationKey],
      }),
    ],
  )

  const oauthAuthorizationCodes = c.table(
    'oauth_authorization_codes',
    {
      digest: c.text('digest').primaryKey(),
      consentKey: c
        .int('consent_key')
        .notNull()
        .references(() => oauthConsents.key),
      /** Where the code was sent. */
      redirectUri: c.text('redirect_uri').notNull(),
      /** 1: and so it must be named again in the token request. */
      redirectNamed: c.small('redirect_named').notNull(),
      scope: c.text('scope').notNull(),
      /** By S256; none only of a client with the switch `no_pkce`. */
      codeChallenge: c.text('code_challenge'),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at').notNull(),
      usedAt: c.int('used_at'),
      /** What it was exchanged for, which ends when the code is shown again. */
      sessionKey: c.int('session_key').references(() => sessions.key),
    },
    (t) => [c.index('oauth_authorization_codes_session_key_index').on(t.sessionKey)],
  )

  const oauthAccessTokens = c.table(
    'oauth_access_tokens',
    {
      digest: c.text('digest').primaryKey(),
      clientKey: c
        .int('client_key')
        .notNull()
        .references(() => oauthClients.key),
      /** None of a token by client credentials, which acts for nobody. */
      sessionKey: c.int('session_key').references(() => sessions.key),
      scope: c.text('scope').notNull(),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at').notNull(),
      revokedAt: c.int('revoked_at'),
    },
    (t) => [
      c.index('oauth_access_tokens_session_key_index').on(t.sessionKey),
      c.index('oauth_access_tokens_client_key_index').on(t.clientKey),
    ],
  )
  return {
    oauthConsents,
    oauthConsentConversations,
    oauthAuthorizationCodes,
    oauthAccessTokens,
  }
}
