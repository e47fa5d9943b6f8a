import type { Tx } from '../../db/database.ts'
import { lockOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import type { Deps } from '../deps.ts'
import { OAuthError } from './error.ts'

/**
 * The client as it is now, held until the transaction ends: what is given to it must not cross with taking it away. Whoever
 * gives something to a client holds it before its consents and sessions, in the order in which they are ended.
 * @throws OAuthError invalid_client when it has been suspended or deleted, or has another secret than the one shown
 */
export async function holdClient(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  shown: OAuthClientRow,
): Promise<OAuthClientRow> {
  const client = await lockOAuthClient(database, tx, shown.key)
  if (client === undefined || client.suspendedAt !== null)
    throw new OAuthError('invalid_client', 'This client is suspended or deleted.')
  if (client.secretDigest !== shown.secretDigest)
    throw new OAuthError('invalid_client', 'This client has another secret by now.')
  return client
}
