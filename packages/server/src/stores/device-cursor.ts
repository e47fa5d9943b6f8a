import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'

/** How far a device has proven to have got one stream. Kept for numbered connections only: the SDK keeps its own. */
export interface DeviceCursorRow {
  readonly streamKey: number
  readonly stream: string
  readonly seq: number
  readonly tag: number
}

/** A row to be saved. */
export type NewDeviceCursorRow = Omit<DeviceCursorRow, 'stream'>

/** Rows of one insert, so that a statement stays within the engines' parameter limits. */
const INSERT_ROWS = 500

/** All cursors of a session. */
export async function listDeviceCursors(
  database: Database,
  reader: Reader,
  sessionKey: number,
): Promise<DeviceCursorRow[]> {
  const { deviceCursors, streams } = database.tables
  return reader
    .select({
      streamKey: deviceCursors.streamKey,
      stream: streams.name,
      seq: deviceCursors.seq,
      tag: deviceCursors.tag,
    })
    .from(deviceCursors)
    .innerJoin(streams, eq(streams.key, deviceCursors.streamKey))
    .where(eq(deviceCursors.sessionKey, sessionKey))
}

/** Moves cursors forward; one that is further already stays, since two connections of a device may save in any order. */
export async function saveDeviceCursors(
  database: Database,
  tx: Tx,
  { sessionKey, rows }: { sessionKey: number; rows: readonly NewDeviceCursorRow[] },
): Promise<void> {
  const { deviceCursors } = database.tables
  for (let start = 0; start < rows.length; start += INSERT_ROWS) {
    const values = rows.slice(start, start + INSERT_ROWS).map((row) => ({ sessionKey, ...row }))
    await tx
      .insert(deviceCursors)
      .values(values)
      .onConflictDoUpdate({
        target: [deviceCursors.sessionKey, deviceCursors.streamKey],
        set: { seq: sql`excluded.seq`, tag: sql`excluded.tag` },
        setWhere: sql`excluded.seq > ${deviceCursors.seq}`,
      })
  }
}

/** Forgets cursors that the server itself has refused to continue from. */
export async function deleteDeviceCursors(
  database: Database,
  tx: Tx,
  { sessionKey, streamKeys }: { sessionKey: number; streamKeys: readonly number[] },
): Promise<void> {
  if (streamKeys.length === 0) return
  const { deviceCursors } = database.tables
  await tx
    .delete(deviceCursors)
    .where(
      and(
        eq(deviceCursors.sessionKey, sessionKey),
        inArray(deviceCursors.streamKey, [...streamKeys]),
      ),
    )
}

/** When a session was made, milliseconds; undefined when it is gone. */
export async function findSessionCreatedAt(
  database: Database,
  reader: Reader,
  sessionKey: number,
): Promise<number | undefined> {
  const { sessions } = database.tables
  const [row] = await reader
    .select({ createdAt: sessions.createdAt })
    .from(sessions)
    .where(eq(sessions.key, sessionKey))
  return row?.createdAt
}
