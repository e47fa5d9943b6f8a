import type { updateSettingsSchema } from '@tidings/protocol'
import type { AdminSettings } from '@tidings/protocol/wire'
import type * as z from 'zod'
import type { Reader, Tx } from '../../db/database.ts'
import { listOAuthScopes } from '../../stores/oauth-scope.ts'
import { lockOAuthScopes, updateOAuthScope } from '../../stores/oauth-scope-change.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { endClientsWithout } from '../oauth/end-client.ts'
import { lockOAuthSettings, readOAuthSettings, writeOAuthSettings } from '../oauth/settings.ts'
import { requireActing, requireAdministrator } from './administrator.ts'
import { requireKnownScopes } from './clients.ts'
import { requireSensible } from './scopes.ts'

type Change = z.output<typeof updateSettingsSchema>

/** What holds for all apps. @throws TidingsError FORBIDDEN */
export async function getSettings(deps: Deps, actor: Actor): Promise<AdminSettings> {
  await requireAdministrator(deps, actor)
  return read(deps, deps.database.read)
}

/**
 * Changes what holds for all apps: what is given from then on. Of tokens that are there nothing changes, but that a scope which is
 * no base scope any more is taken from the clients that have it as such.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, INVALID_INPUT
 */
export async function updateSettings(
  deps: Deps,
  actor: Actor,
  { baseScopes, ...given }: Change,
): Promise<AdminSettings> {
  const { database } = deps
  await requireActing(deps, actor)
  return database.tx(async (tx) => {
    await lockOAuthSettings(deps, tx)
    const before = await read(deps, tx)
    const change = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    )
    await writeOAuthSettings(deps, tx, change)
    if (baseScopes !== undefined) await setBaseScopes(deps, tx, baseScopes)
    const after = await read(deps, tx)
    const details = { before: changed(before, after), after: changed(after, before) }
    await audit(deps, tx, { actor, action: 'oauthSettings.changed', target: null, details })
    return after
  })
}

async function setBaseScopes(deps: Deps, tx: Tx, baseScopes: readonly string[]): Promise<void> {
  const { database } = deps
  const before = await lockOAuthScopes(database, tx)
  requireKnownScopes(before, baseScopes, 'baseScopes')
  for (const { name, description, restricted, base: was } of before) {
    const base = Number(baseScopes.includes(name))
    if (base === was) continue
    requireSensible({ name, base, restricted }, 'baseScopes')
    await updateOAuthScope(database, tx, { name, description, restricted, base })
  }
  const taken = before.filter(({ name, base }) => base === 1 && !baseScopes.includes(name))
  const names = taken.map(({ name }) => name)
  await endClientsWithout(deps, tx, names)
}

async function read(deps: Deps, reader: Reader): Promise<AdminSettings> {
  const settings = await readOAuthSettings(deps, reader)
  const scopes = await listOAuthScopes(deps.database, reader)
  const baseScopes = scopes.filter(({ base }) => base === 1).map(({ name }) => name)
  return { ...settings, baseScopes }
}

/** Of one, what is otherwise in the other. */
function changed(
  one: AdminSettings,
  other: AdminSettings,
): Record<string, string | number | string[]> {
  const others = new Map<string, unknown>(Object.entries(other))
  const isOther = ([name, value]: readonly [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(others.get(name))
  return Object.fromEntries(Object.entries(one).filter(isOther))
}
