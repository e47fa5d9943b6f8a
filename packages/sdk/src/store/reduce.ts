import type { Event, EventOf, Member } from '@tidings/protocol/wire'
import type { Position } from '@tidings/protocol/sync'
import { advance, markedUpTo, placeholder, type Surroundings } from './conversation.ts'
import { acknowledged, sentBy } from './kept-rows.ts'
import { markMembers, withMembers, withReceipts } from './receipts.ts'
import type { ConversationRow, RowChange, WindowRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** A conversation of which everything that the user may see is kept. */
const WHOLE: WindowRow = { from: 0, start: true }

export function windowOf(tables: Tables, conversationId: string): WindowRow {
  return tables.windows.get(conversationId) ?? WHOLE
}

export function aroundOf(tables: Tables, conversationId: string): Surroundings {
  return { userId: tables.userId, open: tables.open.get(conversationId) }
}

/** What an event changes. Events of a stream come in order, each once. */
export function changesOf(event: Event, tables: Tables): RowChange[] {
  switch (event.type) {
    case 'message.created':
      return created(tables, event)
    case 'message.edited':
    case 'message.deleted': {
      const { message } = event.body
      // It may be one that this user has never seen: of a time when he was not there.
      return [{ table: 'edit', id: message.conversationId, row: message }, ...moved(tables, event)]
    }
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
    case 'receipt.updated':
      return receipted(tables, event)
    case 'conversation.added':
      return added(tables, event)
    case 'mark.updated': {
      const { conversationId, readSeq } = event.body
      return changed(tables, conversationId, (row) =>
        markedUpTo(row, readSeq, aroundOf(tables, conversationId)),
      )
    }
  }
}

/** The row with what has happened since it was asked for. */
export function replay(row: ConversationRow, event: Event, around: Surroundings): ConversationRow {
  switch (event.type) {
    case 'receipt.updated':
      return withReceipts(row, event, around.userId)
    case 'mark.updated':
      return markedUpTo(row, event.body.readSeq, around)
    case 'conversation.added':
      return row
    case 'message.created':
    case 'message.edited':
    case 'message.deleted':
    case 'group.updated':
    case 'member.joined':
      return advance(row, event, around)
    case 'member.left': {
      const after = advance(row, event, around)
      // It may have been the user himself, or the one whose mark was the lowest.
      return after === row ? row : { ...after, stale: true }
    }
  }
}

/** The conversation that an event is about. */
export function conversationIdOf({ body }: Event): string {
  return 'message' in body ? body.message.conversationId : body.conversationId
}

/** A stream that starts anew at a position, or is not this user's any more. */
export function resetChanges(
  tables: Tables,
  stream: string,
  position: Position | undefined,
): RowChange[] {
  const id = stream.slice(2)
  const stale = changed(tables, id, (row) => ({ ...row, stale: true }))
  if (stream.startsWith('u:')) return [{ table: 'listed', row: false }]
  if (stream.startsWith('r:')) return [...stale, { table: 'members', id, row: undefined }]
  if (position === undefined)
    return [...forgotten(tables, id), { table: 'window', id, row: position }]
  const { seq } = position
  return [
    ...stale,
    { table: 'members', id, row: undefined },
    { table: 'messages', id, upTo: Number.MAX_SAFE_INTEGER },
    { table: 'window', id, row: { from: seq, start: seq === 0 } },
    ...acknowledged(tables, id),
  ]
}

/** What is known of a conversation that he comes back into is of before. */
function added(tables: Tables, event: EventOf<'conversation.added'>): RowChange[] {
  const known = tables.conversations.get(event.body.conversationId)
  return [conversation(known === undefined ? placeholder(event) : { ...known, stale: true })]
}

function conversation(row: ConversationRow): RowChange {
  return { table: 'conversation', id: row.id, row }
}

function changed(
  tables: Tables,
  id: string,
  change: (row: ConversationRow) => ConversationRow,
): RowChange[] {
  const row = tables.conversations.get(id)
  if (row === undefined) return []
  const after = change(row)
  return after === row ? [] : [conversation(after)]
}

function moved(tables: Tables, event: Event): RowChange[] {
  const id = conversationIdOf(event)
  return changed(tables, id, (row) => advance(row, event, aroundOf(tables, id)))
}

/** Most of what a client is told: one list for it, and nothing that is thrown away at once. */
function created(tables: Tables, event: EventOf<'message.created'>): RowChange[] {
  const { message } = event.body
  const { conversationId: id } = message
  const changes: RowChange[] = [{ table: 'message', id, row: message }]
  if (!tables.windows.has(id)) changes.unshift({ table: 'window', id, row: WHOLE })
  if (message.senderId === tables.userId) changes.push(...sentBy(tables, message))
  const row = tables.conversations.get(id)
  const after = row && advance(row, event, aroundOf(tables, id))
  if (after !== row && after !== undefined) changes.push(conversation(after))
  return changes
}

function withRoles(tables: Tables, { body }: EventOf<'group.updated'>): RowChange[] {
  const { conversationId: id, roles } = body
  const members = tables.members.get(id)
  if (roles === undefined) return []
  if (members === undefined) return [{ table: 'members', id, row: undefined }]
  const given = new Map(roles.map(({ userId, role }) => [userId, role]))
  const row = members.map((member) => ({
    ...member,
    role: given.get(member.userId) ?? member.role,
  }))
  return [{ table: 'members', id, row }]
}

function left(tables: Tables, event: EventOf<'member.left'>): RowChange[] {
  const { conversationId: id, userId } = event.body
  if (userId === tables.userId) return leftHere(tables, id, event.seq)
  const around = aroundOf(tables, id)
  const members = tables.members.get(id)?.filter((member) => member.userId !== userId)
  if (members !== undefined) {
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
    { table: 'messages', id, upTo: Number.MAX_SAFE_INTEGER },
    { table: 'window', id, row: { from: seq, start: false } },
  ]
}

/**
 * A conversation that is not the user's any more. Should he come back, its stream goes on from its position, if it has
 * one still, and what came before is found by paging.
 */
export function forgotten(tables: Tables, id: string): RowChange[] {
  const position = tables.positions.get(`m:${id}`)
  const failed = [...tables.outbox.values()].filter(
    ({ conversationId, failure, sent }) =>
      conversationId === id && (failure !== undefined || sent !== undefined),
  )
  return [
    { table: 'conversation', id, row: undefined },
    { table: 'members', id, row: undefined },
    { table: 'messages', id, upTo: Number.MAX_SAFE_INTEGER },
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
