import type { decideReviewSchema, listReviewsSchema } from '@tidings/protocol'
import { TidingsError, type AdminReview, type AdminReviewPage } from '@tidings/protocol/wire'
import type * as z from 'zod'
import type { Tx } from '../../db/database.ts'
import {
  findOAuthClient,
  lockOAuthClient,
  updateOAuthClient,
  type OAuthClientRow,
} from '../../stores/oauth-client.ts'
import {
  endOAuthReview,
  findOAuthReview,
  listReviewQueue,
  type OAuthReviewRow,
} from '../../stores/oauth-review.ts'
import { insertClientScopes } from '../../stores/oauth-scope.ts'
import { lockOAuthScopes } from '../../stores/oauth-scope-change.ts'
import type { Actor } from '../actor.ts'
import { audit, type AuditAction } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { endClient } from '../oauth/end-client.ts'
import { toOAuthReview } from '../oauth-client/view.ts'
import { requireActing, requireAdministrator } from './administrator.ts'
import { parseKeyCursor, toKeyPage } from './key-page.ts'
import { requireOthers, toAdminClients } from './clients.ts'

type DecideInput = z.output<typeof decideReviewSchema>

/** What waits for a decision, the oldest first. @throws TidingsError FORBIDDEN, INVALID_INPUT */
export async function listReviews(
  deps: Deps,
  actor: Actor,
  { cursor, limit, kind }: z.output<typeof listReviewsSchema>,
): Promise<AdminReviewPage> {
  await requireAdministrator(deps, actor)
  const { database } = deps
  const after = parseKeyCursor(deps, 'reviews', cursor) ?? 0
  const rows = await listReviewQueue(database, database.read, { after, kind, limit: limit + 1 })
  const { shown, next } = toKeyPage(deps, 'reviews', { rows, limit })
  const items = await Promise.all(shown.map((row) => toAdminReview(deps, row)))
  return { items: items.filter((item) => item !== undefined), next }
}

/** Undefined when the client has been deleted a moment ago. */
async function toAdminReview(deps: Deps, row: OAuthReviewRow): Promise<AdminReview | undefined> {
  const { database } = deps
  const found = await findOAuthClient(database, database.read, { key: row.clientKey })
  if (found === undefined) return undefined
  const [client] = await toAdminClients(deps, database.read, [found])
  if (client === undefined) return undefined
  return { ...toOAuthReview(row, client.id), client }
}

/**
 * Approves or refuses what a client asks for; a refusal has a reason, which the developer sees. Nobody decides about his own
 * client, and of several who decide at once one does: what was withdrawn or decided meanwhile is NOT_FOUND.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND, WRONG_STATE (approving what a suspended client asks for, or
 * scopes of one that is not verified)
 */
export async function decideReview(
  deps: Deps,
  actor: Actor,
  { reviewId, decision, answer }: DecideInput,
): Promise<void> {
  const { database } = deps
  await requireActing(deps, actor)
  await database.tx(async (tx) => {
    const found = await findOAuthReview(database, tx, reviewId)
    const gives = found?.kind === 'scopes' && decision === 'approve'
    const known = gives ? await lockOAuthScopes(database, tx) : []
    const row = await lockOAuthClient(database, tx, found?.clientKey ?? 0)
    // Read anew under the lock of its client, under which all of this is written.
    const review = await findOAuthReview(database, tx, reviewId)
    if (row === undefined || review?.state !== 'pending') throw new TidingsError('NOT_FOUND')
    requireOthers(row, actor)
    if (decision === 'approve') requireGivable(row, review)
    const state = decision === 'approve' ? 'approved' : 'rejected'
    const reviewedAt = await database.now(tx)
    await endOAuthReview(database, tx, {
      key: review.key,
      state,
      reviewerKey: actor.userKey,
      answer: answer ?? null,
      reviewedAt,
    })
    await carryOut(deps, tx, { actor, row, review, state, known, now: reviewedAt })
    const details = { reviewId, scopes: [...review.scopes], answer: answer ?? null }
    await audit(deps, tx, { actor, action: ACTIONS[review.kind][state], target: row.id, details })
  })
}

/** What was suspended since it asked would have more than before once it goes on, and nobody would look at it again. */
function requireGivable({ suspendedAt, state }: OAuthClientRow, { kind }: OAuthReviewRow): void {
  if (suspendedAt !== null)
    throw new TidingsError('WRONG_STATE', 'This app is suspended: let it go on first, or refuse.')
  if (kind === 'scopes' && state !== 'approved')
    throw new TidingsError('WRONG_STATE', 'This app is not verified.')
}

const ACTIONS = {
  verification: { approved: 'oauthClient.approved', rejected: 'oauthClient.rejected' },
  scopes: { approved: 'oauthClient.scopesApproved', rejected: 'oauthClient.scopesRejected' },
} as const satisfies Record<OAuthReviewRow['kind'], Record<string, AuditAction>>

interface Decided {
  readonly actor: Actor
  readonly row: OAuthClientRow
  readonly review: OAuthReviewRow
  readonly state: 'approved' | 'rejected'
  /** The scopes that there are, held. */
  readonly known: readonly { readonly name: string }[]
  readonly now: number
}

async function carryOut(
  deps: Deps,
  tx: Tx,
  { actor, row, review, state, known, now }: Decided,
): Promise<void> {
  const { database } = deps
  if (review.kind === 'verification') {
    await updateOAuthClient(database, tx, { key: row.key, change: { state, updatedAt: now } })
    if (state === 'rejected') await endClient(deps, tx, row.key)
    return
  }
  if (state === 'rejected') return
  // One that was deleted meanwhile would come back with whatever is called so later.
  const names = new Set(known.map(({ name }) => name))
  const scopes = review.scopes.filter((name) => names.has(name))
  const approval = { clientKey: row.key, approvedBy: actor.userKey, approvedAt: now }
  await insertClientScopes(database, tx, { ...approval, scopes })
}
