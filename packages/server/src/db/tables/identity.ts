import type { Columns } from '../columns.ts'
import type { UserTables } from './user.ts'

type Parents = Pick<UserTables, 'users' | 'sessions'>

/** Accounts elsewhere by which users sign in here. */
export function defineIdentityTables(c: Columns, { users, sessions }: Parents) {
  const linkedIdentities = c.table(
    'linked_identities',
    {
      issuer: c.text('issuer').notNull(),
      subject: c.text('subject').notNull(),
      userKey: c
        .int('user_key')
        .notNull()
        .references(() => users.key),
      createdAt: c.int('created_at').notNull(),
      lastUsedAt: c.int('last_used_at'),
    },
    (t) => [
      c.primaryKey({ name: 'linked_identities_pk', columns: [t.issuer, t.subject] }),
      c.index('linked_identities_user_key_index').on(t.userKey),
    ],
  )

  /** What stands for the tokens of an app's own back end: one for each of the app's sessions. */
  const externalSessions = c.table(
    'external_sessions',
    {
      /** Of issuer, subject and the app's session; after an erasure also of the first two alone. */
      digest: c.text('digest').primaryKey(),
      sessionKey: c
        .int('session_key')
        .notNull()
        .references(() => sessions.key),
      /** Tokens up to this time are of a session that was ended. */
      refusedUntil: c.int('refused_until').notNull(),
    },
    (t) => [c.index('external_sessions_session_key_index').on(t.sessionKey)],
  )

  /** Sign-ins by another provider that are under way, from the first request to the code by which an app ends it. */
  const providerSignIns = c.table(
    'provider_sign_ins',
    {
      /** Of what the browser is led to us with. */
      digest: c.text('digest').primaryKey(),
      provider: c.text('provider').notNull(),
      /** Where in the app it ends. */
      redirectUri: c.text('redirect_uri').notNull(),
      /** What the app wants to have back there. */
      appState: c.text('app_state'),
      /** Of what only the app that has begun it knows. */
      verifierDigest: c.text('verifier_digest').notNull(),
      /** Of what the provider leads the browser back with, together with the browser's cookie. */
      stateDigest: c.text('state_digest'),
      /** The browser is back from the provider: it comes once. */
      returnedAt: c.int('returned_at'),
      /** Of what the app gets. */
      codeDigest: c.text('code_digest'),
      /** Who it is there. */
      issuer: c.text('issuer'),
      subject: c.text('subject'),
      name: c.text('name'),
      createdAt: c.int('created_at').notNull(),
      expiresAt: c.int('expires_at').notNull(),
      usedAt: c.int('used_at'),
    },
    (t) => [
      c.uniqueIndex('provider_sign_ins_state_unique').on(t.stateDigest),
      c.uniqueIndex('provider_sign_ins_code_unique').on(t.codeDigest),
      c.index('provider_sign_ins_expires_at_index').on(t.expiresAt),
    ],
  )
  return { linkedIdentities, externalSessions, providerSignIns }
}
