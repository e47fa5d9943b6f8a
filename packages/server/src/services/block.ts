import { FOREVER, LIMITS, TidingsError, type BlockPage, type UserRef } from '@tidings/protocol/wire'
import type { EventOf } from '@tidings/protocol/wire'
import {
  countBlocks,
  deleteBlock,
  insertBlock,
  listBlocked,
  listBlocksWith,
} from '../stores/block.ts'
import { findDirect, toDirectKey } from '../stores/conversation.ts'
import { updateMember } from '../stores/member.ts'
import type { Actor } from './actor.ts'
import { changeLocked, forgetContact, hideFromEachOther, type LockedPair } from './contact.ts'
import type { Deps } from './deps.ts'
import { toEventActor } from './group/roster.ts'
import { toPage, toUserKey } from './page-cursor.ts'

/**
 * Blocks a user. Once it is answered no message passes between the two in their direct conversation, either way; they are
 * no contacts, and neither sees whether the other is online. Twice is once.
 * @throws TidingsError NOT_FOUND, INVALID_INPUT for oneself, LIMIT_REACHED, RATE_LIMITED
 */
export async function blockUser(deps: Deps, actor: Actor, ref: UserRef): Promise<void> {
  const blocked = await changeLocked(deps, { actor, ref }, async (pair) => {
    const { at, own, other, journal } = pair
    const since = await journal.now()
    const isNew = await insertBlock(at, { userKey: own.key, blockedKey: other.key, since })
    if (!isNew) return undefined
    if ((await countBlocks(at, own.key)) > LIMITS.blocks) throw new TidingsError('LIMIT_REACHED')
    await forgetContact(pair)
    await barDirect(pair, FOREVER)
    await tell(pair, true)
    return other
  })
  if (blocked !== undefined) hideFromEachOther(deps, actor, blocked)
}

/**
 * Takes a block back. What it had ended (being contacts) does not come back by itself. Without a block nothing happens.
 * @throws TidingsError NOT_FOUND, INVALID_INPUT for oneself, RATE_LIMITED
 */
export async function unblockUser(deps: Deps, actor: Actor, ref: UserRef): Promise<void> {
  await changeLocked(deps, { actor, ref }, async (pair) => {
    const { at, own, other } = pair
    const wasThere = await deleteBlock(at, { userKey: own.key, blockedKey: other.key })
    if (!wasThere) return
    const others = await listBlocksWith(at, own.key, [other.key])
    if (others.length === 0) await barDirect(pair, null)
    await tell(pair, false)
  })
}

/** A page of those whom the actor has blocked. */
export async function listBlocks(
  { database }: Deps,
  actor: Actor,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<BlockPage> {
  const afterUserKey = await toUserKey(database, cursor)
  const rows = await listBlocked(database, actor.userKey, { afterUserKey, limit: limit + 1 })
  const { shown, next } = toPage(rows, limit, ({ user }) => [user.id])
  return { items: shown, next }
}

/**
 * The direct conversation says that neither may write: sends look there, and marks. Its streams were made after those of its
 * users and have higher keys, so that locking them now keeps to the ascending order; and none can be made meanwhile, which
 * would lock the streams of both.
 */
async function barDirect(
  { at, journal, own, other }: LockedPair,
  barredUntil: number | null,
): Promise<void> {
  const direct = await findDirect(at, toDirectKey(own.key, other.key))
  if (direct === undefined) return
  await journal.lock([direct.messageStreamKey, direct.receiptStreamKey])
  const userKeys = [own.key, other.key]
  await journal.barSpans(direct.messageStreamKey, userKeys, barredUntil)
  for (const userKey of userKeys)
    await updateMember(at, { conversationKey: direct.key, userKey }, { barredUntil })
}

async function tell({ journal, actor, own, other }: LockedPair, blocked: boolean): Promise<void> {
  const body: EventOf<'block.updated'>['body'] = { userId: other.id, blocked }
  const by = toEventActor(actor)
  await journal.append({ streamKey: own.streamKey, type: 'block.updated', actor: by, body })
}
