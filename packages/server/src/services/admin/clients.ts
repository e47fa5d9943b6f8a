import type {
  pageInputSchema,
  setClientScopesSchema,
  setClientSuspendedSchema,
  setClientSwitchesSchema,
} from '@tidings/protocol'
import { TidingsError } from '@tidings/protocol/wire'
import type { AdminClient, AdminClientDetails, AdminClientPage } from '@tidings/protocol/wire'
import type * as z from 'zod'
import type { Reader, Tx } from '../../db/database.ts'
import {
  findOAuthClient,
  lockOAuthClient,
  updateOAuthClient,
  type OAuthClientRow,
} from '../../stores/oauth-client.ts'
import { listOAuthClients } from '../../stores/oauth-client-list.ts'
import {
  deleteClientScopes,
  insertClientScopes,
  listClientScopes,
  type OAuthScopeRow,
} from '../../stores/oauth-scope.ts'
import { lockOAuthScopes } from '../../stores/oauth-scope-change.ts'
import { listPublicUsers } from '../../stores/user-list.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { endClient } from '../oauth/end-client.ts'
import { deleteHeldClient } from '../oauth-client/end.ts'
import { toDetails } from '../oauth-client/own.ts'
import { toOAuthClients } from '../oauth-client/view.ts'
import { requireActing, requireAdministrator } from './administrator.ts'
import { parseKeyCursor, toKeyPage } from './key-page.ts'

type PageInput = z.output<typeof pageInputSchema>

/** All clients, the newest first. @throws TidingsError FORBIDDEN, INVALID_INPUT */
export async function listClients(
  deps: Deps,
  actor: Actor,
  { cursor, limit }: PageInput,
): Promise<AdminClientPage> {
  await requireAdministrator(deps, actor)
  const { database } = deps
  const before = parseKeyCursor(deps, 'clients', cursor) ?? Number.MAX_SAFE_INTEGER
  const rows = await listOAuthClients(database, database.read, { before, limit: limit + 1 })
  const { shown, next } = toKeyPage(deps, 'clients', { rows, limit })
  const items = await toAdminClients(deps, database.read, shown)
  return { items, next }
}

/** Clients with who has registered them. */
export async function toAdminClients(
  deps: Pick<Deps, 'database'>,
  reader: Reader,
  rows: readonly OAuthClientRow[],
): Promise<AdminClient[]> {
  const clients = await toOAuthClients(deps, reader, rows)
  const keys = rows.map(({ creatorKey }) => creatorKey)
  const creators = await listPublicUsers(deps.database, reader, keys)
  return clients.map((client, at) => ({ ...client, creator: creatorOf(rows[at], creators) }))
}

function creatorOf(
  row: OAuthClientRow | undefined,
  creators: Awaited<ReturnType<typeof listPublicUsers>>,
) {
  const creator = creators.get(row?.creatorKey ?? 0)
  if (creator === undefined) throw new Error('a client without a creator')
  return creator
}

/** One of them, with what it has asked for. @throws TidingsError FORBIDDEN, NOT_FOUND */
export async function getClient(
  deps: Deps,
  actor: Actor,
  { clientId }: { clientId: string },
): Promise<AdminClientDetails> {
  await requireAdministrator(deps, actor)
  const { database } = deps
  const row = await findOAuthClient(database, database.read, { id: clientId })
  if (row === undefined) throw new TidingsError('NOT_FOUND')
  const creators = await listPublicUsers(database, database.read, [row.creatorKey])
  return { ...(await toDetails(deps, database.read, row)), creator: creatorOf(row, creators) }
}

/**
 * Suspends a client, or lets it go on. While it is suspended nobody is let in by it, and whom it acts for it acts for no
 * longer: its connections close within 5 s, on every node.
 * @throws TidingsError FORBIDDEN (letting one's own go on included), PASSWORD_REQUIRED, NOT_FOUND
 */
export async function setClientSuspended(
  deps: Deps,
  actor: Actor,
  { clientId, suspended }: z.output<typeof setClientSuspendedSchema>,
): Promise<void> {
  const { database } = deps
  await changeClient(deps, actor, {
    clientId,
    async change(tx, row) {
      if (!suspended) requireOthers(row, actor)
      if (suspended === (row.suspendedAt !== null)) return
      const now = await database.now(tx)
      const change = { suspendedAt: suspended ? now : null, updatedAt: now }
      await updateOAuthClient(database, tx, { key: row.key, change })
      if (suspended) await endClient(deps, tx, row.key)
      const action = suspended ? 'oauthClient.suspended' : 'oauthClient.resumed'
      await audit(deps, tx, { actor, action, target: row.id, details: { name: row.name } })
    },
  })
}

/** Deletes a client for good. @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND */
export async function deleteClient(
  deps: Deps,
  actor: Actor,
  { clientId }: { clientId: string },
): Promise<void> {
  const change = (tx: Tx, row: OAuthClientRow) => deleteHeldClient(deps, tx, { actor, row })
  await changeClient(deps, actor, { clientId, change })
}

/**
 * Says which of older systems' ways a client may use; all others are off. What the client has open ends when one is taken from
 * it: nobody can tell any more which of it has come that way.
 * @throws TidingsError FORBIDDEN (one's own client included), PASSWORD_REQUIRED, NOT_FOUND
 */
export async function setClientSwitches(
  deps: Deps,
  actor: Actor,
  { clientId, legacySwitches: given }: z.output<typeof setClientSwitchesSchema>,
): Promise<void> {
  const { database } = deps
  await changeClient(deps, actor, {
    clientId,
    async change(tx, row) {
      requireOthers(row, actor)
      const legacySwitches = [...new Set(given)].toSorted()
      const change = { legacySwitches, updatedAt: await database.now(tx) }
      await updateOAuthClient(database, tx, { key: row.key, change })
      const taken = row.legacySwitches.filter((name) => !legacySwitches.includes(name))
      if (taken.length > 0) await endClient(deps, tx, row.key)
      const details = { before: [...row.legacySwitches], after: legacySwitches }
      await audit(deps, tx, { actor, action: 'oauthClient.switched', target: row.id, details })
    },
  })
}

/**
 * Says what a client may ask for besides the base scopes, also what nobody can apply for; all else is taken from it. What
 * users have consented to is less by that at once.
 * @throws TidingsError FORBIDDEN (one's own client included), PASSWORD_REQUIRED, NOT_FOUND, INVALID_INPUT
 */
export async function setClientScopes(
  deps: Deps,
  actor: Actor,
  { clientId, scopes }: z.output<typeof setClientScopesSchema>,
): Promise<void> {
  const { database } = deps
  await changeClient(deps, actor, {
    clientId,
    holdsScopes: true,
    async change(tx, row, known) {
      requireOthers(row, actor)
      requireKnownScopes(known, scopes)
      const before = await listClientScopes(database, tx, row.key)
      const taken = before.filter((name) => !scopes.includes(name))
      const given = scopes.filter((name) => !before.includes(name))
      const approvedAt = await database.now(tx)
      const place = { clientKey: row.key }
      if (taken.length > 0) await deleteClientScopes(database, tx, { ...place, scopes: taken })
      const approval = { ...place, approvedBy: actor.userKey, approvedAt }
      await insertClientScopes(database, tx, { ...approval, scopes: given })
      if (taken.length > 0) await endClient(deps, tx, row.key)
      const target = row.id
      if (given.length > 0) await tell('oauthClient.scopesApproved', given)
      if (taken.length > 0) await tell('oauthClient.scopesTaken', taken)

      async function tell(
        action: 'oauthClient.scopesApproved' | 'oauthClient.scopesTaken',
        names: readonly string[],
      ): Promise<void> {
        await audit(deps, tx, { actor, action, target, details: { scopes: [...names] } })
      }
    },
  })
}

/** @throws TidingsError INVALID_INPUT */
export function requireKnownScopes(
  scopes: readonly Pick<OAuthScopeRow, 'name'>[],
  names: readonly string[],
  path: 'scopes' | 'baseScopes' = 'scopes',
): void {
  const known = new Set(scopes.map(({ name }) => name))
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return
  const fields = unknown.map((name) => ({ path, message: `there is no scope ${name}` }))
  throw new TidingsError('INVALID_INPUT', undefined, { fields })
}

/** Nobody decides about what is his own. @throws TidingsError FORBIDDEN */
export function requireOthers({ creatorKey }: OAuthClientRow, actor: Actor): void {
  if (creatorKey === actor.userKey)
    throw new TidingsError('FORBIDDEN', 'Another administrator must decide about your own app.')
}

async function changeClient(
  deps: Deps,
  actor: Actor,
  work: {
    readonly clientId: string
    /** The scopes that there are go to `change`, held. */
    readonly holdsScopes?: boolean | undefined
    readonly change: (
      tx: Tx,
      row: OAuthClientRow,
      scopes: readonly OAuthScopeRow[],
    ) => Promise<void>
  },
): Promise<void> {
  const { database } = deps
  await requireActing(deps, actor)
  await database.tx(async (tx) => {
    const found = await findOAuthClient(database, tx, { id: work.clientId })
    const scopes = work.holdsScopes === true ? await lockOAuthScopes(database, tx) : []
    const row = await lockOAuthClient(database, tx, found?.key ?? 0)
    if (row === undefined) throw new TidingsError('NOT_FOUND')
    await work.change(tx, row, scopes)
  })
}
