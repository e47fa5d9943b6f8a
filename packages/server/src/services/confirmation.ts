import { TidingsError } from '@tidings/protocol/wire'
import { confirmSession, findConfirmation } from '../stores/session-confirmation.ts'
import { findUser } from '../stores/user.ts'
import { hasPassword, requirePassword } from './account.ts'
import type { Actor } from './actor.ts'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'

/** So long after somebody has shown that it is he, nobody asks again. */
const CONFIRMED_MS: number = 10 * 60 * 1000

/**
 * Shows again, by the password, that the one who acts by a session is its user. A wrong one counts as a guess.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED
 */
export async function confirmPassword(
  deps: Deps,
  actor: Actor,
  { password, caller }: { password: string; caller: Caller },
): Promise<void> {
  const { database } = deps
  const user = await findUser(database, database.read, { key: actor.userKey })
  await requirePassword(deps, { user, account: `user:${actor.userKey}`, ip: caller.ip }, password)
  await database.tx(async (tx) => {
    const confirmedAt = await database.now(tx)
    await confirmSession(database, tx, { key: actor.sessionKey, confirmedAt })
  })
}

/** Whether the actor can show it by a password; else he signs in anew. */
export async function canGivePassword({ database }: Deps, actor: Actor): Promise<boolean> {
  const user = await findUser(database, database.read, { key: actor.userKey })
  return user === undefined || hasPassword(user)
}

/**
 * For what a stolen or forgotten session must not do: signing in or the password must not be long ago.
 * @throws TidingsError PASSWORD_REQUIRED
 */
export async function requireConfirmed({ database }: Deps, actor: Actor): Promise<void> {
  const confirmedAt = await findConfirmation(database, database.read, actor.sessionKey)
  const now = await database.now()
  if (confirmedAt === undefined || now - confirmedAt > CONFIRMED_MS)
    throw new TidingsError('PASSWORD_REQUIRED')
}
