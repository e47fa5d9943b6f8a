import { conversation } from './changed.ts'
import type { RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

/**
 * The user's own stream goes on in another history, where other messages may stand in the places of those that he has
 * hidden. What is hidden in this one the server says: it leaves that out of what it is asked for.
 */
export function shownAgain(tables: Tables): RowChange[] {
  const hidden = [...tables.hidden.keys()].map((id): RowChange => ({ table: 'shown', id }))
  const cleared = [...tables.conversations.values()].filter(({ clearedSeq }) => clearedSeq > 0)
  return [...hidden, ...cleared.map((row) => conversation({ ...row, clearedSeq: 0 }))]
}
