import { CLIENT_LIMITS, type Event, type EventOf, type Member } from '@tidings/protocol/wire'
import type { Position } from '@tidings/protocol/sync'
import { aroundOf, changed, conversation, WHOLE, windowOf } from './changed.ts'
import { advance, placeholder, withoutHidden } from './conversation.ts'
import { withMute, withRoles } from './member-rows.ts'
import { advanceUnknown, untold } from './unknown-event.ts'
import { acknowledged, sentBy } from './kept-rows.ts'
import { ofAnotherHistory } from './lost.ts'
import { hiddenUpTo, markedAs } from './marks.ts'
import { notified, staleNotifications } from './notifications.ts'
import { markMembers, withMembers, withReceipts } from './receipts.ts'
import { dropped, type ConversationRow, type RowChange } from './rows.ts'
import { shareIds } from './share-ids.ts'
import type { Surroundings } from './surroundings.ts'
import type { Tables } from './tables.ts'

/** What an event changes. Events of a stream come in order, each once. */
export function changesOf(event: Event, tables: Tables): RowChange[] {
  switch (event.type) {
    case 'message.created':
      return created(tables, event)
    case 'message.reacted':
      return [...reacted(tables, event), ...moved(tables, event)]
    case 'message.hidden':
      return hidden(tables, event)
    case 'message.edited':
    case 'message.deleted':
      return replaced(tables, event)
    case 'group.updated':
      return [...moved(tables, event), ...withRoles(tables, event)]
    case 'member.joined':
      // The event does not say the newcomer's name: whoever looks at the members asks for them.
      return [
        ...moved(tables, event),
        { table: 'members', id: event.body.conversationId, row: undefined },
      ]
    case 'member.left':
      return left(tables, event)
    case 'member.muted':
      return [...moved(tables, event), ...withMute(tables, event)]
    case 'receipt.updated':
      return receipted(tables, event)
    case 'conversation.added':
      return added(tables, event)
    case 'mark.updated':
    case 'conversation.hidden':
    case 'conversation.preferenceUpdated':
      return changedForOneself(tables, event)
    case 'notification.created':
    case 'notification.updated':
      return notified(tables, event)
    // Bans, and what concerns people (`people.ts` asks for that), as well as what a later version tells.
    default:
      return untold(tables, event)
  }
}

function replaced(
  tables: Tables,
  event: EventOf<'message.edited' | 'message.deleted'>,
): RowChange[] {
  const { message } = event.body
  const { conversationId: id, seq } = message
  const isDeleted = event.type === 'message.deleted'
  // It may be one that this user has never seen: of a time when he was not there.
  return [
    { table: 'edit', id, row: message },
    ...(isDeleted ? [{ table: 'reactions', id, from: seq, upTo: seq } as const] : []),
    ...moved(tables, event),
  ]
}

/** What the user has done on another of his devices, and nobody else is told of. */
function changedForOneself(
  tables: Tables,
  event: EventOf<'mark.updated' | 'conversation.hidden' | 'conversation.preferenceUpdated'>,
): RowChange[] {
  const { conversationId: id } = event.body
  const around = aroundOf(tables, id)
  switch (event.type) {
    case 'mark.updated':
      return changed(tables, id, (row) => markedAs(row, event.body, around))
    case 'conversation.hidden': {
      const { clearedSeq } = event.body
      const row = changed(tables, id, (known) => hiddenUpTo(known, clearedSeq, around))
      return [...row, ...clearedOf(tables, id, clearedSeq)]
    }
    case 'conversation.preferenceUpdated': {
      const { preference } = event.body
      return changed(tables, id, (row) => ({ ...row, preference }))
    }
  }
}

/** The row with what has happened since it was asked for. */
export function replay(row: ConversationRow, event: Event, around: Surroundings): ConversationRow {
  switch (event.type) {
    case 'receipt.updated':
      return withReceipts(row, event, around.userId)
    case 'mark.updated':
      return markedAs(row, event.body, around)
    case 'conversation.hidden':
      return hiddenUpTo(row, event.body.clearedSeq, around)
    case 'conversation.preferenceUpdated':
      return { ...row, preference: event.body.preference }
    case 'conversation.added':
    case 'notification.created':
    case 'notification.updated':
      return row
    case 'message.hidden':
      return withoutHidden(row, event.body.messageSeq)
    case 'message.reacted':
    case 'message.created':
    case 'message.edited':
    case 'message.deleted':
    case 'group.updated':
    case 'member.joined':
    case 'member.muted':
      return advance(row, event, around)
    case 'member.left': {
      const after = advance(row, event, around)
      // It may have been the user himself, or the one whose mark was the lowest.
      return after === row ? row : { ...after, stale: true }
    }
    default:
      return advanceUnknown(row, event, around)
  }
}

/** What a user does not see any more is not kept any more, and there is nothing before what follows it. */
export function clearedOf(tables: Tables, id: string, upTo: number): RowChange[] {
  const { from, start } = windowOf(tables, id)
  const row = from <= upTo ? { from: upTo, start: true } : { from, start }
  return [...dropped(id, upTo), { table: 'window', id, row }]
}

/** A stream that starts anew at a position, or is not this user's any more. */
export function resetChanges(
  tables: Tables,
  stream: string,
  position: Position | undefined,
): RowChange[] {
  const id = stream.slice(2)
  const stale = changed(tables, id, (row) => ({ ...row, stale: true }))
  if (stream.startsWith('u:'))
    return [{ table: 'listed', row: false }, ...unsure(tables), ...staleNotifications(tables)]
  if (stream.startsWith('r:')) return [...stale, { table: 'members', id, row: undefined }]
  if (position === undefined)
    return [...forgotten(tables, id), { table: 'window', id, row: position }]
  const { seq } = position
  return [
    ...changed(tables, id, ofAnotherHistory),
    { table: 'members', id, row: undefined },
    ...dropped(id),
    { table: 'window', id, row: { from: seq, start: seq === 0 } },
    ...acknowledged(tables, id),
  ]
}

/** Nobody has told which messages the user has hidden meanwhile: those that are kept are fetched anew. */
function unsure(tables: Tables): RowChange[] {
  return [...tables.windows.keys()].flatMap((id): RowChange[] => {
    const seq = tables.positions.get(`m:${id}`)?.seq
    if (seq === undefined) return []
    return [...dropped(id), { table: 'window', id, row: { from: seq, start: seq === 0 } }]
  })
}

/** Counts as they are after the change: whatever is told again, or out of its order with a page, ends right. */
export function reacted(tables: Tables, { body }: EventOf<'message.reacted'>): RowChange[] {
  const { conversationId: id, messageSeq: seq, userId, reaction, removed, count } = body
  if (reaction === null || seq <= windowOf(tables, id).from) return []
  const place = { table: 'reaction', id, seq, reaction } as const
  const counted = { ...place, field: 'count', value: count } as const
  if (userId !== tables.userId) return [counted]
  return [counted, { ...place, field: 'own', value: removed ? 0 : 1 }]
}

/** The message may come later: streams have no order among one another. */
function hidden(tables: Tables, { body }: EventOf<'message.hidden'>): RowChange[] {
  const { conversationId: id, messageSeq: seq } = body
  return [
    { table: 'hidden', id, seq },
    { table: 'gone', id, seq },
    { table: 'reactions', id, from: seq, upTo: seq },
    ...changed(tables, id, (row) => withoutHidden(row, seq)),
  ]
}

/** What is known of a conversation that he comes back into is of before. */
function added(tables: Tables, event: EventOf<'conversation.added'>): RowChange[] {
  const known = tables.conversations.get(event.body.conversationId)
  const row = known === undefined ? placeholder(event) : { ...known, stale: true }
  // Who may not see what was before is not told of his own coming there: he asks for the members by this.
  return [conversation(row), { table: 'members', id: row.id, row: undefined }]
}

function moved(tables: Tables, event: Event): RowChange[] {
  const id = event.stream.slice(2)
  return changed(tables, id, (row) => advance(row, event, aroundOf(tables, id)))
}

/** Most of what a client is told: one list for it, and nothing that is thrown away at once. */
function created(tables: Tables, event: EventOf<'message.created'>): RowChange[] {
  const { message } = event.body
  const { conversationId: id } = message
  const row = tables.conversations.get(id)
  if (row !== undefined) shareIds(message, row)
  // Streams have no order among one another: he may have heard already that he has hidden it.
  const isCleared = row !== undefined && message.seq <= row.clearedSeq
  const isShown = !isCleared && tables.hidden.get(id)?.has(message.seq) !== true
  const changes: RowChange[] = isShown ? [{ table: 'message', id, row: message }] : []
  if (!tables.windows.has(id)) changes.unshift({ table: 'window', id, row: WHOLE })
  if (message.senderId === tables.userId) changes.push(...sentBy(tables, message))
  const after = row && advance(row, event, aroundOf(tables, id))
  if (after !== row && after !== undefined) changes.push(conversation(after))
  return changes
}

function left(tables: Tables, event: EventOf<'member.left'>): RowChange[] {
  const { conversationId: id, userId } = event.body
  if (userId === tables.userId) return leftHere(tables, id, event.seq)
  const around = aroundOf(tables, id)
  const before = tables.members.get(id)
  const members = before?.filter((member) => member.userId !== userId)
  // Of one more than are told of receipts, the marks at hand are of when they were asked for.
  const isLevel = before?.length !== CLIENT_LIMITS.receiptMembers + 1
  if (members !== undefined && isLevel) {
    const row = moved(tables, event)
    return [...row, ...withLowest(tables, { id, members, earlier: row })]
  }
  // Whose mark was the lowest is not known here: it may have been his.
  const row = changed(tables, id, (known) => ({ ...advance(known, event, around), stale: true }))
  return [...row, { table: 'members', id, row: undefined }]
}

/**
 * The user may be in it again, since streams have no order among one another: the server knows. What happens to messages
 * while he is away is never told, so those that are kept are worth nothing when he comes back.
 */
function leftHere(tables: Tables, id: string, seq: number): RowChange[] {
  return [
    ...changed(tables, id, (known) => ({ ...known, stale: true })),
    { table: 'members', id, row: undefined },
    ...dropped(id),
    { table: 'window', id, row: { from: seq, start: false } },
  ]
}

/**
 * A conversation that is not the user's any more. Should he come back, its stream goes on from its position, if it has
 * one still, and what came before is found by paging.
 */
export function forgotten(tables: Tables, id: string): RowChange[] {
  const position = tables.positions.get(`m:${id}`)
  const failed = tables.outbox
    .values()
    .filter(
      ({ conversationId, failure, sent }) =>
        conversationId === id && (failure !== undefined || sent !== undefined),
    )
  return [
    { table: 'conversation', id, row: undefined },
    { table: 'members', id, row: undefined },
    ...dropped(id),
    { table: 'window', id, row: position && { from: position.seq, start: false } },
    ...failed.map(({ order }): RowChange => ({ table: 'outbox', id: order, row: undefined })),
  ]
}

function receipted(tables: Tables, event: EventOf<'receipt.updated'>): RowChange[] {
  const { conversationId: id, receipts } = event.body
  const row = changed(tables, id, (known) => withReceipts(known, event, tables.userId))
  const members = tables.members.get(id)
  // Those that are kept and not looked at would be out of date.
  if (members === undefined) return [...row, { table: 'members', id, row: undefined }]
  return [
    ...row,
    ...withLowest(tables, { id, members: markMembers(members, receipts), earlier: row }),
  ]
}

interface NewMembers {
  readonly id: string
  readonly members: readonly Member[]
  /** What has changed in the conversation's row before. */
  readonly earlier: readonly RowChange[]
}

/** Members that have changed, and what follows for the row of their conversation. */
function withLowest(tables: Tables, { id, members, earlier }: NewMembers): RowChange[] {
  const [first] = earlier
  const known = first?.table === 'conversation' ? first.row : tables.conversations.get(id)
  const lowest = known === undefined ? undefined : withMembers(known, members, tables.userId)
  const row: RowChange[] = lowest === undefined || lowest === known ? [] : [conversation(lowest)]
  return [{ table: 'members', id, row: members }, ...row]
}
