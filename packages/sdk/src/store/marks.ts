import type { EventOf } from '@tidings/protocol/wire'
import type { Surroundings } from './surroundings.ts'
import { countUnread, type UnreadCounts } from './messages.ts'
import type { ConversationRow } from './rows.ts'

type Marks = Pick<ConversationRow, 'readSeq' | 'unreadFrom' | 'clearedSeq'>

/** What others have said after it is unread: the server counts by the same. */
export function unreadAfter({ readSeq, unreadFrom, clearedSeq }: Marks): number {
  const mark = unreadFrom !== null && unreadFrom <= readSeq ? unreadFrom - 1 : readSeq
  return Math.max(mark, clearedSeq)
}

/** Where it is still marked as unread once the user has read up to a seq; `read` is how far he has read at all. */
function unreadFromAfter(unreadFrom: number | null, seq: number, read: number): number | null {
  if (unreadFrom === null || seq < unreadFrom) return unreadFrom
  return seq < read ? seq + 1 : null
}

/** The row with other marks, and what is unread by them. What cannot be counted here is asked for. */
function withMarks(row: ConversationRow, marks: Marks, around: Surroundings): ConversationRow {
  const after = { ...row, ...marks }
  const from = unreadAfter(after)
  if (from === row.countedFrom) return after
  const left = leftOf(row, from, around)
  return left === undefined ? { ...after, stale: true } : { ...after, ...left, countedFrom: from }
}

/** The row once the user has read up to a seq here; privately, or for the others to know. */
export function readHere(
  row: ConversationRow,
  { seq, isPrivate }: { readonly seq: number; readonly isPrivate: boolean },
  around: Surroundings,
): ConversationRow {
  const { clearedSeq } = row
  const unreadFrom = unreadFromAfter(row.unreadFrom, seq, row.readSeq)
  const readSeq = Math.max(row.readSeq, seq)
  const isOwnNews = readSeq > row.readSeq || unreadFrom !== row.unreadFrom
  const isNews = isOwnNews || (!isPrivate && seq > Math.max(row.shownReadSeq, row.toTell))
  if (!isNews) return row
  const after = isOwnNews ? withMarks(row, { readSeq, unreadFrom, clearedSeq }, around) : row
  return isPrivate
    ? { ...after, toTellPrivately: Math.max(row.toTellPrivately, seq) }
    : { ...after, toTell: Math.max(row.toTell, seq) }
}

/** The row once the server has told the user's marks, on whichever device he has set them. */
export function markedAs(
  row: ConversationRow,
  told: EventOf<'mark.updated'>['body'],
  around: Surroundings,
): ConversationRow {
  const { readSeq: marked, shownReadSeq = marked } = told
  const unreadFrom = told.unreadFrom ?? null
  // A smaller one is of before what the server has answered.
  if (marked < row.markedSeq) return row
  const isKnown =
    marked === row.markedSeq && shownReadSeq === row.shownReadSeq && unreadFrom === row.markedFrom
  if (isKnown) return row
  const known = { ...row, markedSeq: marked, markedFrom: unreadFrom, shownReadSeq }
  return withPending(known, around)
}

/** The row by the marks that the server knows, and what was read here and is still to be told. */
export function withPending(row: ConversationRow, around: Surroundings): ConversationRow {
  const { markedSeq, markedFrom, shownReadSeq, clearedSeq } = row
  const isTold = (seq: number, mark: number): boolean =>
    mark >= seq && (markedFrom === null || markedFrom > seq)
  const toTell = isTold(row.toTell, shownReadSeq) ? 0 : row.toTell
  const toTellPrivately = isTold(row.toTellPrivately, markedSeq) ? 0 : row.toTellPrivately
  const here = Math.max(toTell, toTellPrivately)
  const unreadFrom = unreadFromAfter(markedFrom, here, markedSeq)
  const marks = { readSeq: Math.max(markedSeq, here), unreadFrom, clearedSeq }
  return { ...withMarks(row, marks, around), toTell, toTellPrivately }
}

/** The row once the user has hidden it, on whichever device; what was sent after what he has cleared shows it again. */
export function hiddenUpTo(
  row: ConversationRow,
  seq: number,
  around: Surroundings,
): ConversationRow {
  const { readSeq, unreadFrom } = row
  const clearedSeq = Math.max(row.clearedSeq, seq)
  const { lastMessage } = row
  const isShown = lastMessage !== null && lastMessage.seq > clearedSeq
  const after = withMarks(row, { readSeq, unreadFrom, clearedSeq }, around)
  return { ...after, hidden: !isShown, lastMessage: isShown ? lastMessage : null }
}

/**
 * What is unread after a seq by the messages in memory; undefined where they do not tell. They may be ahead of the row while
 * that is brought up to date, and each event adds its own; behind what the server has answered they lack what it counts.
 */
function leftOf(
  { id, answeredHead, countedTo }: ConversationRow,
  after: number,
  { userId, open, positions }: Surroundings,
): UnreadCounts | undefined {
  if (after >= countedTo) return { unread: 0, unreadMentions: 0 }
  if ((positions.get(`m:${id}`)?.seq ?? 0) < answeredHead) return undefined
  return countUnread(open, { after, upTo: countedTo, me: userId })
}
