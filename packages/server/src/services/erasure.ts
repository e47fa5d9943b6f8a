import { TidingsError, type EventOf } from '@tidings/protocol/wire'
import { inside, type Target } from '../stores/conversation.ts'
import { deleteAcquaintances, listAcquaintances } from '../stores/acquaintance.ts'
import {
  beginErasure,
  deleteOwnDetails,
  deleteOwnThings,
  endErasure,
  findNextPlace,
  listErasures,
  listOwnMessageSeqs,
  listOwnReactions,
  moveErasure,
  type ErasureRow,
} from '../stores/erasure.ts'
import { listMessagesAt } from '../stores/message.ts'
import { deleteIdentities } from '../stores/linked-identity.ts'
import { listPeople, type Person } from '../stores/member.ts'
import { listOwnOAuthClients } from '../stores/oauth-client-list.ts'
import { listReactions } from '../stores/reaction.ts'
import { listOtherSessionKeys } from '../stores/session.ts'
import { findUser, lockUser, type UserRow } from '../stores/user.ts'
import type { EventActor, JournalTx } from '../journal/journal.ts'
import { hasPassword, requirePassword } from './account.ts'
import { requireConfirmed } from './confirmation.ts'
import type { Actor } from './actor.ts'
import type { Caller } from './caller.ts'
import type { Deps } from './deps.ts'
import { closePlace } from './erased-place.ts'
import { erasedNameKey } from './erased-name.ts'
import { refuseErased } from './external-sign-in.ts'
import type { Breath } from './jobs.ts'
import { deleteHeldClient } from './oauth-client/end.ts'
import { endSessions } from './session.ts'

/** Messages and reactions of one transaction: others wait for the stream meanwhile. */
const AT_ONCE = 50
/** Events that one look goes through, whoever they are of. */
const RANGE = 5000

/** What the work needs. */
export type ErasureDeps = Pick<Deps, 'database' | 'journal'>

/**
 * Erases the actor, for good. When it is answered his sessions have ended, what he told of himself is gone, and nobody can
 * sign in as him; what he wrote goes in portions after that, whatever is restarted meanwhile. Where no password opens the account
 * it takes a sign-in that is not long ago.
 * @throws TidingsError INVALID_CREDENTIALS, RATE_LIMITED, PASSWORD_REQUIRED
 */
export async function eraseAccount(
  deps: Deps,
  actor: Actor,
  { password = '', caller }: { readonly password?: string | undefined; readonly caller: Caller },
): Promise<void> {
  const { database } = deps
  const user = await findUser(database, database.read, { key: actor.userKey })
  const account = `user:${actor.userKey}`
  if (user !== undefined && !hasPassword(user)) await requireConfirmed(deps, actor)
  else await requirePassword(deps, { user, account, ip: caller.ip }, password)
  const [own] = await listPeople(database, { ids: [actor.userId] })
  if (own === undefined || user === undefined) throw new TidingsError('SESSION_REVOKED')
  database.overwriteDeleted(true)
  try {
    await blank(deps, actor, { own, user })
  } finally {
    database.overwriteDeleted(false)
  }
  deps.realtime.presenceHidden({ userKey: own.key, userId: own.id, viewerKey: null })
  deps.jobs.hurry('erasures')
}

/** What is decided at once: nobody is signed in as him any more, nobody can sign in, and nothing tells who he was. */
async function blank(
  deps: Deps,
  actor: Actor,
  { own, user }: { readonly own: Person; readonly user: UserRow },
): Promise<void> {
  const { database, journal } = deps
  await journal.transact(async (inTx) => {
    // Whoever brings him in, or asks to be his contact, holds the lock of his stream.
    await inTx.lock([own.streamKey])
    const held = await lockUser(database, inTx.tx, own.key)
    // Changed while the password was looked at.
    if (held?.passwordHash !== user.passwordHash) throw new TidingsError('INVALID_CREDENTIALS')
    const { key, id, username } = held
    const erased = { key, id, erasedNameKey: erasedNameKey(username) }
    for (const row of await listOwnOAuthClients(database, inTx.tx, key))
      await deleteHeldClient(deps, inTx.tx, { actor, row })
    const now = await inTx.now()
    for (const identity of await deleteIdentities(database, inTx.tx, key))
      if (identity.issuer === deps.config.externalTokens?.issuer)
        await refuseErased(deps, inTx.tx, { identity, sessionKey: actor.sessionKey, now })
    await beginErasure(inside(database, inTx.tx), erased, now)
    const all = { userKey: key, exceptKey: 0 }
    await endSessions(deps, inTx.tx, await listOtherSessionKeys(database, inTx.tx, all))
  })
}

/**
 * Does what erasures have left to do, one portion after the other. How far each has got is written with it: after a crash it
 * goes on there, on whichever node. Of one that fails nothing more is tried this time: the others must not wait for it.
 */
export async function carryOutErasures(deps: ErasureDeps, breath: Breath): Promise<void> {
  const { database } = deps
  const failures = new Map<number, unknown>()
  database.overwriteDeleted(true)
  try {
    while (!breath.ended) {
      const open = await listErasures(database)
      const next = open.find(({ userKey }) => !failures.has(userKey))
      if (next === undefined) break
      await eraseNext(deps, next).catch((error: unknown) => failures.set(next.userKey, error))
      await breath.take()
    }
  } finally {
    database.overwriteDeleted(false)
  }
  for (const failure of failures.values()) throw failure
}

/** Does the next portion of an erasure; answers false when nothing is left to do. */
export async function eraseNext(deps: ErasureDeps, erasure: ErasureRow): Promise<boolean> {
  const { database } = deps
  if (erasure.streamKey > 0 && (await eraseInStream(deps, erasure))) return true
  const next = await findNextPlace(database, erasure.userKey, erasure.streamKey)
  if (next !== undefined) {
    await closePlace(deps, erasure, next)
    return true
  }
  if (await eraseAcquaintances(deps, erasure)) return true
  await eraseRest(deps, erasure)
  return false
}

/** A portion of what the user has written in one conversation; false when nothing of it is left. */
function eraseInStream({ database, journal }: ErasureDeps, erasure: ErasureRow): Promise<boolean> {
  const { userKey, streamKey, seq: after } = erasure
  return journal.transact(async (inTx) => {
    const head = (await inTx.lock([streamKey])).get(streamKey)?.head ?? 0
    if (after >= head) return false
    const at = inside(database, inTx.tx)
    const range = { streamKey, userKey, after, upTo: Math.min(head, after + RANGE) }
    const seqs = await listOwnMessageSeqs(at, range, AT_ONCE)
    const reactions = await listOwnReactions(at, range, AT_ONCE)
    const upTo = Math.min(
      range.upTo,
      ...(seqs.length === AT_ONCE ? seqs.slice(-1) : []),
      // A message may have several of his reactions: those of the last one come with the next portion.
      ...(reactions.length === AT_ONCE ? reactions.slice(-1).map(({ seq }) => seq - 1) : []),
    )
    const own = { ...range, upTo }
    await takeBack(inTx, { database, erasure, reactions, own })
    await deleteMessages(inTx, { database, erasure, seqs, own })
    await deleteOwnDetails(at, own)
    await moveErasure(at, { userKey, streamKey, seq: upTo })
    return true
  })
}

interface Portion {
  readonly database: Deps['database']
  readonly erasure: ErasureRow
  readonly own: { readonly streamKey: number; readonly upTo: number }
}

/** His reactions to messages of others, told as if he took them back. */
async function takeBack(
  inTx: JournalTx,
  {
    database,
    erasure,
    own,
    reactions,
  }: Portion & { readonly reactions: readonly { seq: number; reaction: string }[] },
): Promise<void> {
  for (const { seq, reaction } of reactions.filter((one) => one.seq <= own.upTo)) {
    const place = { streamKey: own.streamKey, seq }
    // Read anew for each: of two to one message the second follows the first.
    const [message] = await listMessagesAt(database, inTx.tx, [place])
    if (message === undefined) continue
    const range = { ...place, userKey: erasure.userKey, fromSeq: seq, toSeq: seq }
    const given = await listReactions(database, inTx.tx, range)
    const count = given.find((one) => one.reaction === reaction)?.count ?? 1
    const change = { reaction, removed: true, count: count - 1 }
    await inTx.reactTo(message, { actor: actorOf(erasure), reaction: change })
  }
}

async function deleteMessages(
  inTx: JournalTx,
  { database, erasure, own, seqs }: Portion & { readonly seqs: readonly number[] },
): Promise<void> {
  const { streamKey, upTo } = own
  const places = seqs.filter((seq) => seq <= upTo).map((seq) => ({ streamKey, seq }))
  const rows = await listMessagesAt(database, inTx.tx, places)
  for (const row of rows.sort((a, b) => a.seq - b.seq))
    await inTx.deleteMessage(row, actorOf(erasure))
}

/** Tells those who know him that he is a contact no more, and that there is nobody to be blocked; false when all know. */
async function eraseAcquaintances(
  { database, journal }: ErasureDeps,
  erasure: ErasureRow,
): Promise<boolean> {
  const { userKey, userId, ownStreamKey } = erasure
  const known = await listAcquaintances(database, userKey, AT_ONCE)
  if (known.length === 0) return false
  await journal.transact(async (inTx) => {
    const locked = await inTx.lock([ownStreamKey, ...known.map(({ streamKey }) => streamKey)])
    const at = inside(database, inTx.tx)
    const still = await listAcquaintances(at, userKey, AT_ONCE)
    const told = still.filter(({ streamKey }) => locked.has(streamKey))
    const keys = told.map((one) => one.userKey)
    await deleteAcquaintances(at, userKey, keys)
    const actor = actorOf(erasure)
    for (const { streamKey, isContact, isBlocker } of told) {
      const contact: EventOf<'contact.updated'>['body'] = { userId, state: 'none' }
      const block: EventOf<'block.updated'>['body'] = { userId, blocked: false }
      if (isContact) await inTx.append({ streamKey, type: 'contact.updated', actor, body: contact })
      if (isBlocker) await inTx.append({ streamKey, type: 'block.updated', actor, body: block })
    }
  })
  return true
}

/** What concerned him alone, his own stream last. */
async function eraseRest({ database, journal }: ErasureDeps, erasure: ErasureRow): Promise<void> {
  const { userKey, ownStreamKey } = erasure
  const at = (tx: JournalTx): Target => inside(database, tx.tx)
  const head = await journal.transact(async (inTx) => {
    await deleteOwnThings(at(inTx), userKey)
    return (await inTx.lock([ownStreamKey])).get(ownStreamKey)?.head ?? 0
  })
  if (head > 0) await journal.trim(ownStreamKey, head)
  await journal.transact((inTx) => endErasure(at(inTx), userKey))
}

function actorOf({ userKey, userId }: ErasureRow): EventActor {
  return { key: userKey, id: userId }
}
