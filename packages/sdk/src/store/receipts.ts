import { CLIENT_LIMITS, type EventOf, type Member, type Receipt } from '@tidings/protocol/wire'
import { copyOf } from './conversation.ts'
import type { ConversationRow } from './rows.ts'

/** The members with the marks that have grown. */
export function markMembers(
  members: readonly Member[],
  receipts: readonly Receipt[],
): readonly Member[] {
  return members.map((member) => {
    const own = receipts.filter(({ userId }) => userId === member.userId)
    return own.reduce(markMember, member)
  })
}

function markMember(member: Member, { kind, to }: Receipt): Member {
  const deliveredSeq = Math.max(member.deliveredSeq, to)
  if (kind === 'delivered') return { ...member, deliveredSeq }
  // What was read was delivered.
  return { ...member, deliveredSeq, readSeq: Math.max(member.readSeq, to) }
}

/** The row after receipts of its conversation. */
export function withReceipts(
  row: ConversationRow,
  { body: { receipts } }: EventOf<'receipt.updated'>,
  userId: string | undefined,
): ConversationRow {
  let { deliveredSeq, othersDeliveredSeq, othersReadSeq } = row
  for (const receipt of receipts) {
    if (receipt.userId === userId) deliveredSeq = Math.max(deliveredSeq, receipt.to)
    // Where there is one other for ever, his marks are those of the others. In a group it takes everybody's, also where two
    // are left: a receipt of who has just left may come after that.
    else if (row.kind === 'direct') {
      othersDeliveredSeq = Math.max(othersDeliveredSeq ?? 0, receipt.to)
      if (receipt.kind === 'read') othersReadSeq = Math.max(othersReadSeq ?? 0, receipt.to)
    }
  }
  const isSame =
    deliveredSeq === row.deliveredSeq &&
    othersDeliveredSeq === row.othersDeliveredSeq &&
    othersReadSeq === row.othersReadSeq
  if (isSame) return row
  const after = copyOf(row)
  after.deliveredSeq = deliveredSeq
  after.othersDeliveredSeq = othersDeliveredSeq
  after.othersReadSeq = othersReadSeq
  return after
}

/** The row with the lowest marks of the others, who are all known: none of who is alone, and above what receipts are told. */
export function withMembers(
  row: ConversationRow,
  members: readonly Member[],
  userId: string | undefined,
): ConversationRow {
  const others = members.filter((member) => member.userId !== userId)
  const isCounted = others.length > 0 && members.length <= CLIENT_LIMITS.receiptMembers
  const lowest = (mark: 'deliveredSeq' | 'readSeq'): number | null =>
    isCounted ? Math.min(...others.map((member) => member[mark])) : null
  const othersDeliveredSeq = lowest('deliveredSeq')
  const othersReadSeq = lowest('readSeq')
  const isSame =
    row.othersDeliveredSeq === othersDeliveredSeq && row.othersReadSeq === othersReadSeq
  return isSame ? row : { ...row, othersDeliveredSeq, othersReadSeq }
}
