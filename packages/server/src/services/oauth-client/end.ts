import type { Tx } from '../../db/database.ts'
import { updateOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { endClient } from '../oauth/end-client.ts'
import { withdrawPending } from './review.ts'

/** Deletes a client whose row the transaction holds. The row stays, since the audit log names it. */
export async function deleteHeldClient(
  deps: Deps,
  tx: Tx,
  { actor, row }: { actor: Actor; row: OAuthClientRow },
): Promise<void> {
  const { database } = deps
  const now = await database.now(tx)
  const change = { deletedAt: now, secretDigest: null, updatedAt: now }
  await updateOAuthClient(database, tx, { key: row.key, change })
  await withdrawPending(deps, tx, { clientKey: row.key, now })
  await endClient(deps, tx, row.key)
  const details = { name: row.name }
  await audit(deps, tx, { actor, action: 'oauthClient.deleted', target: row.id, details })
}
