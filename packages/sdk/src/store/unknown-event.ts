import type { Event } from '@tidings/protocol/wire'
import { aroundOf, changed } from './changed.ts'
import { advance } from './conversation.ts'
import type { ConversationRow, RowChange } from './rows.ts'
import type { Surroundings } from './surroundings.ts'
import type { Tables } from './tables.ts'

/** Events of messages streams alone are counted in a conversation's row. */
const MESSAGES = 'm:'

/** What an event changes whose type only a later version knows: its conversation has got further, and no more is known. */
export function untold(tables: Tables, event: Event): RowChange[] {
  // Nothing may be expected of its body.
  const id = event.stream.slice(MESSAGES.length)
  return changed(tables, id, (row) => advanceUnknown(row, event, aroundOf(tables, id)))
}

/** The row after such an event. */
export function advanceUnknown(
  row: ConversationRow,
  event: Event,
  around: Surroundings,
): ConversationRow {
  return event.stream.startsWith(MESSAGES) ? advance(row, event, around) : row
}
