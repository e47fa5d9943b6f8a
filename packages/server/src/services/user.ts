import { nameKey } from '@tidings/protocol'
import {
  TidingsError,
  type ListUsersInput,
  type Profile,
  type UserRef,
} from '@tidings/protocol/wire'
import { given } from '../given.ts'
import { listBlocksWith } from '../stores/block.ts'
import { listContactKeys } from '../stores/contact.ts'
import { listGroupMates, listProfiles, toPublicUser, type ProfileRow } from '../stores/profile.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/**
 * What the actor may know of a user.
 * @throws TidingsError NOT_FOUND, also for one who has blocked him
 */
export async function getUser(deps: Deps, actor: Actor, ref: UserRef): Promise<Profile> {
  const by = 'userId' in ref ? { ids: [ref.userId] } : { usernameKey: nameKey(ref.username) }
  const [profile] = await toProfiles(deps, actor, await listProfiles(deps.database, by))
  if (profile === undefined) throw new TidingsError('NOT_FOUND')
  return profile
}

/** The same of several, each once and in the order asked; those who cannot be found are left out. */
export async function listUsers(
  deps: Deps,
  actor: Actor,
  { userIds }: ListUsersInput,
): Promise<Profile[]> {
  const ids = [...new Set(userIds)]
  if (ids.length === 0) return []
  const profiles = await toProfiles(deps, actor, await listProfiles(deps.database, { ids }))
  const byId = new Map(profiles.map((profile) => [profile.id, profile]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

/** Whoever has blocked the actor is not there for him, but in their groups, where he is named anyway. */
async function toProfiles(
  { database }: Deps,
  { userKey }: Actor,
  rows: readonly ProfileRow[],
): Promise<Profile[]> {
  const others = rows.map(({ key }) => key).filter((key) => key !== userKey)
  const blocks = await listBlocksWith(database, userKey, others)
  const blockers = blocks.filter((block) => block.blockedKey === userKey)
  const blocked = new Set(blockers.map((block) => block.userKey))
  const mates = await listGroupMates(database, userKey, [...blocked])
  const friends = await listContactKeys(database, userKey, others)
  return rows.flatMap((row) => {
    if (blocked.has(row.key)) return mates.has(row.key) ? [toPublicUser(row)] : []
    const isClose = row.key === userKey || friends.has(row.key)
    const names = isClose ? given(row, ['firstName', 'lastName']) : {}
    return [{ ...toPublicUser(row), ...given(row, ['about']), ...names }]
  })
}
