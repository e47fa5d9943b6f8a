import {
  CLIENT_LIMITS,
  type Event,
  type EventOf,
  type Message,
  type Preference,
} from '@tidings/protocol/wire'
import { unreadAfter } from './marks.ts'
import type { Surroundings } from './surroundings.ts'
import { isMeant, isUnread, limited } from './messages.ts'
import type { ConversationRow } from './rows.ts'

/** No snapshot has come yet: until then no event counts. */
const UNCOUNTED: number = Number.MAX_SAFE_INTEGER

/** Of who has set nothing. */
const UNSET: Preference = { mutedUntil: null, archived: false, pinnedAt: null, data: null }

/** A conversation that the user has just come into, as far as the news of it tells. */
export function placeholder({ timestamp, body }: EventOf<'conversation.added'>): ConversationRow {
  const { conversationId, kind, name, memberCount } = body
  return {
    id: conversationId,
    ...{ kind, name, memberCount },
    ...{ joinPolicy: 'invite', history: 'all', role: 'member' },
    ...{ createdAt: timestamp, activeAt: timestamp, peer: null, lastMessage: null },
    ...{
      head: 0,
      unread: 0,
      unreadMentions: 0,
      readSeq: 0,
      deliveredSeq: 0,
      markedSeq: 0,
      shownReadSeq: 0,
      countedFrom: 0,
      answeredHead: 0,
    },
    ...{ othersDeliveredSeq: null, othersReadSeq: null, unreadFrom: null, markedFrom: null },
    ...{
      data: null,
      clearedSeq: 0,
      hidden: false,
      preference: UNSET,
      toTell: 0,
      toTellPrivately: 0,
    },
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
  if (around.hidden?.has(message.seq) === true) {
    const hidden = row.hidden && message.seq <= row.clearedSeq
    return { ...row, hidden, head, activeAt, countedTo }
  }
  const counts = isUnread(message, around.userId) && message.seq > unreadAfter(row)
  const after = copyOf(row)
  if (message.seq > row.clearedSeq) {
    after.lastMessage = message
    after.hidden = false
  }
  if (counts) {
    after.unread = limited(row.unread + 1)
    if (isMeant(message, around.userId)) after.unreadMentions = limited(row.unreadMentions + 1)
  }
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
    barredUntil: row.barredUntil,
    joinPolicy: row.joinPolicy,
    history: row.history,
    data: row.data,
    memberCount: row.memberCount,
    createdAt: row.createdAt,
    activeAt: row.activeAt,
    head: row.head,
    unread: row.unread,
    unreadMentions: row.unreadMentions,
    lastMessage: row.lastMessage,
    deliveredSeq: row.deliveredSeq,
    readSeq: row.readSeq,
    shownReadSeq: row.shownReadSeq,
    unreadFrom: row.unreadFrom,
    clearedSeq: row.clearedSeq,
    hidden: row.hidden,
    preference: row.preference,
    othersDeliveredSeq: row.othersDeliveredSeq,
    othersReadSeq: row.othersReadSeq,
    answeredHead: row.answeredHead,
    countedTo: row.countedTo,
    countedFrom: row.countedFrom,
    markedFrom: row.markedFrom,
    markedSeq: row.markedSeq,
    toTell: row.toTell,
    toTellPrivately: row.toTellPrivately,
    stale: row.stale,
  }
}

function withEdited(
  row: ConversationRow,
  message: Message,
  userId: string | undefined,
): Partial<ConversationRow> {
  const counts = isUnread(message, userId) && message.seq > unreadAfter(row)
  // Whom it has mentioned before is not known here.
  const mayCount = counts && (row.unreadMentions > 0 || isMeant(message, userId))
  return { ...withMessage(row, message), stale: row.stale || mayCount }
}

function withoutMessage(
  row: ConversationRow,
  message: Message,
  userId: string | undefined,
): Partial<ConversationRow> {
  // Whether it was counted is not known here: its event may have come when it was deleted already.
  const mayCount = message.senderId !== userId && message.seq > unreadAfter(row)
  return { ...withMessage(row, message), stale: row.stale || mayCount }
}

function changes(
  row: ConversationRow,
  event: Exclude<Event, EventOf<'message.created'>>,
  { userId }: Surroundings,
): Partial<ConversationRow> {
  switch (event.type) {
    case 'message.edited':
      return withEdited(row, event.body.message, userId)
    case 'message.deleted':
      return withoutMessage(row, event.body.message, userId)
    case 'group.updated':
      return withDetails(row, event, userId)
    case 'member.joined':
      return withNewcomer(row)
    case 'member.left':
      return { memberCount: row.memberCount - 1 }
    case 'member.muted':
      if (event.body.userId !== userId) return {}
      return { barredUntil: event.body.barredUntil ?? undefined }
    case 'member.banned':
    case 'message.reacted':
    case 'receipt.updated':
    case 'conversation.added':
    case 'mark.updated':
    case 'conversation.hidden':
    case 'conversation.preferenceUpdated':
    case 'notification.created':
    case 'notification.updated':
    case 'message.hidden':
    case 'user.updated':
    case 'contact.updated':
    case 'block.updated':
    case 'event.withheld':
    // A later version's.
    default:
      return {}
  }
}

/** Of more members than are told of receipts nobody has the marks of all others. */
function withNewcomer({ memberCount }: ConversationRow): Partial<ConversationRow> {
  const more = { memberCount: memberCount + 1 }
  if (memberCount < CLIENT_LIMITS.receiptMembers) return more
  return { ...more, othersDeliveredSeq: null, othersReadSeq: null }
}

/** The row once the user has hidden a message. What is the newest now, and whether it was counted, the server knows. */
export function withoutHidden(row: ConversationRow, seq: number): ConversationRow {
  const isLast = row.lastMessage?.seq === seq
  if (!isLast && seq <= unreadAfter(row)) return row
  return { ...row, lastMessage: isLast ? null : row.lastMessage, stale: true }
}

function withDetails(
  row: ConversationRow,
  { body: { name, joinPolicy, history, data, roles } }: EventOf<'group.updated'>,
  userId: string | undefined,
): Partial<ConversationRow> {
  return {
    role: roles?.find((given) => given.userId === userId)?.role ?? row.role,
    name: name ?? row.name,
    joinPolicy: joinPolicy ?? row.joinPolicy,
    history: history ?? row.history,
    data: data === undefined ? row.data : data,
  }
}

function withMessage(row: ConversationRow, message: Message): Partial<ConversationRow> {
  return row.lastMessage?.id === message.id ? { lastMessage: message } : {}
}
