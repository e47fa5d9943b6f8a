import type { Mark, Position } from '@tidings/protocol/sync'
import { isRecord } from '../record.ts'
import type { ClientStorage, KeyRange, StorageChange, StoredRow } from '../storage.ts'
import { keys, restOf, tableRange } from './keys.ts'
import type {
  ConversationRow,
  NotificationsRow,
  OutboxRow,
  OwnerRow,
  RowChange,
  WindowRow,
} from './rows.ts'

/** The form of the rows; a storage of another form is not understood. */
export const FORMAT = 4

/**
 * What a storage holds of a user's. Of an older form only what he has still to send is understood: its rows have stayed
 * the same, and the rest is dropped, since the server has it. What is another user's or of a newer form is dropped.
 */
export async function readOwn(
  storage: ClientStorage,
  userId: string,
): Promise<readonly RowChange[]> {
  const [row] = await storage.read(only(keys.owner))
  const owner = row?.value
  const isOwn = isRow<OwnerRow>(owner) && owner.userId === userId && owner.format <= FORMAT
  if (!isOwn) await storage.clear()
  else if (owner.format < FORMAT)
    await storage.write([
      ...ALL_BUT_OUTBOX,
      { kind: 'put', key: keys.owner, value: { userId, format: FORMAT } },
    ])
  return isOwn ? readRows(storage) : []
}

/** In one write: a message that waits is never out of the storage. */
const ALL_BUT_OUTBOX: readonly StorageChange[] = [
  { kind: 'deleteRange', from: '', to: tableRange('outbox').from },
  { kind: 'deleteRange', from: tableRange('outbox').to, to: '\uffff' },
]

/** Everything that is always in memory: all but messages and members. */
async function readRows(storage: ClientStorage): Promise<readonly RowChange[]> {
  const [marks, listed, notifications, positions, conversations, windows, outbox, hidden] =
    await Promise.all([
      storage.read(only(keys.mark)),
      storage.read(only(keys.listed)),
      storage.read(only(keys.notifications)),
      ...(['position', 'conversation', 'window', 'outbox', 'hidden'] as const).map((table) =>
        storage.read(tableRange(table)),
      ),
    ])
  const changes: RowChange[] = []
  for (const { value } of marks) if (isRow<Mark>(value)) changes.push({ table: 'mark', row: value })
  for (const { value } of listed) changes.push({ table: 'listed', row: value === true })
  for (const { value } of notifications)
    if (isRow<NotificationsRow>(value)) changes.push({ table: 'notifications', row: value })
  each<Position>(positions, (id, row) => changes.push({ table: 'position', id, row }))
  each<WindowRow>(windows, (id, row) => changes.push({ table: 'window', id, row }))
  each<ConversationRow>(conversations, (id, row) =>
    changes.push({ table: 'conversation', id, row }),
  )
  each<OutboxRow>(outbox, (id, row) => changes.push({ table: 'outbox', id: Number(id), row }))
  for (const { key } of hidden ?? []) {
    const [id = '', seq] = restOf(key).split('/')
    changes.push({ table: 'hidden', id, seq: Number(seq) })
  }
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
