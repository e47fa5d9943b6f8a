import { nameKey } from '@tidings/protocol'
import type { PublicUser } from '@tidings/protocol/wire'
import { and, asc, count, eq, gt, gte, inArray, isNull, lt, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { lockSetting } from './setting.ts'

/** A user, as administrators see him. */
export interface UserListRow {
  readonly key: number
  readonly id: string
  readonly username: string
  readonly usernameKey: string
  readonly email: string | null
  readonly role: 'user' | 'admin'
  readonly createdAt: number
  readonly suspendedAt: number | null
}

/** Which users: those whose names come after one, and begin so. */
export interface UserPage {
  readonly after: string
  readonly search: string | undefined
  readonly limit: number
}

/** The largest character: no name goes on with it. */
const LAST = '\u{10FFFF}'

/** A page of users, by name. */
export async function listUserRows(
  { tables: { users } }: Database,
  reader: Reader,
  { after, search, limit }: UserPage,
): Promise<UserListRow[]> {
  const begin = search === undefined ? undefined : nameKey(search)
  const isFound =
    begin === undefined
      ? undefined
      : and(gte(users.usernameKey, begin), lt(users.usernameKey, begin + LAST))
  const { key, id, username, usernameKey, email, role, createdAt, suspendedAt } = users
  return reader
    .select({ key, id, username, usernameKey, email, role, createdAt, suspendedAt })
    .from(users)
    .where(and(gt(usernameKey, after), isNull(users.erasedAt), isFound))
    .orderBy(asc(usernameKey))
    .limit(limit)
}

/** Users by their keys, as everybody sees them. */
export async function listPublicUsers(
  { tables: { users } }: Database,
  reader: Reader,
  keys: readonly number[],
): Promise<ReadonlyMap<number, PublicUser>> {
  if (keys.length === 0) return new Map()
  const rows = await reader
    .select({ key: users.key, id: users.id, username: users.username })
    .from(users)
    .where(inArray(users.key, [...new Set(keys)]))
  return new Map(rows.map(({ key, id, username }) => [key, { id, username }]))
}

/** Suspends a user, or lets him go on. */
export async function updateSuspension(
  { tables: { users } }: Database,
  tx: Tx,
  { key, suspendedAt }: { key: number; suspendedAt: number | null },
): Promise<void> {
  await tx.update(users).set({ suspendedAt }).where(eq(users.key, key))
}

/** Gives a user an office, or takes it from him. */
export async function updateRole(
  { tables: { users } }: Database,
  tx: Tx,
  { key, role }: { key: number; role: 'user' | 'admin' },
): Promise<void> {
  await tx.update(users).set({ role }).where(eq(users.key, key))
}

/** Held until the transaction ends by whoever changes who administers: one at a time. */
export async function lockOffices(database: Database, tx: Tx): Promise<void> {
  // A row that every database has.
  await lockSetting(database, tx, 'created_at')
}

/** Administrators who can sign in. */
export async function countAdministrators(
  { tables: { users } }: Database,
  reader: Reader,
): Promise<number> {
  const isOne = and(eq(users.role, sql`'admin'`), isNull(users.suspendedAt))
  const [row] = await reader.select({ count: count() }).from(users).where(isOne)
  return row?.count ?? 0
}
