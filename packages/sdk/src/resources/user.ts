import type { ListUsersInput, Profile, UserRef } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** Other users. */
export interface UserResource {
  /**
   * Looks a user up by id or by username. First and last name are there for contacts.
   * @throws TidingsError NOT_FOUND, also for one who has blocked this user
   */
  get(user: UserRef): Promise<Profile>
  /** Several at once, at most 100; those who cannot be found are left out. */
  list(input: ListUsersInput): Promise<Profile[]>
}

export function createUser(rpc: Rpc): UserResource {
  return {
    get: (user) => rpc('user.get', user),
    list: (input) => rpc('user.list', input),
  }
}
