import type { createScopeSchema, updateScopeSchema } from '@tidings/protocol'
import { SCOPES, TidingsError } from '@tidings/protocol/wire'
import type * as z from 'zod'
import { insertOAuthScopes, type OAuthScopeRow } from '../../stores/oauth-scope.ts'
import {
  deleteOAuthScope,
  lockOAuthScopes,
  updateOAuthScope,
} from '../../stores/oauth-scope-change.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { endClientsWith, endClientsWithout } from '../oauth/end-client.ts'
import { requireActing } from './administrator.ts'

/**
 * Adds a scope, which the app that embeds this server may check.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, INVALID_INPUT (there is one of that name, or it would be base and restricted)
 */
export async function createScope(
  deps: Deps,
  actor: Actor,
  { name, description, base, restricted }: z.output<typeof createScopeSchema>,
): Promise<void> {
  const { database } = deps
  await requireActing(deps, actor)
  const scope = { name, description, base: Number(base), restricted: Number(restricted) }
  requireSensible(scope)
  await database.tx(async (tx) => {
    const createdAt = await database.now(tx)
    const added = await insertOAuthScopes(database, tx, [{ ...scope, createdAt }])
    if (added === 0) {
      const fields = [{ path: 'name', message: 'there is a scope of this name' }]
      throw new TidingsError('INVALID_INPUT', undefined, { fields })
    }
    const details = { description, base, restricted }
    await audit(deps, tx, { actor, action: 'oauthScope.added', target: name, details })
  })
}

/** Changes a scope. From clients that have it as a base scope alone it is taken when it is none any more. @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND */
export async function updateScope(
  deps: Deps,
  actor: Actor,
  { name, description, base, restricted }: z.output<typeof updateScopeSchema>,
): Promise<void> {
  const { database } = deps
  await requireActing(deps, actor)
  await database.tx(async (tx) => {
    const before = named(await lockOAuthScopes(database, tx), name)
    if (before === undefined) throw new TidingsError('NOT_FOUND')
    const after = {
      description: description ?? before.description,
      base: base === undefined ? before.base : Number(base),
      restricted: restricted === undefined ? before.restricted : Number(restricted),
    }
    requireSensible({ name, ...after })
    await updateOAuthScope(database, tx, { name, ...after })
    if (after.base < before.base) await endClientsWithout(deps, tx, [name])
    await audit(deps, tx, { actor, action: 'oauthScope.changed', target: name, details: after })
  })
}

/**
 * What acts for everybody cannot be what every app has.
 * @param path where the input says so
 * @throws TidingsError INVALID_INPUT
 */
export function requireSensible(
  { name, base, restricted }: Pick<OAuthScopeRow, 'name' | 'base' | 'restricted'>,
  path: 'base' | 'baseScopes' = 'base',
): void {
  if (base === 0 || restricted === 0) return
  const fields = [{ path, message: `${name} cannot be restricted and a base scope` }]
  throw new TidingsError('INVALID_INPUT', undefined, { fields })
}

/**
 * Deletes a scope, and takes it from all clients that have it, as {@link updateScope} does. Tidings' own stay: its procedures ask for them.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND
 */
export async function deleteScope(
  deps: Deps,
  actor: Actor,
  { name }: { name: string },
): Promise<void> {
  const { database } = deps
  await requireActing(deps, actor)
  if (Object.hasOwn(SCOPES, name))
    throw new TidingsError('FORBIDDEN', 'This scope is part of Tidings and can only be changed.')
  await database.tx(async (tx) => {
    const scope = named(await lockOAuthScopes(database, tx), name)
    if (scope === undefined) throw new TidingsError('NOT_FOUND')
    await endClientsWith(deps, tx, scope)
    await deleteOAuthScope(database, tx, name)
    await audit(deps, tx, { actor, action: 'oauthScope.deleted', target: name })
  })
}

function named(scopes: readonly OAuthScopeRow[], name: string): OAuthScopeRow | undefined {
  return scopes.find((scope) => scope.name === name)
}
