import type { Device } from '@tidings/protocol/wire'
import {
  and,
  asc,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  or,
  sql,
} from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'
import type { SessionGrant } from './session-client.ts'
import { sessionColumns } from './session-columns.ts'

/** A session's row. */
export interface SessionRow {
  readonly key: number
  readonly id: string
  readonly userKey: number
  readonly deviceId: string | null
  readonly platform: string | null
  readonly model: string | null
  /** A number in digits. */
  readonly build: number | null
  readonly name: string | null
  /** The device's session that this sign-in acts as. */
  readonly mergedInto: number | null
  /** The OAuth client that acts by it; null for a sign-in of the user's own. */
  readonly clientKey: number | null
  readonly consentKey: number | null
  /** What the client may, space-separated. */
  readonly scope: string | null
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
}

/** Makes a session. */
export async function insertSession(
  database: Database,
  tx: Tx,
  session: {
    id: string
    userKey: number
    device: Device | undefined
    now: number
    expiresAt: number
    grant?: SessionGrant | undefined
  },
): Promise<SessionRow> {
  const { id, userKey, device, now, expiresAt, grant } = session
  const [row] = await tx
    .insert(database.tables.sessions)
    .values({ id, userKey, ...device, ...grant, createdAt: now, lastSeenAt: now, expiresAt })
    .returning(sessionColumns(database))
  if (row === undefined) throw new Error('an insert returned no row')
  return row
}

/** Finds a session, whatever its state. */
export async function findSession(
  database: Database,
  reader: Reader,
  by: { readonly id: string } | { readonly key: number },
): Promise<SessionRow | undefined> {
  const query = sessionQueries(database)
  const [row] = await ('id' in by ? query.byId(reader, by) : query.byKey(reader, by))
  return row
}

const sessionQueries = perDatabase((database) => {
  const { sessions } = database.tables
  const query = (by: 'id' | 'key') =>
    database.prepare((on) =>
      on
        .select(sessionColumns(database))
        .from(sessions)
        .where(eq(sessions[by], sql.placeholder(by)))
        .limit(1),
    )
  return { byId: query('id'), byKey: query('key') }
})

/** The one session of a device that has not been revoked; it may have expired. */
export async function findDeviceSession(
  database: Database,
  reader: Reader,
  { userKey, deviceId }: { userKey: number; deviceId: string },
): Promise<SessionRow | undefined> {
  const { sessions } = database.tables
  const [row] = await reader
    .select(sessionColumns(database))
    .from(sessions)
    .where(
      and(
        eq(sessions.userKey, userKey),
        eq(sessions.deviceId, deviceId),
        isNotNull(sessions.deviceId),
        isNull(sessions.revokedAt),
        isNull(sessions.mergedInto),
      ),
    )
    .limit(1)
  return row
}

/**
 * The user's own sessions that live, newest use first; left out are sign-ins merged into one of them, and those of OAuth
 * clients.
 */
export async function listSessions(
  database: Database,
  reader: Reader,
  { userKey, now }: { userKey: number; now: number },
): Promise<SessionRow[]> {
  const { sessions } = database.tables
  return reader
    .select(sessionColumns(database))
    .from(sessions)
    .where(
      and(
        eq(sessions.userKey, userKey),
        isNull(sessions.revokedAt),
        isNull(sessions.mergedInto),
        isNull(sessions.clientKey),
        gt(sessions.expiresAt, now),
      ),
    )
    .orderBy(desc(sessions.lastSeenAt), desc(sessions.key))
}

/** Writes what is known of the device; what is not given stays. */
export async function updateDevice(
  database: Database,
  tx: Tx,
  { key, device }: { key: number; device: Partial<Device> },
): Promise<SessionRow> {
  const { sessions } = database.tables
  const [row] = await tx
    .update(sessions)
    .set({ ...device })
    .where(eq(sessions.key, key))
    .returning(sessionColumns(database))
  if (row === undefined) throw new Error('the session is gone')
  return row
}

/** From now on the sign-in acts as the other session, and ends with it. */
export async function mergeSession(
  database: Database,
  tx: Tx,
  { key, into }: { key: number; into: number },
): Promise<void> {
  const { sessions } = database.tables
  await tx.update(sessions).set({ mergedInto: into }).where(eq(sessions.key, key))
}

/** Ends sessions together with the sign-ins merged into them. Answers the keys of all that lived. */
export async function revokeSessions(
  database: Database,
  tx: Tx,
  { keys, now }: { keys: readonly number[]; now: number },
): Promise<number[]> {
  if (keys.length === 0) return []
  const { sessions } = database.tables
  const ended = await tx
    .update(sessions)
    .set({ revokedAt: now })
    .where(
      and(
        or(inArray(sessions.key, [...keys]), inArray(sessions.mergedInto, [...keys])),
        isNull(sessions.revokedAt),
      ),
    )
    .returning({ key: sessions.key })
  return ended.map(({ key }) => key)
}

/** Keys of the user's sessions that have not been revoked, but for one and what is merged into it. */
export async function listOtherSessionKeys(
  database: Database,
  reader: Reader,
  { userKey, exceptKey }: { userKey: number; exceptKey: number },
): Promise<number[]> {
  const { sessions } = database.tables
  const rows = await reader
    .select({ key: sessions.key })
    .from(sessions)
    .where(
      and(
        eq(sessions.userKey, userKey),
        ne(sessions.key, exceptKey),
        or(isNull(sessions.mergedInto), ne(sessions.mergedInto, exceptKey)),
        isNull(sessions.revokedAt),
      ),
    )
    .orderBy(asc(sessions.key))
  return rows.map(({ key }) => key)
}

/** Notes that sessions are in use, and moves their end. */
export async function touchSession(
  database: Database,
  tx: Tx,
  use: { readonly key: number; readonly lastSeenAt: number; readonly expiresAt: number },
): Promise<void> {
  await touchUpdate(database)(tx, use)
}

const touchUpdate = perDatabase((database) => {
  const { sessions } = database.tables
  const lastSeenAt = sql.placeholder('lastSeenAt')
  const isOlder = lte(sessions.lastSeenAt, lastSeenAt)
  return database.prepare((on) =>
    on
      .update(sessions)
      .set({ lastSeenAt: sql`${lastSeenAt}`, expiresAt: sql`${sql.placeholder('expiresAt')}` })
      .where(and(eq(sessions.key, sql.placeholder('key')), isOlder)),
  )
})

/**
 * Notes that sessions are in use, whose ends are both so far from now and from their beginning, milliseconds. Those of OAuth
 * clients go on by their refresh tokens alone.
 */
export async function touchSessions(
  database: Database,
  tx: Tx,
  use: { keys: readonly number[]; now: number; idleMs: number; absoluteMs: number },
): Promise<void> {
  if (use.keys.length === 0) return
  const { keys, now, idleMs, absoluteMs } = use
  await usesUpdate(database)(tx, { keys: list(keys), now, idleEnd: now + idleMs, absoluteMs })
}

const usesUpdate = perDatabase((database) => {
  const { sessions } = database.tables
  const now = sql`cast(${sql.placeholder('now')} as bigint)`
  const idleEnd = sql`cast(${sql.placeholder('idleEnd')} as bigint)`
  const lastEnd = sql`${sessions.createdAt} + cast(${sql.placeholder('absoluteMs')} as bigint)`
  const expiresAt = sql`case when ${lastEnd} < ${idleEnd} then ${lastEnd} else ${idleEnd} end`
  const isUsed = isAmong(database.engine, sessions.key, 'keys')
  return database.prepare((on) =>
    on
      .update(sessions)
      .set({ lastSeenAt: now, expiresAt })
      .where(and(isUsed, lt(sessions.lastSeenAt, now), isNull(sessions.clientKey))),
  )
})

/** Those of the sessions that have ended: revoked, expired, gone, or their user suspended. */
export async function listEndedSessions(
  database: Database,
  reader: Reader,
  { keys, now }: { keys: readonly number[]; now: number },
): Promise<number[]> {
  if (keys.length === 0) return []
  const living = await livingQuery(database)(reader, { keys: list(keys), now })
  const alive = new Set(living.map(({ key }) => key))
  return keys.filter((key) => !alive.has(key))
}

const livingQuery = perDatabase((database) => {
  const { sessions, users } = database.tables
  const isLiving = and(
    isAmong(database.engine, sessions.key, 'keys'),
    isNull(sessions.revokedAt),
    gt(sessions.expiresAt, sql.placeholder('now')),
    isNull(users.suspendedAt),
  )
  return database.prepare((on) =>
    on
      .select({ key: sessions.key })
      .from(sessions)
      .innerJoin(users, eq(users.key, sessions.userKey))
      .where(isLiving),
  )
})
