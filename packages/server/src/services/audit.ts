import type { Json } from '@tidings/protocol/wire'
import type { Tx } from '../db/database.ts'
import { insertAuditEntry } from '../stores/audit.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/** Everything that the audit log tells of. */
export type AuditAction =
  | 'oauthClient.registered'
  | 'oauthClient.changed'
  | 'oauthClient.secretRotated'
  | 'oauthClient.submitted'
  | 'oauthClient.approved'
  | 'oauthClient.rejected'
  | 'oauthClient.suspended'
  | 'oauthClient.resumed'
  | 'oauthClient.deleted'
  | 'oauthClient.switched'
  | 'oauthClient.scopesApplied'
  | 'oauthClient.scopesApproved'
  | 'oauthClient.scopesRejected'
  | 'oauthClient.scopesTaken'
  | 'oauthClient.actedAs'
  | 'oauthScope.added'
  | 'oauthScope.changed'
  | 'oauthScope.deleted'
  | 'oauthSettings.changed'
  | 'user.suspended'
  | 'user.resumed'
  | 'user.signedOut'
  | 'user.roleChanged'
  | 'notification.sent'

/** What was done to what. Never a secret, and people by their ids alone: nothing takes a name out of the log when one is erased. */
export interface Audited {
  readonly action: AuditAction
  readonly target: string | null
  readonly details?: Json | undefined
}

/** Writes an entry, in the transaction of what it tells: neither is there without the other. */
export async function audit(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  { actor, ...entry }: Audited & { readonly actor: Pick<Actor, 'userKey'> | null },
): Promise<void> {
  const at = await database.now(tx)
  const { action, target, details = null } = entry
  await insertAuditEntry(database, tx, {
    at,
    actorKey: actor?.userKey ?? null,
    action,
    target,
    details,
  })
}
