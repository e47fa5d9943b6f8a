import type { PublicUser, UserRef } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** Other users. */
export interface UserResource {
  /**
   * Looks a user up by id or by username.
   * @throws TidingsError NOT_FOUND
   */
  get(user: UserRef): Promise<PublicUser>
}

export function createUser(rpc: Rpc): UserResource {
  return { get: (user) => rpc('user.get', user) }
}
