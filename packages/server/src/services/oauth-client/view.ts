import type { OAuthClient, OAuthReview } from '@tidings/protocol/wire'
import type { Reader } from '../../db/database.ts'
import type { OAuthClientRow } from '../../stores/oauth-client.ts'
import { listClientExtras } from '../../stores/oauth-client-list.ts'
import type { OAuthReviewRow } from '../../stores/oauth-review.ts'
import { listOAuthScopes } from '../../stores/oauth-scope.ts'
import type { Deps } from '../deps.ts'

/** Clients as their developers see them. Of the secret nothing is left to be seen. */
export async function toOAuthClients(
  { database }: Pick<Deps, 'database'>,
  reader: Reader,
  rows: readonly OAuthClientRow[],
): Promise<OAuthClient[]> {
  const keys = rows.map(({ key }) => key)
  const extras = await listClientExtras(database, reader, keys)
  const scopes = await listOAuthScopes(database, reader)
  return rows.map((row) => {
    const approved = row.state === 'approved' ? (extras.scopes.get(row.key) ?? []) : []
    const has = scopes.filter(({ name, base }) => base === 1 || approved.includes(name))
    return {
      id: row.id,
      name: row.name,
      description: row.description,
      clientUri: row.clientUri,
      logoUri: row.logoUri,
      redirectUris: [...(extras.redirectUris.get(row.key) ?? [])],
      grantTypes: [...row.grantTypes],
      confidential: row.secretDigest !== null,
      state: row.state,
      suspended: row.suspendedAt !== null,
      scopes: has.map(({ name }) => name),
      legacySwitches: [...row.legacySwitches],
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
    }
  })
}

/** The same for one. */
export async function toOAuthClient(
  deps: Pick<Deps, 'database'>,
  reader: Reader,
  row: OAuthClientRow,
): Promise<OAuthClient> {
  const [client] = await toOAuthClients(deps, reader, [row])
  if (client === undefined) throw new Error('a client is missing')
  return client
}

/** What a client has asked for. Who has answered is the administrators' affair. */
export function toOAuthReview(row: OAuthReviewRow, clientId: string): OAuthReview {
  const { id, kind, scopes, reason, state, answer, createdAt, reviewedAt } = row
  return { id, clientId, kind, scopes: [...scopes], reason, state, answer, createdAt, reviewedAt }
}
