import { TidingsError } from '@tidings/protocol/wire'
import { claimSecret } from '../../stores/used-secret.ts'
import { countAdministrators, lockOffices, updateRole } from '../../stores/user-list.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import { requireConfirmed } from '../confirmation.ts'
import type { Deps } from '../deps.ts'

/**
 * Makes the actor the first administrator, by a link that somebody with the server's secret has made. It works once, within
 * its hour, and only while there is no administrator: later ones are made by those who are.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED
 */
export async function claimAdministration(
  deps: Deps,
  actor: Actor,
  { token }: { token: string },
): Promise<void> {
  const { database, auth } = deps
  const link = auth.readAdminToken(token)
  if (link === undefined || actor.grant !== undefined) throw new TidingsError('FORBIDDEN', REFUSED)
  await requireConfirmed(deps, actor)
  await database.tx(async (tx) => {
    const usedAt = await database.now(tx)
    await lockOffices(database, tx)
    const isFirst = await claimSecret(database, tx, { ...link, usedAt })
    if (!isFirst || (await countAdministrators(database, tx)) > 0)
      throw new TidingsError('FORBIDDEN', REFUSED)
    await updateRole(database, tx, { key: actor.userKey, role: 'admin' })
    const details = { role: 'admin', by: 'link' }
    const entry = { action: 'user.roleChanged', target: actor.userId, details } as const
    await audit(deps, tx, { actor, ...entry })
  })
}

const REFUSED =
  'This link does not work: it is too old, was used, or there is an administrator already.'
