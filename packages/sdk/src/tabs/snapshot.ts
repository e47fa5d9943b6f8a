import type { Credentials } from '@tidings/protocol/wire'
import type { ConnectionState } from '../connection-state.ts'
import { FORMAT } from '../store/loaded.ts'
import { dropped, type RowChange } from '../store/rows.ts'
import type { Tables } from '../store/tables.ts'

/** Everything that a tab has to know to show the same as the leader. */
export interface Snapshot {
  readonly revision: number
  readonly rows: readonly RowChange[]
  readonly sending: readonly number[]
  readonly state: ConnectionState
  /** The connection is there, and everything missed has been told. */
  readonly isUp: boolean
  readonly credentials: Credentials | undefined
}

/** What tables hold of what is always in memory: all but messages and members. */
export function rowsOf(tables: Tables): RowChange[] {
  const { userId, mark, listed, positions, windows, hidden, conversations, outbox } = tables
  const { notifications } = tables
  if (userId === undefined) return []
  const rows: RowChange[] = [
    { table: 'owner', row: { userId, format: FORMAT } },
    { table: 'listed', row: listed },
  ]
  if (notifications !== undefined) rows.push({ table: 'notifications', row: notifications })
  if (mark !== undefined) rows.push({ table: 'mark', row: mark })
  for (const [id, row] of positions) rows.push({ table: 'position', id, row })
  for (const [id, row] of windows) rows.push({ table: 'window', id, row })
  for (const [id, seqs] of hidden) for (const seq of seqs) rows.push({ table: 'hidden', id, seq })
  for (const [id, row] of conversations) rows.push({ table: 'conversation', id, row })
  for (const row of outbox.values()) rows.push({ table: 'outbox', id: row.order, row })
  return rows
}

/** What changes when the messages themselves are not at hand: every window begins where its stream has got to. */
export function withoutMessages(tables: Tables): RowChange[] {
  return [...tables.windows.keys()].flatMap((id): RowChange[] => {
    const seq = tables.positions.get(`m:${id}`)?.seq ?? 0
    return [...dropped(id), { table: 'window', id, row: { from: seq, start: seq === 0 } }]
  })
}
