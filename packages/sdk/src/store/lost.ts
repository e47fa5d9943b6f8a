import { conversation } from './changed.ts'
import type { ConversationRow, RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

/** The row where what he has read and not told was of another history: in this one there may be other messages. */
export function ofAnotherHistory(row: ConversationRow): ConversationRow {
  return { ...row, toTell: 0, toTellPrivately: 0, stale: true }
}

/**
 * Once everything has been told: of what an answer of the server told ahead of the events, and no event has told since, no
 * database knows any more. An older copy was put back.
 */
export function lostAhead({ conversations, positions }: Tables): RowChange[] {
  const rows = [...conversations.values()]
  const lost = rows.filter(({ id, head }) => head > (positions.get(`m:${id}`)?.seq ?? head))
  return lost.map((row) => conversation(ofAnotherHistory(row)))
}
