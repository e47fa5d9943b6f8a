import {
  LIMITS,
  TidingsError,
  type Contact,
  type ContactPage,
  type ContactState,
  type EventOf,
  type UserRef,
} from '@tidings/protocol/wire'
import type { JournalTx } from '../journal/journal.ts'
import {
  countContacts,
  deleteContact,
  findContact,
  listContacts as selectContacts,
  upsertContact,
} from '../stores/contact.ts'
import { inside, type Target } from '../stores/conversation.ts'
import type { Person } from '../stores/member.ts'
import { listPresenceLimits } from '../stores/presence-limits.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { toPage, toUserKey } from './page-cursor.ts'
import { requirePerson, requirePresent, requireUnblocked } from './people.ts'
import { getUser } from './user.ts'
import { takeWrites } from './write-limit.ts'

/** Two users under the locks of their own streams. */
export interface LockedPair {
  readonly journal: JournalTx
  readonly at: Target
  readonly actor: Actor
  readonly own: Person
  readonly other: Person
}

/**
 * Asks a user to be a contact. Whoever has asked the actor already is one from then on. Asking twice is asking once.
 * @throws TidingsError NOT_FOUND, FORBIDDEN as for `requireUnblocked`, INVALID_INPUT for oneself, LIMIT_REACHED, RATE_LIMITED
 */
export async function requestContact(deps: Deps, actor: Actor, ref: UserRef): Promise<Contact> {
  return changePair(deps, { actor, ref }, async (pair) => {
    await requireUnblocked(pair.at, actor, [pair.other])
    const before = await stateOf(pair)
    if (before === 'requested' || before === 'accepted') return
    if (before === 'received') return accept(pair)
    await requireCapacity(pair, [
      [pair.own, 'requested'],
      [pair.other, 'received'],
    ])
    await set(pair, { own: 'requested', theirs: 'received' })
  })
}

/**
 * Takes on who has asked. Twice is once.
 * @throws TidingsError NOT_FOUND when he has not asked, FORBIDDEN, LIMIT_REACHED, RATE_LIMITED
 */
export async function acceptContact(deps: Deps, actor: Actor, ref: UserRef): Promise<Contact> {
  return changePair(deps, { actor, ref }, async (pair) => {
    await requireUnblocked(pair.at, actor, [pair.other])
    const before = await stateOf(pair)
    if (before === 'accepted') return
    if (before !== 'received') throw new TidingsError('NOT_FOUND')
    await accept(pair)
  })
}

/** Turns down who has asked; without a request nothing happens. @throws TidingsError NOT_FOUND, RATE_LIMITED */
export async function declineContact(deps: Deps, actor: Actor, ref: UserRef): Promise<void> {
  await changeLocked(deps, { actor, ref }, async (pair) => {
    if ((await stateOf(pair)) === 'received') await forgetContact(pair)
  })
}

/**
 * Ends it: a contact, an own request, or one of the other. Of two who were contacts, and of whom one shows himself to contacts
 * alone, neither sees from now on whether the other is online.
 * @throws TidingsError NOT_FOUND, RATE_LIMITED
 */
export async function removeContact(deps: Deps, actor: Actor, ref: UserRef): Promise<void> {
  const { database } = deps
  const former = await changeLocked(deps, { actor, ref }, async (pair) => {
    const before = await stateOf(pair)
    await forgetContact(pair)
    return before === 'accepted' ? pair.other : undefined
  })
  if (former === undefined) return
  const pair = { userKeys: [actor.userKey], viewerKeys: [former.key] }
  const { shy } = await listPresenceLimits(database, database.read, pair)
  if (shy.size > 0) hideFromEachOther(deps, actor, former)
}

/** For each of the two the other has gone. */
export function hideFromEachOther({ realtime }: Deps, actor: Actor, other: Person): void {
  const { userKey, userId } = actor
  realtime.presenceHidden({ userKey, userId, viewerKey: other.key })
  realtime.presenceHidden({ userKey: other.key, userId: other.id, viewerKey: userKey })
}

/** A page of the actor's contacts and requests. Whoever stays while the pages are read is named exactly once. */
export async function listContacts(
  { database }: Deps,
  actor: Actor,
  input: {
    readonly state?: ContactState | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<ContactPage> {
  const { state, cursor, limit } = input
  const afterUserKey = await toUserKey(database, cursor)
  const page = { state, afterUserKey, limit: limit + 1 }
  const rows = await selectContacts(database, actor.userKey, page)
  const { shown, next } = toPage(rows, limit, ({ user }) => [user.id])
  return { items: shown, next }
}

interface Meant {
  readonly actor: Actor
  readonly ref: UserRef
}

/** Runs a change and answers what has become of it. */
async function changePair(
  deps: Deps,
  meant: Meant,
  change: (pair: LockedPair) => Promise<void>,
): Promise<Contact> {
  const { other, found } = await changeLocked(deps, meant, async (pair) => {
    await change(pair)
    const pairKeys = { userKey: pair.own.key, otherKey: pair.other.key }
    return { other: pair.other, found: await findContact(pair.at, pairKeys) }
  })
  if (found === undefined) throw new Error('a contact was not written')
  const { id, username, displayName, avatarUrl } = await getUser(deps, meant.actor, {
    userId: other.id,
  })
  return { user: { id, username, displayName, avatarUrl }, ...found }
}

/**
 * Runs a change between the actor and another user, with the own streams of both locked: contacts, blocks and new
 * conversations of the same two come one after another.
 * @throws TidingsError NOT_FOUND, INVALID_INPUT for oneself, RATE_LIMITED
 */
export async function changeLocked<Result>(
  deps: Deps,
  { actor, ref }: Meant,
  change: (pair: LockedPair) => Promise<Result>,
): Promise<Result> {
  const other = await requirePerson(deps, ref)
  if (other.key === actor.userKey) throw new TidingsError('INVALID_INPUT', 'This user is you.')
  const own = await requirePerson(deps, { userId: actor.userId })
  takeWrites(deps, actor, 2)
  return deps.journal.transact(async (journal) => {
    await journal.lock([own.streamKey, other.streamKey])
    const at = inside(deps.database, journal.tx)
    await requirePresent(at, [own, other])
    return change({ journal, at, actor, own, other })
  })
}

/** Forgets that two users are contacts, or were about to be; nobody is told when they were not. */
export async function forgetContact(pair: LockedPair): Promise<void> {
  const { at, own, other } = pair
  const isGone = await deleteContact(at, { userKey: own.key, otherKey: other.key })
  if (isGone) await tell(pair, { own: 'none', theirs: 'none' })
}

async function stateOf({ at, own, other }: LockedPair): Promise<ContactState | undefined> {
  return (await findContact(at, { userKey: own.key, otherKey: other.key }))?.state
}

async function accept(pair: LockedPair): Promise<void> {
  await requireCapacity(pair, [
    [pair.own, 'accepted'],
    [pair.other, 'accepted'],
  ])
  await set(pair, { own: 'accepted', theirs: 'accepted' })
}

async function set(
  pair: LockedPair,
  is: { readonly own: ContactState; readonly theirs: ContactState },
): Promise<void> {
  const { at, own, other, journal } = pair
  const since = await journal.now()
  await upsertContact(at, { userKey: own.key, otherKey: other.key }, { ...is, since })
  await tell(pair, is)
}

/** @throws TidingsError LIMIT_REACHED */
async function requireCapacity(
  { at }: LockedPair,
  wanted: readonly (readonly [Person, ContactState])[],
): Promise<void> {
  for (const [person, state] of wanted) {
    const most = state === 'accepted' ? LIMITS.contacts : LIMITS.contactRequests
    const isFull = (await countContacts(at, person.key, state)) >= most
    if (isFull) throw new TidingsError('LIMIT_REACHED')
  }
}

type Told = EventOf<'contact.updated'>['body']['state']

async function tell(
  { journal, actor, own, other }: LockedPair,
  is: { readonly own: Told; readonly theirs: Told },
): Promise<void> {
  const type = 'contact.updated'
  const by = toEventActor(actor)
  for (const [person, userId, state] of [
    [own, other.id, is.own],
    [other, own.id, is.theirs],
  ] as const) {
    const body: EventOf<typeof type>['body'] = { userId, state }
    await journal.append({ streamKey: person.streamKey, type, actor: by, body })
  }
}
