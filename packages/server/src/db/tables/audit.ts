import type { Json } from '@tidings/protocol/wire'
import type { Columns } from '../columns.ts'
import type { UserTables } from './user.ts'

/** What administrators do and what pages need. */
export function defineAuditTables(c: Columns, { users }: Pick<UserTables, 'users'>) {
  /** Only ever added to: triggers of the database refuse to change or delete an entry. */
  const auditEntries = c.table(
    'audit_entries',
    {
      key: c.key(),
      at: c.int('at').notNull(),
      /** Who did it; null for the server itself and for a client without a user. */
      actorKey: c.int('actor_key').references(() => users.key),
      /** A name of a closed list, such as `oauthClient.suspended`. */
      action: c.text('action').notNull(),
      /** The id of what it was done to. */
      target: c.text('target'),
      /** Never a secret. */
      details: c.json<Json>('details'),
    },
    (t) => [c.index('audit_entries_target_index').on(t.target, t.key)],
  )

  /** Links and other one-time secrets that are signed rather than stored: only their use is. */
  const usedSecrets = c.table('used_secrets', {
    digest: c.text('digest').primaryKey(),
    usedAt: c.int('used_at').notNull(),
    /** From then on it is no longer valid anyway, and may be forgotten. */
    expiresAt: c.int('expires_at').notNull(),
  })
  return { auditEntries, usedSecrets }
}
