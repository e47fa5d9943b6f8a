import { TidingsError } from '@tidings/protocol/wire'
import type { OAuthClient, OAuthClientDetails, OAuthScope } from '@tidings/protocol/wire'
import type { Reader, Tx } from '../../db/database.ts'
import { findOAuthClient, lockOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import { listOwnOAuthClients } from '../../stores/oauth-client-list.ts'
import { listOAuthReviews } from '../../stores/oauth-review.ts'
import { listOAuthScopes } from '../../stores/oauth-scope.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { toOAuthClient, toOAuthClients, toOAuthReview } from './view.ts'

/** Answers of one client that are shown at once. */
const REVIEWS_SHOWN = 20

/** The clients that the actor has registered, the newest first. */
export async function listOwnClients(deps: Deps, actor: Actor): Promise<OAuthClient[]> {
  const { database } = deps
  const rows = await listOwnOAuthClients(database, database.read, actor.userKey)
  return toOAuthClients(deps, database.read, rows)
}

/** One of them, with what it has asked for. @throws TidingsError NOT_FOUND */
export async function getOwnClient(
  deps: Deps,
  actor: Actor,
  { clientId }: { clientId: string },
): Promise<OAuthClientDetails> {
  const { read } = deps.database
  const row = await requireOwnClient(deps, read, { actor, clientId })
  return toDetails(deps, read, row)
}

/** A client with what it has asked for. */
export async function toDetails(
  deps: Pick<Deps, 'database'>,
  reader: Reader,
  row: OAuthClientRow,
): Promise<OAuthClientDetails> {
  const page = { clientKey: row.key, limit: REVIEWS_SHOWN }
  const reviews = await listOAuthReviews(deps.database, reader, page)
  return {
    ...(await toOAuthClient(deps, reader, row)),
    reviews: reviews.map((review) => toOAuthReview(review, row.id)),
  }
}

/** What clients can be let do. */
export async function listScopes({ database }: Deps): Promise<OAuthScope[]> {
  const rows = await listOAuthScopes(database, database.read)
  return rows.map(({ name, description, base, restricted }) => ({
    name,
    description,
    base: base === 1,
    restricted: restricted === 1,
  }))
}

/** Whose client, and which. */
export interface OwnClientRef {
  readonly actor: Actor
  readonly clientId: string
}

/** Not there and somebody else's are one answer. @throws TidingsError NOT_FOUND */
async function requireOwnClient(
  { database }: Pick<Deps, 'database'>,
  reader: Reader,
  { actor, clientId }: OwnClientRef,
): Promise<OAuthClientRow> {
  const row = await findOAuthClient(database, reader, { id: clientId })
  if (row === undefined || row.creatorKey !== actor.userKey) throw new TidingsError('NOT_FOUND')
  return row
}

/** The same, held until the transaction ends. */
export async function lockOwnClient(
  deps: Pick<Deps, 'database'>,
  tx: Tx,
  ref: OwnClientRef,
): Promise<OAuthClientRow> {
  const { key } = await requireOwnClient(deps, tx, ref)
  const row = await lockOAuthClient(deps.database, tx, key)
  if (row === undefined) throw new TidingsError('NOT_FOUND')
  return row
}
