import { TidingsError } from '@tidings/protocol/wire'
import type { Tx } from '../../db/database.ts'
import { lockOffices } from '../../stores/user-list.ts'
import { findUser } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import { requireConfirmed } from '../confirmation.ts'
import type { Deps } from '../deps.ts'

/**
 * The one place that says who administers. As it is in the database now, since a connection may be older than an office.
 * @throws TidingsError FORBIDDEN
 */
export async function requireAdministrator({ database }: Deps, actor: Actor): Promise<void> {
  const user = await findUser(database, database.read, { key: actor.userKey })
  if (user?.role !== 'admin' || actor.grant !== undefined)
    throw new TidingsError('FORBIDDEN', 'This is for administrators.')
}

/**
 * For what an administrator changes: by a session that was left open nobody else does.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED
 */
export async function requireActing(deps: Deps, actor: Actor): Promise<void> {
  await requireAdministrator(deps, actor)
  await requireConfirmed(deps, actor)
}

/**
 * Holds everybody's office until the transaction ends, and looks once more: of two who take each other's at once, the second
 * has none any more, so that somebody always has one.
 * @throws TidingsError FORBIDDEN
 */
export async function holdOffices({ database }: Deps, tx: Tx, actor: Actor): Promise<void> {
  await lockOffices(database, tx)
  const user = await findUser(database, tx, { key: actor.userKey })
  if (user?.role !== 'admin' || user.suspendedAt !== null)
    throw new TidingsError('FORBIDDEN', 'This is for administrators.')
}
