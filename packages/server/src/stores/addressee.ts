import { and, asc, count, desc, eq, gt, inArray, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { LIMITS } from '@tidings/protocol/wire'
import type { Database, Reader, Tx } from '../db/database.ts'
import { prepareInsert } from '../db/insert-rows.ts'
import { perDatabase } from './per-database.ts'

/** A user to be notified. */
export interface Notifiable {
  readonly key: number
  readonly streamKey: number
}

/** Users by their ids; unknown ones are left out. */
export async function listNotifiable(
  { tables: { users } }: Database,
  reader: Reader,
  ids: readonly string[],
): Promise<Notifiable[]> {
  return reader
    .select({ key: users.key, streamKey: users.streamKey })
    .from(users)
    .where(and(inArray(users.id, [...ids]), isNull(users.erasedAt)))
    .orderBy(asc(users.key))
}

/** Users with keys in a range, from the lowest on. */
export async function listNotifiableFrom(
  { tables: { users } }: Database,
  reader: Reader,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<Notifiable[]> {
  return reader
    .select({ key: users.key, streamKey: users.streamKey })
    .from(users)
    .where(and(gt(users.key, after), lte(users.key, upTo), isNull(users.erasedAt)))
    .orderBy(asc(users.key))
    .limit(limit)
}

/** The highest key of a user. */
export async function lastUserKey(
  { tables: { users } }: Database,
  reader: Reader,
): Promise<number> {
  const [row] = await reader
    .select({ key: users.key })
    .from(users)
    .orderBy(desc(users.key))
    .limit(1)
  return row?.key ?? 0
}

/** Notes who has got a notification, and where in his list it stands. */
export function insertAddressees(
  database: Database,
  tx: Tx,
  rows: readonly { userKey: number; seq: number; notificationKey: number }[],
): Promise<void> {
  return addresseeInsert(database)(tx, rows)
}

const addresseeInsert = perDatabase((database) =>
  prepareInsert(database, database.tables.addressees),
)

/** What one user sees of his notifications. */
export interface NotificationList {
  readonly rows: readonly NotificationListRow[]
  readonly unread: number
  /** The head of his own stream. */
  readonly head: number
}

/** A notification as one user has it. */
export interface NotificationListRow {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly body: string | null
  readonly link: string | null
  readonly data: unknown
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly seq: number
  readonly readAt: number | null
}

/**
 * A page of a user's notifications, newest first, with what is unread of all: one statement, so that everything is of the
 * moment of its `head`.
 */
export async function listOwnNotifications(
  database: Database,
  { userKey, before, limit, now }: { userKey: number; before: number; limit: number; now: number },
): Promise<NotificationList> {
  const { read, tables } = database
  const { streams, users } = tables
  const page = pageQuery(database, { userKey, before, limit, now }).as('page')
  const unread = unreadQuery(database, { userKey, now }).as('unread')
  const rows = await read
    .select({
      head: streams.head,
      unread: unread.count,
      id: page.id,
      kind: page.kind,
      title: page.title,
      body: page.body,
      link: page.link,
      data: page.data,
      createdAt: page.createdAt,
      expiresAt: page.expiresAt,
      seq: page.seq,
      readAt: page.readAt,
    })
    .from(users)
    .innerJoin(streams, eq(streams.key, users.streamKey))
    .innerJoin(unread, sql`true`)
    .leftJoin(page, sql`true`)
    .where(eq(users.key, userKey))
    .orderBy(desc(page.seq))
  const [first] = rows
  return { rows: rows.flatMap(present), unread: first?.unread ?? 0, head: first?.head ?? 0 }
}

function pageQuery(
  database: Database,
  { userKey, before, limit, now }: { userKey: number; before: number; limit: number; now: number },
) {
  const { addressees, notifications } = database.tables
  return database.read
    .select({
      id: notifications.id,
      kind: notifications.kind,
      title: notifications.title,
      body: notifications.body,
      link: notifications.link,
      data: notifications.data,
      createdAt: notifications.createdAt,
      expiresAt: notifications.expiresAt,
      seq: addressees.seq,
      readAt: addressees.readAt,
    })
    .from(addressees)
    .innerJoin(notifications, eq(notifications.key, addressees.notificationKey))
    .where(and(eq(addressees.userKey, userKey), lt(addressees.seq, before), isShown(database, now)))
    .orderBy(desc(addressees.seq))
    .limit(limit)
}

type Joined = { readonly [Name in keyof NotificationListRow]: NotificationListRow[Name] | null }

/** Without any notification there is one row all the same, of nulls. */
function present(row: Joined): readonly NotificationListRow[] {
  const { id, kind, title, createdAt, seq } = row
  if (id === null || kind === null || title === null || createdAt === null || seq === null)
    return []
  const { body, link, data, expiresAt, readAt } = row
  return [{ id, kind, title, body, link, data, createdAt, expiresAt, seq, readAt }]
}

/** How many of a user's notifications he has not read, counted up to a limit. */
export async function countUnreadNotifications(
  database: Database,
  asked: { userKey: number; now: number },
): Promise<number> {
  const unread = unreadQuery(database, asked).as('unread')
  const [row] = await database.read.select({ count: unread.count }).from(unread)
  return row?.count ?? 0
}

function unreadQuery(database: Database, { userKey, now }: { userKey: number; now: number }) {
  const { addressees, notifications } = database.tables
  const some = database.read
    .select({ seq: addressees.seq })
    .from(addressees)
    .innerJoin(notifications, eq(notifications.key, addressees.notificationKey))
    .where(and(eq(addressees.userKey, userKey), isNull(addressees.readAt), isShown(database, now)))
    .limit(LIMITS.unreadCount)
    .as('some')
  return database.read.select({ count: count().as('count') }).from(some)
}

function isShown({ tables: { notifications } }: Database, now: number) {
  return or(isNull(notifications.expiresAt), gt(notifications.expiresAt, now))
}

/** Some of a user's notifications. */
export interface AddresseeRefs {
  readonly userKey: number
  readonly notificationIds?: readonly string[] | undefined
  readonly upTo?: number | undefined
}

function condition(
  { tables: { addressees, notifications } }: Database,
  tx: Tx,
  refs: AddresseeRefs,
) {
  const { userKey, notificationIds, upTo } = refs
  const named =
    notificationIds === undefined
      ? undefined
      : tx
          .select({ key: notifications.key })
          .from(notifications)
          .where(inArray(notifications.id, [...notificationIds]))
  return and(
    eq(addressees.userKey, userKey),
    named && inArray(addressees.notificationKey, named),
    upTo === undefined ? undefined : lte(addressees.seq, upTo),
  )
}

/** Marks notifications as read; answers the ids of those that were not. */
export async function markAddressees(
  database: Database,
  tx: Tx,
  refs: AddresseeRefs & { readonly now: number },
): Promise<readonly number[]> {
  const { addressees } = database.tables
  const rows = await tx
    .update(addressees)
    .set({ readAt: refs.now })
    .where(and(condition(database, tx, refs), isNull(addressees.readAt)))
    .returning({ key: addressees.notificationKey })
  return rows.map(({ key }) => key)
}

/** Takes notifications off a user's list; answers the keys of those that were there. */
export async function deleteAddressees(
  database: Database,
  tx: Tx,
  refs: AddresseeRefs,
): Promise<readonly number[]> {
  const { addressees } = database.tables
  const rows = await tx
    .delete(addressees)
    .where(condition(database, tx, refs))
    .returning({ key: addressees.notificationKey })
  return rows.map(({ key }) => key)
}

/** The ids of notifications. */
export async function listNotificationIds(
  { tables: { notifications } }: Database,
  tx: Tx,
  keys: readonly number[],
): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await tx
    .select({ id: notifications.id })
    .from(notifications)
    .where(inArray(notifications.key, [...keys]))
  return rows.map(({ id }) => id)
}
