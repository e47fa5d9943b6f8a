import type { Tx } from '../../db/database.ts'
import { lockOAuthClients } from '../../stores/oauth-client.ts'
import { listClientsWith, listClientsWithout } from '../../stores/oauth-client-list.ts'
import type { OAuthScopeRow } from '../../stores/oauth-scope.ts'
import { revokeClientSessions, revokeServiceTokens } from '../../stores/session-client.ts'
import type { Deps } from '../deps.ts'

/**
 * Ends everything by which a client acts, for users and for nobody, with its connections on every node: when it is
 * suspended or deleted, when it gets another secret, and when something that it may is taken from it.
 */
export function endClient(deps: Deps, tx: Tx, clientKey: number): Promise<void> {
  return endClients(deps, tx, [clientKey])
}

/**
 * Ends everything by which clients act that have lost a scope, since it is no base scope any more and they were not approved for it
 * by themselves.
 */
export async function endClientsWithout(
  deps: Deps,
  tx: Tx,
  scopes: readonly string[],
): Promise<void> {
  if (scopes.length === 0) return
  await endClients(deps, tx, await listClientsWithout(deps.database, tx, scopes))
}

/** Ends everything by which clients act that have a scope: call it before the scope is deleted. */
export async function endClientsWith(
  deps: Deps,
  tx: Tx,
  scope: Pick<OAuthScopeRow, 'name' | 'base'>,
): Promise<void> {
  await endClients(deps, tx, await listClientsWith(deps.database, tx, scope))
}

/**
 * Whoever gives something to a client holds it, and whoever gives it a scope holds the scopes before: they do who call this for a
 * scope's sake, and so nothing crosses with this. As many statements for all clients as for one: what all of them have is taken
 * while nobody else writes.
 */
async function endClients(deps: Deps, tx: Tx, clientKeys: readonly number[]): Promise<void> {
  const { database, realtime } = deps
  await lockOAuthClients(database, tx, clientKeys)
  const now = await database.now(tx)
  const ended = await revokeClientSessions(database, tx, { clientKeys, now })
  await revokeServiceTokens(database, tx, { clientKeys, now })
  if (ended.length > 0) database.after(tx, () => realtime.sessionsRevoked(ended))
}
