import {
  type BanPage,
  type EventOf,
  LIMITS,
  type MemberRef,
  TidingsError,
} from '@tidings/protocol/wire'
import {
  countBans,
  deleteBan,
  insertBan,
  listBans as selectBans,
  type BanPlace,
} from '../../stores/ban.ts'
import { findMember, updateMember } from '../../stores/member.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { toPage, toUserKey } from '../page-cursor.ts'
import { requirePerson, requirePresent } from '../people.ts'
import {
  changeGroup,
  dismiss,
  type LockedGroup,
  requireRank,
  requireRole,
  requireSteward,
  toEventActor,
} from './roster.ts'

/**
 * An owner or admin keeps a user out: he is removed when he is in, and neither comes in by himself, nor by an invitation,
 * nor is added by anybody, until the ban is taken back. An admin bans neither owners nor admins. Twice is once.
 * @throws TidingsError NOT_FOUND (the group or the user), FORBIDDEN, INVALID_INPUT for oneself, LIMIT_REACHED, RATE_LIMITED
 */
export async function banMember(deps: Deps, actor: Actor, input: MemberRef): Promise<void> {
  const { conversationId, userId } = input
  if (userId === actor.userId) throw new TidingsError('INVALID_INPUT', 'This user is you.')
  await requireSteward(deps, actor, conversationId)
  const person = await requirePerson(deps, { userId })
  await changeGroup(deps, { actor, conversationId, people: [person] }, async (group) => {
    const own = await requireRole(group, actor, ['owner', 'admin'])
    // With his stream held: of one who is erased no ban is left that nobody could take back.
    await requirePresent(group.at, [person])
    const member = await findMember(group.at, group.row.key, userId)
    if (member?.state === 'active') {
      requireRank(own, member)
      await dismiss(group, member, toEventActor(actor))
    } else if (member !== undefined) {
      const place = { conversationKey: group.row.key, userKey: member.userKey }
      await updateMember(group.at, place, { state: 'removed' })
    }
    const place = { conversationKey: group.row.key, userKey: person.key }
    if (await isNewBan(group, actor, place)) await tell(group, { actor, userId, banned: true })
  })
}

/**
 * Takes a ban back: the user may be added again, as one who was removed. Without a ban nothing happens.
 * @throws TidingsError NOT_FOUND (the group or the user), FORBIDDEN, RATE_LIMITED
 */
export async function unbanMember(
  deps: Deps,
  actor: Actor,
  { conversationId, userId }: MemberRef,
): Promise<void> {
  await requireSteward(deps, actor, conversationId)
  const person = await requirePerson(deps, { userId })
  await changeGroup(deps, { actor, conversationId, people: [] }, async (group) => {
    await requireRole(group, actor, ['owner', 'admin'])
    const place = { conversationKey: group.row.key, userKey: person.key }
    if (await deleteBan(group.at, place)) await tell(group, { actor, userId, banned: false })
  })
}

/** A page of the banned, for owners and admins. @throws TidingsError NOT_FOUND, FORBIDDEN */
export async function listBans(
  deps: Deps,
  actor: Actor,
  input: {
    readonly conversationId: string
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<BanPage> {
  const { conversationKey } = await requireSteward(deps, actor, input.conversationId)
  const afterUserKey = await toUserKey(deps.database, input.cursor)
  const page = { afterUserKey, limit: input.limit + 1 }
  const rows = await selectBans(deps.database, conversationKey, page)
  const { shown, next } = toPage(rows, input.limit, ({ user }) => [user.id])
  return { items: shown, next }
}

async function isNewBan(
  { at, journal }: LockedGroup,
  actor: Actor,
  place: BanPlace,
): Promise<boolean> {
  const bannedAt = await journal.now()
  const isNew = await insertBan(at, { ...place, bannedBy: actor.userKey, bannedAt })
  if (isNew && (await countBans(at, place.conversationKey)) > LIMITS.groupBans)
    throw new TidingsError('LIMIT_REACHED')
  return isNew
}

async function tell(
  { journal, row }: LockedGroup,
  { actor, userId, banned }: { actor: Actor; userId: string; banned: boolean },
): Promise<void> {
  const by = toEventActor(actor)
  const body: EventOf<'member.banned'>['body'] = {
    conversationId: row.id,
    userId,
    banned,
    bannedBy: by.id,
  }
  const streamKey = row.messageStreamKey
  await journal.append({ streamKey, type: 'member.banned', actor: by, body })
}
