import type {
  adminListUsersSchema,
  setUserRoleSchema,
  setUserSuspendedSchema,
} from '@tidings/protocol'
import { TidingsError, type AdminUserPage } from '@tidings/protocol/wire'
import * as z from 'zod'
import type { Tx } from '../../db/database.ts'
import { listOtherSessionKeys } from '../../stores/session.ts'
import { listUserRows, updateRole, updateSuspension } from '../../stores/user-list.ts'
import { findUser, lockUser, type UserRow } from '../../stores/user.ts'
import type { Actor } from '../actor.ts'
import { audit } from '../audit.ts'
import type { Deps } from '../deps.ts'
import { parseCursor, toPage } from '../page-cursor.ts'
import { endSessions } from '../session.ts'
import { holdOffices, requireActing, requireAdministrator } from './administrator.ts'

const placeSchema = z.tuple([z.string()])

/** Users, by name. @throws TidingsError FORBIDDEN, INVALID_INPUT */
export async function listUsers(
  deps: Deps,
  actor: Actor,
  { cursor, limit, search }: z.output<typeof adminListUsersSchema>,
): Promise<AdminUserPage> {
  await requireAdministrator(deps, actor)
  const { database } = deps
  const [after] = cursor === undefined ? [''] : parseCursor(cursor, placeSchema)
  const rows = await listUserRows(database, database.read, { after, search, limit: limit + 1 })
  const { shown, next } = toPage(rows, limit, ({ usernameKey }) => [usernameKey])
  const items = shown.map(({ id, username, email, role, createdAt, suspendedAt }) => {
    return { id, username, email, role, createdAt, suspendedAt }
  })
  return { items, next }
}

/**
 * Suspends a user, who is signed out everywhere and cannot sign in, or lets him come back.
 * @throws TidingsError FORBIDDEN (oneself included), PASSWORD_REQUIRED, NOT_FOUND
 */
export async function setUserSuspended(
  deps: Deps,
  actor: Actor,
  { userId, suspended }: z.output<typeof setUserSuspendedSchema>,
): Promise<void> {
  const { database } = deps
  await changeUser(deps, actor, {
    userId,
    async change(tx, user) {
      requireAnother(user, actor)
      if (suspended === (user.suspendedAt !== null)) return
      const suspendedAt = suspended ? await database.now(tx) : null
      await updateSuspension(database, tx, { key: user.key, suspendedAt })
      if (suspended) await endAllSessions(deps, tx, user)
      const action = suspended ? 'user.suspended' : 'user.resumed'
      await audit(deps, tx, { actor, action, target: user.id })
    },
  })
}

/**
 * Ends all sessions of a user, those of apps that act for him included.
 * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND
 */
export async function signOutUser(
  deps: Deps,
  actor: Actor,
  { userId }: { userId: string },
): Promise<void> {
  await changeUser(deps, actor, {
    userId,
    async change(tx, user) {
      await endAllSessions(deps, tx, user)
      await audit(deps, tx, { actor, action: 'user.signedOut', target: user.id })
    },
  })
}

/**
 * Makes a user an administrator, or takes that from him.
 * @throws TidingsError FORBIDDEN (oneself included), PASSWORD_REQUIRED, NOT_FOUND
 */
export async function setUserRole(
  deps: Deps,
  actor: Actor,
  { userId, role }: z.output<typeof setUserRoleSchema>,
): Promise<void> {
  const { database } = deps
  await changeUser(deps, actor, {
    userId,
    async change(tx, user) {
      requireAnother(user, actor)
      if (user.role === role) return
      await updateRole(database, tx, { key: user.key, role })
      const details = { role }
      await audit(deps, tx, { actor, action: 'user.roleChanged', target: user.id, details })
    },
  })
}

async function endAllSessions(deps: Deps, tx: Tx, { key }: UserRow): Promise<void> {
  const all = { userKey: key, exceptKey: 0 }
  await endSessions(deps, tx, await listOtherSessionKeys(deps.database, tx, all))
}

/** Who locks himself out cannot let himself in again. @throws TidingsError FORBIDDEN */
function requireAnother({ key }: UserRow, actor: Actor): void {
  if (key === actor.userKey) throw new TidingsError('FORBIDDEN', 'Not to yourself.')
}

async function changeUser(
  deps: Deps,
  actor: Actor,
  work: { readonly userId: string; readonly change: (tx: Tx, user: UserRow) => Promise<void> },
): Promise<void> {
  const { database } = deps
  await requireActing(deps, actor)
  await database.tx(async (tx) => {
    await holdOffices(deps, tx, actor)
    const found = await findUser(database, tx, { id: work.userId })
    const user = await lockUser(database, tx, found?.key ?? 0)
    if (user === undefined) throw new TidingsError('NOT_FOUND')
    await work.change(tx, user)
  })
}
