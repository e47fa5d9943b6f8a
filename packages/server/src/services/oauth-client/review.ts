import type { applyForScopesSchema, submitOAuthClientSchema } from '@tidings/protocol'
import { TidingsError, type OAuthClientDetails } from '@tidings/protocol/wire'
import type * as z from 'zod'
import type { Tx } from '../../db/database.ts'
import { updateOAuthClient, type OAuthClientRow } from '../../stores/oauth-client.ts'
import {
  endOAuthReview,
  insertOAuthReview,
  listPendingOAuthReviews,
} from '../../stores/oauth-review.ts'
import { listClientScopes, listOAuthScopes } from '../../stores/oauth-scope.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { lockOwnClient, toDetails } from './own.ts'

/**
 * Asks administrators to verify a client, so that it works for others than its creator.
 * @throws TidingsError NOT_FOUND, WRONG_STATE (verified or waiting), FORBIDDEN (suspended)
 */
export async function submitClient(
  deps: Deps,
  actor: Actor,
  { clientId, reason }: z.output<typeof submitOAuthClientSchema>,
): Promise<OAuthClientDetails> {
  const { database } = deps
  return database.tx(async (tx) => {
    const row = await lockOwnClient(deps, tx, { actor, clientId })
    requireNotSuspended(row)
    if (row.state === 'approved') throw new TidingsError('WRONG_STATE', 'This app is verified.')
    if (row.state === 'submitted')
      throw new TidingsError('WRONG_STATE', 'This app waits for its review already.')
    const now = await database.now(tx)
    const after = await askForVerification(deps, tx, { actor, row, reason: reason ?? null, now })
    return toDetails(deps, tx, after)
  })
}

interface Asking {
  readonly actor: Actor
  readonly row: OAuthClientRow
  readonly reason: string | null
  readonly now: number
}

/** Puts a client, whose row the transaction holds, among those that wait. */
export async function askForVerification(
  deps: Deps,
  tx: Tx,
  { actor, row, reason, now }: Asking,
): Promise<OAuthClientRow> {
  const { database, machine } = deps
  await insertOAuthReview(database, tx, {
    id: machine.newId(),
    clientKey: row.key,
    kind: 'verification',
    scopes: [],
    reason,
    createdAt: now,
  })
  await audit(deps, tx, { actor, action: 'oauthClient.submitted', target: row.id })
  const change = { state: 'submitted', updatedAt: now } as const
  return updateOAuthClient(database, tx, { key: row.key, change })
}

/** Takes back whatever a client has asked for and nobody has answered: to be verified, and further scopes. */
export async function withdrawPending(
  { database }: Pick<Deps, 'database'>,
  tx: Tx,
  { clientKey, now }: { readonly clientKey: number; readonly now: number },
): Promise<void> {
  for (const kind of ['verification', 'scopes'] as const)
    for (const { key } of await listPendingOAuthReviews(database, tx, { clientKey, kind }))
      await endOAuthReview(database, tx, {
        key,
        state: 'withdrawn',
        reviewerKey: null,
        answer: null,
        reviewedAt: now,
      })
}

/**
 * Asks administrators for further scopes, with a reason; for verified clients.
 * @throws TidingsError NOT_FOUND, WRONG_STATE (not verified), FORBIDDEN (suspended), INVALID_INPUT (a scope that it has, has asked for, or cannot have)
 */
export async function applyForScopes(
  deps: Deps,
  actor: Actor,
  { clientId, scopes, reason }: z.output<typeof applyForScopesSchema>,
): Promise<OAuthClientDetails> {
  const { database, machine } = deps
  return database.tx(async (tx) => {
    const row = await lockOwnClient(deps, tx, { actor, clientId })
    requireNotSuspended(row)
    if (row.state !== 'approved')
      throw new TidingsError('WRONG_STATE', 'Only a verified app can apply for scopes.')
    const wanted = [...new Set(scopes)]
    await requireOpenTo(deps, tx, { row, scopes: wanted })
    const review = { id: machine.newId(), clientKey: row.key, kind: 'scopes' } as const
    const createdAt = await database.now(tx)
    await insertOAuthReview(database, tx, { ...review, scopes: wanted, reason, createdAt })
    const details = { scopes: wanted }
    await audit(deps, tx, { actor, action: 'oauthClient.scopesApplied', target: row.id, details })
    return toDetails(deps, tx, row)
  })
}

async function requireOpenTo(
  { database }: Deps,
  tx: Tx,
  { row, scopes }: { row: OAuthClientRow; scopes: readonly string[] },
): Promise<void> {
  const known = new Map((await listOAuthScopes(database, tx)).map((scope) => [scope.name, scope]))
  const approved = new Set(await listClientScopes(database, tx, row.key))
  const pending = await listPendingOAuthReviews(database, tx, {
    clientKey: row.key,
    kind: 'scopes',
  })
  const asked = new Set(pending.flatMap((review) => review.scopes))
  const problemOf = (name: string): string | undefined => {
    const scope = known.get(name)
    if (scope === undefined) return 'there is no such scope'
    if (scope.base === 1 || approved.has(name)) return 'the app has it'
    if (scope.restricted === 1) return 'nobody can apply for it; administrators give it'
    return asked.has(name) ? 'the app has asked for it' : undefined
  }
  const fields = scopes.flatMap((name) => {
    const problem = problemOf(name)
    return problem === undefined ? [] : [{ path: 'scopes', message: `${name}: ${problem}` }]
  })
  if (fields.length > 0) throw new TidingsError('INVALID_INPUT', undefined, { fields })
}

function requireNotSuspended({ suspendedAt }: OAuthClientRow): void {
  if (suspendedAt !== null)
    throw new TidingsError('FORBIDDEN', 'An administrator has suspended this app.')
}
