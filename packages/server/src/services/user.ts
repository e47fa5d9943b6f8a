import { TidingsError, type PublicUser, type UserRef } from '@tidings/protocol/wire'
import { findUser } from '../stores/user.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/** What everybody who is signed in may know of a user. @throws TidingsError NOT_FOUND */
export async function getUser(
  { database }: Deps,
  _actor: Actor,
  ref: UserRef,
): Promise<PublicUser> {
  const by = 'userId' in ref ? { id: ref.userId } : { username: ref.username }
  const user = await findUser(database, database.read, by)
  if (user === undefined) throw new TidingsError('NOT_FOUND')
  return { id: user.id, username: user.username }
}
