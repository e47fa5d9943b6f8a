import { LIMITS, TidingsError, type EventOf, type Receipt } from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import type { Outcome } from '../journal/batch.ts'
import type { Journal, JournalTx } from '../journal/journal.ts'
import { findMarks, updateMarks, type MarksRow } from '../stores/receipt.ts'
import { findStreamsByName } from '../stores/stream.ts'

/** What a mark says; of a private one nobody is told but the member's own devices. */
export type MarkKind = 'delivered' | 'read' | 'privateRead'

/** One member's mark in a conversation. */
export interface Mark {
  readonly conversationKey: number
  readonly conversationId: string
  readonly receiptStreamKey: number
  /** Two people wait for no window. */
  readonly isDirect: boolean
  readonly userKey: number
  readonly userId: string
  readonly kind: MarkKind
  readonly seq: number
}

/** Whose marks could be kept, by {@link pairKey}: the others are no members. */
export type Members = ReadonlySet<string>

/** Commits the marks of several conversations. Messages that wait at the same time go first. */
export function commitMarks(
  database: Database,
  journal: Journal,
  take: () => readonly (readonly Mark[])[],
): Promise<readonly Outcome<Members>[]> {
  return journal.transact(
    async (tx) => {
      const groups = take()
      const members = await advance(database, tx, groups.flat())
      return groups.map(() => ({ ok: members }))
    },
    { priority: 'low' },
  )
}

/** Under the locks the members' marks are read again, and only growth counts. */
async function advance(database: Database, tx: JournalTx, all: readonly Mark[]): Promise<Members> {
  const { marks, userStreams } = await lockFor(database, tx, all)
  const before = await findMarks(database, tx.tx, distinctPairs(marks))
  const grown = growth(marks, before)
  await updateMarks(
    database,
    tx.tx,
    grown.map(({ after }) => after),
  )
  await appendReceipts(tx, grown)
  await appendOwnMarks(tx, grown, userStreams)
  return new Set(before.map(pairKey))
}

/**
 * Locks the receipt streams and the readers' own streams; answers the latter by user id, and the marks whose keys still
 * stand for their conversation.
 */
async function lockFor(
  database: Database,
  tx: JournalTx,
  all: readonly Mark[],
): Promise<{ marks: readonly Mark[]; userStreams: ReadonlyMap<string, number> }> {
  const readers = new Set(
    all.flatMap((mark) => (mark.kind === 'delivered' ? [] : [`u:${mark.userId}`])),
  )
  const rows = readers.size === 0 ? [] : await findStreamsByName(database, tx.tx, [...readers])
  const locked = await tx.lock([
    ...new Set(all.map((mark) => mark.receiptStreamKey)),
    ...rows.map((row) => row.key),
  ])
  return {
    marks: all.filter(
      (mark) => locked.get(mark.receiptStreamKey)?.name === `r:${mark.conversationId}`,
    ),
    userStreams: new Map(rows.map((row) => [row.name.slice(2), row.key])),
  }
}

function distinctPairs(marks: readonly Mark[]) {
  return [...new Map(marks.map((mark) => [pairKey(mark), mark])).values()]
}

/** One member's marks before and after, with whose they are. */
interface Growth {
  readonly mark: Mark
  readonly before: MarksRow
  readonly after: MarksRow
}

/** Marks only grow; what the others are told as read never passes what was delivered, and nothing passes the head. */
function growth(marks: readonly Mark[], rows: readonly MarksRow[]): readonly Growth[] {
  const beforeOf = new Map(rows.map((row) => [pairKey(row), row]))
  const grown = new Map<string, Growth>()
  for (const mark of marks) {
    const key = pairKey(mark)
    const before = beforeOf.get(key)
    if (before === undefined) continue
    const after = afterMark(grown.get(key)?.after ?? before, mark)
    grown.set(key, { mark, before, after })
  }
  return [...grown.values()].filter(
    ({ before, after }) => after.deliveredSeq > before.deliveredSeq || isOwnNews({ before, after }),
  )
}

function afterMark(row: MarksRow, mark: Mark): MarksRow {
  const seq = Math.min(mark.seq, row.head)
  // While one of two blocks the other neither is told what the other gets and reads: it would say when he is there.
  const isBlocked = mark.isDirect && row.barredUntil !== null
  const kind = isBlocked && mark.kind === 'read' ? 'privateRead' : mark.kind
  if (isBlocked && kind === 'delivered') return row
  if (kind === 'delivered') return { ...row, deliveredSeq: Math.max(row.deliveredSeq, seq) }
  const own = { ...row, unreadFrom: unreadFromAfter(row, seq) }
  if (kind === 'privateRead') return { ...own, privateReadSeq: Math.max(own.privateReadSeq, seq) }
  const deliveredSeq = Math.max(row.deliveredSeq, seq)
  return { ...own, deliveredSeq, readSeq: Math.max(row.readSeq, seq) }
}

/** Reading takes back that it was marked as unread: as far as he has read, and all of it when he has read that far before. */
function unreadFromAfter(row: MarksRow, seq: number): number | null {
  const { unreadFrom } = row
  if (unreadFrom === null || seq < unreadFrom) return unreadFrom
  return seq < ownReadSeqOf(row) ? seq + 1 : null
}

/** How far a member has read himself. */
export function ownReadSeqOf({ readSeq, privateReadSeq }: MarksRow): number {
  return Math.max(readSeq, privateReadSeq)
}

/** Something of which the member's own devices are told. */
function isOwnNews({ before, after }: Pick<Growth, 'before' | 'after'>): boolean {
  return (
    after.readSeq > before.readSeq ||
    ownReadSeqOf(after) > ownReadSeqOf(before) ||
    after.unreadFrom !== before.unreadFrom
  )
}

async function appendReceipts(tx: JournalTx, grown: readonly Growth[]): Promise<void> {
  const byStream = new Map<number, Growth[]>()
  for (const one of grown) {
    // As it is under the lock: others may have come since the mark was made.
    if (one.before.memberCount > LIMITS.receiptMembers) continue
    const list = byStream.get(one.mark.receiptStreamKey)
    if (list === undefined) byStream.set(one.mark.receiptStreamKey, [one])
    else list.push(one)
  }
  for (const [streamKey, list] of byStream) {
    const conversationId = list[0]?.mark.conversationId
    const receipts = list.flatMap(toReceipts)
    if (receipts.length === 0) continue
    await tx.append({
      streamKey,
      type: 'receipt.updated',
      actor: null,
      body: { conversationId, receipts },
    })
  }
}

function toReceipts({ mark: { userId }, before, after }: Growth): Receipt[] {
  const receipts: Receipt[] = []
  if (after.deliveredSeq > before.deliveredSeq) {
    receipts.push({ userId, kind: 'delivered', from: before.deliveredSeq, to: after.deliveredSeq })
  }
  if (after.readSeq > before.readSeq) {
    receipts.push({ userId, kind: 'read', from: before.readSeq, to: after.readSeq })
  }
  return receipts
}

async function appendOwnMarks(
  tx: JournalTx,
  grown: readonly Growth[],
  userStreams: ReadonlyMap<string, number>,
): Promise<void> {
  for (const growth of grown) {
    const { mark, after } = growth
    if (!isOwnNews(growth)) continue
    const streamKey = userStreams.get(mark.userId)
    if (streamKey === undefined)
      throw new TidingsError('INTERNAL', undefined, { cause: 'no user stream' })
    await tx.append({
      streamKey,
      type: 'mark.updated',
      actor: null,
      body: toMarkBody(mark.conversationId, after),
    })
  }
}

/** What a member's own devices are told of his marks. */
export function toMarkBody(conversationId: string, row: MarksRow): EventOf<'mark.updated'>['body'] {
  const { readSeq: shownReadSeq, unreadFrom } = row
  const readSeq = ownReadSeqOf(row)
  return {
    conversationId,
    readSeq,
    ...(shownReadSeq < readSeq && { shownReadSeq }),
    ...(unreadFrom !== null && { unreadFrom }),
  }
}

/** Names a member's place in a conversation. */
export function pairKey({
  conversationKey,
  userKey,
}: {
  conversationKey: number
  userKey: number
}): string {
  return `${conversationKey}:${userKey}`
}
