import { type EventOf, LIMITS, type Role, TidingsError } from '@tidings/protocol/wire'
import type { EventActor, JournalTx } from '../../journal/journal.ts'
import { hasBans } from '../../stores/ban.ts'
import {
  type ConversationRow,
  findConversation,
  findGroupFor,
  inside,
  type Target,
  updateConversation,
} from '../../stores/conversation.ts'
import {
  findMember,
  findMembers,
  findSpanEnds,
  listMemberIds,
  type MemberRow,
  type Person,
  updateMember,
  upsertMembers,
} from '../../stores/member.ts'
import type { Membership } from '../../stores/membership.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { requireMember } from '../membership.ts'
import { requirePresent } from '../people.ts'
import { takeWrites } from '../write-limit.ts'

/** User ids that `conversation.added` carries at most. */
const NAMED_IDS = 100

/** A group under its locks: what is read through `at` stays true until the transaction ends. */
export interface LockedGroup {
  readonly journal: JournalTx
  readonly at: Target
  readonly row: ConversationRow
  readonly receiptHead: number
}

/** Who changes which group, and whose own streams will be written to besides. */
export interface GroupPlace {
  readonly actor: Actor
  readonly conversationId: string
  readonly people: readonly Person[]
  /** The group's streams, when an invitation has led to it: otherwise whoever was never in a closed one finds nothing. */
  readonly streams?: GroupStreams | undefined
}

type GroupStreams = Pick<ConversationRow, 'messageStreamKey' | 'receiptStreamKey'>

/**
 * Runs a change of a group in one transaction of the journal. All its streams are locked first, in one call, so that
 * changes of one group follow one another and crossing changes of several cannot block each other.
 * @throws TidingsError NOT_FOUND when there is no such group, or none that the actor was ever in or could come into;
 * whether he is in it now is for `change` to ask. RATE_LIMITED
 */
export async function changeGroup<Result>(
  deps: Deps,
  place: GroupPlace,
  change: (group: LockedGroup) => Promise<Result>,
): Promise<Result> {
  const { actor, people } = place
  takeWrites(deps, actor, Math.max(1, people.length))
  // What is needed to lock never changes, and may be read before. A stranger must not hold up a group's streams.
  const known =
    place.streams ?? (await findGroupFor(deps.database, place.conversationId, actor.userKey))
  if (known === undefined) throw new TidingsError('NOT_FOUND')
  const { messageStreamKey, receiptStreamKey } = known
  const streamKeys = people.map(({ streamKey }) => streamKey)
  return deps.journal.transact(async (journal) => {
    const streams = await journal.lock([messageStreamKey, receiptStreamKey, ...streamKeys])
    const receiptHead = streams.get(receiptStreamKey)?.head
    const at = inside(deps.database, journal.tx)
    const row = await findConversation(at, place.conversationId)
    if (row === undefined || receiptHead === undefined) throw new Error('a group was deleted')
    return change({ journal, at, row, receiptHead })
  })
}

/** The actor as events name him. */
export function toEventActor(actor: Actor): EventActor {
  return { key: actor.userKey, id: actor.userId }
}

/**
 * The actor's own place, when his role allows what he wants.
 * @throws TidingsError NOT_FOUND unless he is in the group now, FORBIDDEN when his role does not allow it
 */
export async function requireRole(
  group: LockedGroup,
  actor: Actor,
  roles: readonly Role[],
): Promise<MemberRow> {
  const member = await findMember(group.at, group.row.key, actor.userId)
  if (member?.state !== 'active') throw new TidingsError('NOT_FOUND')
  if (!roles.includes(member.role)) throw new TidingsError('FORBIDDEN')
  return member
}

/** An admin acts neither on owners nor on admins. @throws TidingsError FORBIDDEN */
export function requireRank(own: Pick<MemberRow, 'role'>, other: MemberRow): void {
  const isAbove = other.state === 'active' && other.role !== 'member'
  if (own.role === 'admin' && isAbove) throw new TidingsError('FORBIDDEN')
}

/** Looks, without a lock, whether the actor manages the group. @throws TidingsError NOT_FOUND, FORBIDDEN */
export async function requireSteward(
  deps: Deps,
  actor: Actor,
  conversationId: string,
): Promise<Membership> {
  const membership = await requireMember(deps.database, conversationId, actor.userKey)
  if (membership.kind !== 'group') throw new TidingsError('NOT_FOUND')
  if (membership.role === 'member') throw new TidingsError('FORBIDDEN')
  return membership
}

/** @throws TidingsError FORBIDDEN when one of them is banned */
export async function requireNotBanned(
  { at, row }: LockedGroup,
  people: readonly Person[],
): Promise<void> {
  const keys = people.map(({ key }) => key)
  if (await hasBans(at, row.key, keys)) throw new TidingsError('FORBIDDEN')
}

/** Who comes in, and by whom: null when by himself. */
export interface Admission {
  readonly people: readonly Person[]
  readonly by: EventActor | null
}

/**
 * Lets people in who are not members now. Each is told on his own stream; the others see him join. Into a group that
 * everybody had left the first comes back as its owner.
 * @throws TidingsError GROUP_FULL
 */
export async function admit(group: LockedGroup, { people, by }: Admission): Promise<void> {
  const { journal, at, row } = group
  const memberCount = row.memberCount + people.length
  if (memberCount > LIMITS.groupMembers) throw new TidingsError('GROUP_FULL')
  const keys = people.map(({ key }) => key)
  await requirePresent(at, people)
  const spanEnds = await findSpanEnds(at, row.messageStreamKey, keys)
  const places = await findMembers(at, row.key, keys)
  const arrivals = []
  const starts = []
  const bars = new Map<number, number>()
  for (const person of people) {
    const joined = await journal.append({
      streamKey: row.messageStreamKey,
      type: 'member.joined',
      actor: by ?? person,
      body: joinedBody(row.id, person, by),
    })
    const fromSeq = row.history === 'all' ? (spanEnds.get(person.key) ?? 0) + 1 : joined.seq + 1
    const userKey = person.key
    starts.push(
      { streamKey: row.messageStreamKey, userKey, fromSeq },
      { streamKey: row.receiptStreamKey, userKey, fromSeq: group.receiptHead + 1 },
    )
    const barredUntil = places.get(userKey)?.barredUntil ?? null
    if (barredUntil !== null) bars.set(userKey, barredUntil)
    const role: Role = row.memberCount === 0 ? 'owner' : 'member'
    arrivals.push({ userKey, role, marksAt: fromSeq - 1, joinedAt: joined.ts })
    if (role === 'owner') await tellRole(group, person, { userId: person.id, role })
  }
  await journal.openSpans(starts)
  // Leaving and coming back ends no mute.
  for (const [userKey, until] of bars)
    await journal.barSpans(row.messageStreamKey, [userKey], until)
  await upsertMembers(at, row.key, arrivals)
  await updateConversation(at, row.key, { memberCount, updatedAt: await journal.now() })
  await tellArrivals(group, { people, by }, memberCount)
}

/** Shows a member out: his leaving is the last that he sees. */
export async function dismiss(
  group: LockedGroup,
  member: MemberRow,
  by: EventActor | null,
): Promise<void> {
  const { journal, at, row } = group
  const body: EventOf<'member.left'>['body'] = {
    conversationId: row.id,
    userId: member.userId,
    removedBy: by?.id ?? null,
  }
  const left = await journal.append({
    streamKey: row.messageStreamKey,
    type: 'member.left',
    actor: by ?? { key: member.userKey, id: member.userId },
    body,
  })
  await journal.closeSpan(row.messageStreamKey, member.userKey, left.seq)
  await journal.closeSpan(row.receiptStreamKey, member.userKey, group.receiptHead)
  await updateMember(
    at,
    { conversationKey: row.key, userKey: member.userKey },
    { role: 'member', state: by === null ? 'left' : 'removed', leftAt: left.ts },
  )
  await updateConversation(at, row.key, { memberCount: row.memberCount - 1, updatedAt: left.ts })
}

/** Tells the group a member's new role. */
export async function tellRole(
  group: LockedGroup,
  by: EventActor,
  change: { readonly userId: string; readonly role: Role },
): Promise<void> {
  return tellRoles(group, by, [change])
}

/** Tells the group the new roles of several members. */
export async function tellRoles(
  group: LockedGroup,
  by: EventActor,
  roles: readonly { readonly userId: string; readonly role: Role }[],
): Promise<void> {
  const body: EventOf<'group.updated'>['body'] = {
    conversationId: group.row.id,
    updatedBy: by.id,
    roles: [...roles],
  }
  const streamKey = group.row.messageStreamKey
  await group.journal.append({ streamKey, type: 'group.updated', actor: by, body })
}

function joinedBody(
  conversationId: string,
  person: Person,
  by: EventActor | null,
): EventOf<'member.joined'>['body'] {
  return { conversationId, userId: person.id, addedBy: by?.id ?? null }
}

async function tellArrivals(
  { journal, at, row }: LockedGroup,
  { people, by }: Admission,
  memberCount: number,
): Promise<void> {
  const ids = await listMemberIds(at, row.key, NAMED_IDS)
  for (const person of people) {
    // A member of a large group may stand behind the first hundred; he is named to himself all the same.
    const userIds = ids.includes(person.id) ? [...ids] : [...ids.slice(0, -1), person.id]
    const body: EventOf<'conversation.added'>['body'] = {
      conversationId: row.id,
      kind: 'group',
      name: row.name,
      addedBy: by?.id ?? null,
      memberCount,
      userIds,
    }
    const streamKey = person.streamKey
    await journal.append({ streamKey, type: 'conversation.added', actor: by ?? person, body })
  }
}
