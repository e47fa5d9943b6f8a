import type { updateOAuthClientSchema } from '@tidings/protocol'
import type { OAuthClient, OAuthClientSecret } from '@tidings/protocol/wire'
import { TidingsError } from '@tidings/protocol/wire'
import type * as z from 'zod'
import { digestOf, randomToken } from '../../auth/primitives.ts'
import type { Tx } from '../../db/database.ts'
import {
  listRedirectUris,
  replaceRedirectUris,
  updateOAuthClient,
  type OAuthClientRow,
} from '../../stores/oauth-client.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import { requireConfirmed } from '../confirmation.ts'
import type { Deps } from '../deps.ts'
import { endClient } from '../oauth/end-client.ts'
import { deleteHeldClient } from './end.ts'
import { lockOwnClient } from './own.ts'
import { requireFitting } from './register.ts'
import { askForVerification, withdrawPending } from './review.ts'
import { toOAuthClient } from './view.ts'

type UpdateInput = z.output<typeof updateOAuthClientSchema>

/**
 * Changes what is told of a client, never its id or secret. Users trust a verified client by its name and by where it leads
 * them: with another one of these it waits for a review again.
 * @throws TidingsError NOT_FOUND, INVALID_INPUT
 */
export async function updateClient(
  deps: Deps,
  actor: Actor,
  { clientId, redirectUris, ...given }: UpdateInput,
): Promise<OAuthClient> {
  const { database } = deps
  return database.tx(async (tx) => {
    const before = await lockOwnClient(deps, tx, { actor, clientId })
    const uris = await listRedirectUris(database, tx, before.key)
    const fields = {
      name: chosen(given.name, before.name),
      description: chosen(given.description, before.description),
      clientUri: chosen(given.clientUri, before.clientUri),
      logoUri: chosen(given.logoUri, before.logoUri),
      grantTypes: chosen<OAuthClientRow['grantTypes']>(given.grantTypes, before.grantTypes),
    }
    const confidential = before.secretDigest !== null
    const nextUris = redirectUris ?? uris
    requireFitting({ grantTypes: fields.grantTypes, redirectUris: nextUris, confidential })
    const areUrisNew = nextUris.join('\n') !== uris.join('\n')
    if (areUrisNew)
      await replaceRedirectUris(database, tx, { clientKey: before.key, redirectUris: nextUris })
    const now = await database.now(tx)
    const change = { ...fields, updatedAt: now }
    const row = await updateOAuthClient(database, tx, { key: before.key, change })
    const changed = changesOf(before, row, areUrisNew)
    if (changed.length > 0) {
      const details = { changed, ...(row.name === before.name ? {} : { name: row.name }) }
      await audit(deps, tx, { actor, action: 'oauthClient.changed', target: row.id, details })
    }
    const isOther = areUrisNew || row.name !== before.name
    const after = isOther ? await backToReview(deps, tx, { actor, row, now }) : row
    return toOAuthClient(deps, tx, after)
  })
}

/** What was looked at is not what is there any more: who reviews sees it anew, and decides about that. */
async function backToReview(
  deps: Deps,
  tx: Tx,
  { actor, row, now }: { actor: Actor; row: OAuthClientRow; now: number },
): Promise<OAuthClientRow> {
  if (row.state === 'draft' || row.state === 'rejected') return row
  // Connections that are open have the rights they began with.
  await endClient(deps, tx, row.key)
  await withdrawPending(deps, tx, { clientKey: row.key, now })
  return askForVerification(deps, tx, { actor, row, reason: null, now })
}

function changesOf(before: OAuthClientRow, after: OAuthClientRow, areUrisNew: boolean): string[] {
  const names = ['name', 'description', 'clientUri', 'logoUri'] as const
  const changed: string[] = names.filter((name) => before[name] !== after[name])
  if (areUrisNew) changed.push('redirectUris')
  if (before.grantTypes.join() !== after.grantTypes.join()) changed.push('grantTypes')
  return changed
}

/** What was not given is no change. */
function chosen<T>(given: T | undefined, before: T): T {
  return given === undefined ? before : given
}

/**
 * Gives a client another secret, which is answered this once; the one before is worth nothing from now on. What was given
 * to the client by the old one ends with it: whoever has stolen it has had tokens too.
 * @throws TidingsError NOT_FOUND, PASSWORD_REQUIRED, WRONG_STATE (a client that keeps none)
 */
export async function rotateSecret(
  deps: Deps,
  actor: Actor,
  { clientId }: { clientId: string },
): Promise<OAuthClientSecret> {
  const { database } = deps
  await requireConfirmed(deps, actor)
  const clientSecret = `tdk_${randomToken()}`
  await database.tx(async (tx) => {
    const row = await lockOwnClient(deps, tx, { actor, clientId })
    if (row.secretDigest === null)
      throw new TidingsError('WRONG_STATE', 'This app was registered as one that keeps no secret.')
    const change = { secretDigest: digestOf(clientSecret), updatedAt: await database.now(tx) }
    await updateOAuthClient(database, tx, { key: row.key, change })
    await endClient(deps, tx, row.key)
    await audit(deps, tx, { actor, action: 'oauthClient.secretRotated', target: row.id })
  })
  return { clientSecret }
}

/**
 * Deletes a client of the actor's: nobody is let in by it any more, and whom it acted for it acts for no longer.
 * @throws TidingsError NOT_FOUND, PASSWORD_REQUIRED
 */
export async function deleteOwnClient(
  deps: Deps,
  actor: Actor,
  { clientId }: { clientId: string },
): Promise<void> {
  await requireConfirmed(deps, actor)
  await deps.database.tx(async (tx) => {
    const row = await lockOwnClient(deps, tx, { actor, clientId })
    await deleteHeldClient(deps, tx, { actor, row })
  })
}
