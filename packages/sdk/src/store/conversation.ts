import { LIMITS, type Event, type EventOf, type Message } from '@tidings/protocol/wire'
import { countUnread, isUnread, type OpenMessages } from './messages.ts'
import type { ConversationRow } from './rows.ts'

/** What the row of a conversation depends on besides itself. */
export interface Surroundings {
  readonly userId: string | undefined
  readonly open: OpenMessages | undefined
}

/** No snapshot has come yet: until then no event counts. */
const UNCOUNTED: number = Number.MAX_SAFE_INTEGER

/** A conversation that the user has just come into, as far as the news of it tells. */
export function placeholder({ timestamp, body }: EventOf<'conversation.added'>): ConversationRow {
  const { conversationId, kind, name, memberCount } = body
  return {
    id: conversationId,
    ...{ kind, name, memberCount },
    ...{ joinPolicy: 'invite', history: 'all', role: 'member' },
    ...{ createdAt: timestamp, activeAt: timestamp, peer: null, lastMessage: null },
    ...{ head: 0, unread: 0, readSeq: 0, deliveredSeq: 0, markedSeq: 0 },
    ...{ othersDeliveredSeq: null, othersReadSeq: null },
    ...{ countedTo: UNCOUNTED, stale: true },
  }
}

/** The row after an event of the conversation's messages stream; the same one when the event is part of it already. */
export function advance(row: ConversationRow, event: Event, around: Surroundings): ConversationRow {
  if (event.seq <= row.countedTo) return row
  const head = Math.max(row.head, event.seq)
  const activeAt = Math.max(row.activeAt, event.timestamp)
  const countedTo = event.seq
  if (event.type !== 'message.created')
    return { ...row, ...changes(row, event, around), head, activeAt, countedTo }
  const { message } = event.body
  const counts = isUnread(message, around.userId) && message.seq > row.readSeq
  const after = copyOf(row)
  after.lastMessage = message
  after.unread = Math.min(LIMITS.unreadCount, row.unread + (counts ? 1 : 0))
  after.head = head
  after.activeAt = activeAt
  after.countedTo = countedTo
  return after
}

/** A row that is being made. */
type NewRow = { -readonly [Name in keyof ConversationRow]: ConversationRow[Name] }

/** A copy to be changed. To spread so many fields takes ten times as long, and every message has some copies made. */
export function copyOf(row: ConversationRow): NewRow {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    peer: row.peer,
    role: row.role,
    joinPolicy: row.joinPolicy,
    history: row.history,
    memberCount: row.memberCount,
    createdAt: row.createdAt,
    activeAt: row.activeAt,
    head: row.head,
    unread: row.unread,
    lastMessage: row.lastMessage,
    deliveredSeq: row.deliveredSeq,
    readSeq: row.readSeq,
    othersDeliveredSeq: row.othersDeliveredSeq,
    othersReadSeq: row.othersReadSeq,
    countedTo: row.countedTo,
    markedSeq: row.markedSeq,
    stale: row.stale,
  }
}

function changes(
  row: ConversationRow,
  event: Exclude<Event, EventOf<'message.created'>>,
  { userId }: Surroundings,
): Partial<ConversationRow> {
  switch (event.type) {
    case 'message.edited':
      return withMessage(row, event.body.message)
    case 'message.deleted': {
      const { message } = event.body
      // Whether it was counted is not known here: its event may have come when it was deleted already.
      const mayCount = message.senderId !== userId && message.seq > row.readSeq
      return { ...withMessage(row, message), stale: row.stale || mayCount }
    }
    case 'group.updated':
      return withDetails(row, event, userId)
    case 'member.joined':
      return { memberCount: row.memberCount + 1 }
    case 'member.left':
      return { memberCount: row.memberCount - 1 }
    case 'receipt.updated':
    case 'conversation.added':
    case 'mark.updated':
      return {}
  }
}

function withDetails(
  row: ConversationRow,
  { body: { name, joinPolicy, history, roles } }: EventOf<'group.updated'>,
  userId: string | undefined,
): Partial<ConversationRow> {
  return {
    role: roles?.find((given) => given.userId === userId)?.role ?? row.role,
    name: name ?? row.name,
    joinPolicy: joinPolicy ?? row.joinPolicy,
    history: history ?? row.history,
  }
}

function withMessage(row: ConversationRow, message: Message): Partial<ConversationRow> {
  return row.lastMessage?.id === message.id ? { lastMessage: message } : {}
}

/** The row once the user has read up to a seq. What cannot be counted here is asked for. */
export function readUpTo(
  row: ConversationRow,
  seq: number,
  { open, userId }: Surroundings,
): ConversationRow {
  if (seq <= row.readSeq) return row
  if (seq >= row.countedTo) return { ...row, readSeq: seq, unread: 0 }
  const left = countUnread(open, { after: seq, me: userId })
  if (left === undefined) return { ...row, readSeq: seq, stale: true }
  return { ...row, readSeq: seq, unread: Math.min(LIMITS.unreadCount, left) }
}

/** The row once the server knows how far the user has read, on whichever device. */
export function markedUpTo(
  row: ConversationRow,
  seq: number,
  around: Surroundings,
): ConversationRow {
  if (seq <= row.markedSeq) return row
  const read = readUpTo(row, seq, around)
  // What was read here but was not counted can be counted there now.
  return { ...read, markedSeq: seq, stale: read.stale || isUncounted(read, around) }
}

function isUncounted(
  { readSeq, countedTo }: ConversationRow,
  { open, userId }: Surroundings,
): boolean {
  return readSeq < countedTo && countUnread(open, { after: readSeq, me: userId }) === undefined
}
