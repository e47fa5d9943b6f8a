import type { Event } from '@tidings/protocol/wire'
import type { ConversationRow, RowChange, WindowRow } from './rows.ts'
import type { Surroundings } from './surroundings.ts'
import type { Tables } from './tables.ts'

/** A conversation of which everything that the user may see is kept. */
export const WHOLE: WindowRow = { from: 0, start: true }

export function windowOf(tables: Tables, conversationId: string): WindowRow {
  return tables.windows.get(conversationId) ?? WHOLE
}

export function aroundOf(tables: Tables, conversationId: string): Surroundings {
  const { userId, open, hidden, positions } = tables
  return { userId, positions, open: open.get(conversationId), hidden: hidden.get(conversationId) }
}

/** The conversation that an event is about, if it is about one. */
export function conversationIdOf({ stream, body }: Event): string | undefined {
  // Also of an event whose body is not known here.
  if (!stream.startsWith('u:')) return stream.slice(2)
  if ('message' in body) return body.message.conversationId
  return 'conversationId' in body ? body.conversationId : undefined
}

export function conversation(row: ConversationRow): RowChange {
  return { table: 'conversation', id: row.id, row }
}

export function changed(
  tables: Tables,
  id: string,
  change: (row: ConversationRow) => ConversationRow,
): RowChange[] {
  const row = tables.conversations.get(id)
  if (row === undefined) return []
  const after = change(row)
  return after === row ? [] : [conversation(after)]
}
