import type { Mark, Position } from '@tidings/protocol/sync'
import { isRecord } from '../record.ts'
import type { ClientStorage, KeyRange, StoredRow } from '../storage.ts'
import { keys, restOf, tableRange } from './keys.ts'
import type { ConversationRow, OutboxRow, OwnerRow, RowChange, WindowRow } from './rows.ts'

/** The form of the rows; a storage of another form is not understood. */
export const FORMAT = 1

/** Whose rows a storage holds; undefined when it is empty or of another form. */
export async function readOwner(storage: ClientStorage): Promise<string | undefined> {
  const [row] = await storage.read(only(keys.owner))
  const owner = row?.value
  return isRow<OwnerRow>(owner) && owner.format === FORMAT ? owner.userId : undefined
}

/** Everything that is always in memory: all but messages and members. */
export async function readRows(storage: ClientStorage): Promise<readonly RowChange[]> {
  const [marks, listed, positions, conversations, windows, outbox] = await Promise.all([
    storage.read(only(keys.mark)),
    storage.read(only(keys.listed)),
    ...(['position', 'conversation', 'window', 'outbox'] as const).map((table) =>
      storage.read(tableRange(table)),
    ),
  ])
  const changes: RowChange[] = []
  for (const { value } of marks) if (isRow<Mark>(value)) changes.push({ table: 'mark', row: value })
  for (const { value } of listed) changes.push({ table: 'listed', row: value === true })
  each<Position>(positions, (id, row) => changes.push({ table: 'position', id, row }))
  each<WindowRow>(windows, (id, row) => changes.push({ table: 'window', id, row }))
  each<ConversationRow>(conversations, (id, row) =>
    changes.push({ table: 'conversation', id, row }),
  )
  each<OutboxRow>(outbox, (id, row) => changes.push({ table: 'outbox', id: Number(id), row }))
  return changes
}

function only(key: string): KeyRange {
  return { from: key, to: `${key}/` }
}

function each<Row extends object>(
  rows: readonly StoredRow[] | undefined,
  take: (id: string, row: Row) => void,
): void {
  for (const { key, value } of rows ?? []) if (isRow<Row>(value)) take(restOf(key), value)
}

/** Rows come from this package alone, and their form is that of their owner's row. */
function isRow<Row extends object>(value: unknown): value is Row {
  return isRecord(value)
}
