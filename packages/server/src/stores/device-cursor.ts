import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** How far a device has proven to have got one stream. Kept for numbered connections only: the SDK keeps its own. */
export interface DeviceCursorRow {
  readonly streamKey: number
  readonly stream: string
  readonly seq: number
  readonly tag: number
}

/** A row to be saved. */
export type NewDeviceCursorRow = Omit<DeviceCursorRow, 'stream'>

/** All cursors of a session. */
export function listDeviceCursors(
  database: Database,
  reader: Reader,
  sessionKey: number,
): Promise<DeviceCursorRow[]> {
  return cursorQuery(database)(reader, { sessionKey })
}

const cursorQuery = perDatabase((database) => {
  const { deviceCursors, streams } = database.tables
  return database.prepare((on) =>
    on
      .select({
        streamKey: deviceCursors.streamKey,
        stream: streams.name,
        seq: deviceCursors.seq,
        tag: deviceCursors.tag,
      })
      .from(deviceCursors)
      .innerJoin(streams, eq(streams.key, deviceCursors.streamKey))
      .where(eq(deviceCursors.sessionKey, sql.placeholder('sessionKey'))),
  )
})

/** Moves cursors forward; one that is further already stays, since two connections of a device may save in any order. */
export async function saveDeviceCursors(
  database: Database,
  tx: Tx,
  { sessionKey, rows }: { sessionKey: number; rows: readonly NewDeviceCursorRow[] },
): Promise<void> {
  if (rows.length === 0) return
  const cursors = rows.map(({ streamKey, seq, tag }) => [sessionKey, streamKey, seq, tag])
  await cursorUpsert(database)(tx, { cursors: cells(cursors) })
}

const cursorUpsert = perDatabase((database) => {
  const { deviceCursors } = database.tables
  const rows = rowSet(database.engine, 'cursors', ['integer', 'integer', 'integer', 'integer'])
  return database.prepare((on) =>
    on
      .insert(deviceCursors)
      // SQLite takes `on conflict` for a join's `on`, unless a condition stands between.
      .select(sql`select * from (${rows}) as v where true`)
      .onConflictDoUpdate({
        target: [deviceCursors.sessionKey, deviceCursors.streamKey],
        set: { seq: sql`excluded.seq`, tag: sql`excluded.tag` },
        setWhere: sql`excluded.seq > ${deviceCursors.seq}`,
      }),
  )
})

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
  const [row] = await birthQuery(database)(reader, { sessionKey })
  return row?.createdAt
}

const birthQuery = perDatabase((database) => {
  const { sessions } = database.tables
  const isIt = eq(sessions.key, sql.placeholder('sessionKey'))
  return database.prepare((on) =>
    on.select({ createdAt: sessions.createdAt }).from(sessions).where(isIt),
  )
})
