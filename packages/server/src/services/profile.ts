import { TidingsError, type User } from '@tidings/protocol/wire'
import type { EventOf } from '@tidings/protocol/wire'
import { inside } from '../stores/conversation.ts'
import { type ProfileChange, updateProfile as writeProfile } from '../stores/profile.ts'
import { findUser, type UserRow } from '../stores/user.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { listPeople } from '../stores/member.ts'
import { toUser } from './sign-in.ts'
import { takeWrites } from './write-limit.ts'

const RANK = { everybody: 0, contacts: 1, nobody: 2 } as const

/**
 * Changes what the actor tells of himself. Only what differs counts; his own devices are told, everybody else sees it when
 * he asks: to tell all who know him, thousands of streams would be locked and written to.
 * @throws TidingsError RATE_LIMITED
 */
export async function updateProfile(
  deps: Deps,
  actor: Actor,
  change: Omit<ProfileChange, 'presenceFor'>,
): Promise<User> {
  const { user } = await changeProfile(deps, actor, change)
  return toUser(user)
}

/**
 * Says who may see that the actor is online. For those who may no longer he has gone.
 * @throws TidingsError RATE_LIMITED
 */
export async function updatePrivacy(
  deps: Deps,
  actor: Actor,
  change: Required<Pick<ProfileChange, 'presenceFor'>>,
): Promise<User> {
  const { user, before } = await changeProfile(deps, actor, change)
  if (RANK[user.presenceFor] > RANK[before.presenceFor])
    deps.realtime.presenceHidden({ userKey: actor.userKey, userId: actor.userId, viewerKey: null })
  return toUser(user)
}

async function changeProfile(
  deps: Deps,
  actor: Actor,
  change: ProfileChange,
): Promise<{ readonly user: UserRow; readonly before: UserRow }> {
  takeWrites(deps, actor, 1)
  const { database, journal } = deps
  const [own] = await listPeople(database, { ids: [actor.userId] })
  if (own === undefined) throw new TidingsError('SESSION_REVOKED')
  return journal.transact(async (inTx) => {
    await inTx.lock([own.streamKey])
    const before = await findUser(database, inTx.tx, { key: own.key })
    if (before === undefined) throw new TidingsError('SESSION_REVOKED')
    const changed = differences(before, change)
    if (Object.keys(changed).length === 0) return { user: before, before }
    await writeProfile(inside(database, inTx.tx), own.key, changed)
    const body: EventOf<'user.updated'>['body'] = { userId: actor.userId }
    const by = toEventActor(actor)
    await inTx.append({ streamKey: own.streamKey, type: 'user.updated', actor: by, body })
    return { user: { ...before, ...changed }, before }
  })
}

function differences(before: UserRow, change: ProfileChange): Partial<UserRow> {
  const names = Object.keys(before).filter(isChangeable)
  const changed = names.filter(
    (name) => change[name] !== undefined && change[name] !== before[name],
  )
  return Object.fromEntries(changed.map((name) => [name, change[name]]))
}

function isChangeable(name: string): name is keyof ProfileChange {
  return ['displayName', 'firstName', 'lastName', 'about', 'avatarUrl', 'presenceFor'].includes(
    name,
  )
}
