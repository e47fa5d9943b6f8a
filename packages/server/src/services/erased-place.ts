import { FOREVER } from '@tidings/protocol/wire'
import { findConversation, inside, type Target } from '../stores/conversation.ts'
import {
  listMemberKeys,
  moveErasure,
  type ErasedPlace,
  type ErasureRow,
} from '../stores/erasure.ts'
import { findMember, updateMember } from '../stores/member.ts'
import type { JournalTx } from '../journal/journal.ts'
import type { Deps } from './deps.ts'
import { leaveLocked } from './group/leave.ts'

/**
 * Nothing more is said in a conversation in the name of who is erased, whatever of his is still on its way: he leaves a
 * group, and in a direct conversation neither of the two may write. What he has said there is next.
 */
export async function closePlace(
  { database, journal }: Pick<Deps, 'database' | 'journal'>,
  erasure: ErasureRow,
  place: ErasedPlace,
): Promise<void> {
  const { messageStreamKey, receiptStreamKey } = place
  await journal.transact(async (inTx) => {
    const streams = await inTx.lock([messageStreamKey, receiptStreamKey])
    const at = inside(database, inTx.tx)
    const receiptHead = streams.get(receiptStreamKey)?.head ?? 0
    if (place.kind === 'group') await leave(inTx, at, { erasure, place, receiptHead })
    else await barAll(inTx, at, place)
    await moveErasure(at, { userKey: erasure.userKey, streamKey: messageStreamKey, seq: 0 })
  })
}

interface Leaving {
  readonly erasure: ErasureRow
  readonly place: ErasedPlace
  readonly receiptHead: number
}

async function leave(
  journal: JournalTx,
  at: Target,
  { erasure, place, receiptHead }: Leaving,
): Promise<void> {
  const row = await findConversation(at, place.conversationId)
  const member = await findMember(at, place.conversationKey, erasure.userId)
  if (row === undefined || member?.state !== 'active') return
  await leaveLocked({ journal, at, row, receiptHead }, member)
}

async function barAll(journal: JournalTx, at: Target, place: ErasedPlace): Promise<void> {
  const { conversationKey, messageStreamKey } = place
  const userKeys = await listMemberKeys(at, conversationKey)
  await journal.barSpans(messageStreamKey, userKeys, FOREVER)
  for (const userKey of userKeys)
    await updateMember(at, { conversationKey, userKey }, { barredUntil: FOREVER })
}
