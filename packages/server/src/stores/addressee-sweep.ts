import { and, asc, eq, exists, gt, inArray, sql } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import { toEndedPage, type EndedAfter, type EndedPage } from '../db/ending.ts'

/** Looks at a page of notifications, the oldest first: of those that have expired, which somebody still has on his list. */
export async function listExpired(
  { read, tables: { addressees, notifications } }: Database,
  page: EndedAfter<number>,
): Promise<EndedPage<number>> {
  const rows = await read
    .select({ id: notifications.key, end: notifications.expiresAt })
    .from(notifications)
    .where(gt(notifications.key, page.after ?? 0))
    .orderBy(asc(notifications.key))
    .limit(page.limit)
  const { ended: expired, next } = toEndedPage(rows, page)
  if (expired.length === 0) return { ended: [], next }
  const isListed = exists(
    read
      .select({ key: addressees.notificationKey })
      .from(addressees)
      .where(eq(addressees.notificationKey, notifications.key)),
  )
  const listed = await read
    .select({ key: notifications.key })
    .from(notifications)
    .where(and(inArray(notifications.key, [...expired]), isListed))
  return { ended: listed.map(({ key }) => key), next }
}

/** Forgets whose some notifications were; answers how many rows, at most `limit`. */
export async function deleteAddresseesOf(
  { tables: { addressees } }: Database,
  tx: Tx,
  { notificationKeys, limit }: { notificationKeys: readonly number[]; limit: number },
): Promise<number> {
  const some = tx
    .select({ key: addressees.notificationKey, userKey: addressees.userKey })
    .from(addressees)
    .where(inArray(addressees.notificationKey, [...notificationKeys]))
    .limit(limit)
  const rows = await tx
    .delete(addressees)
    .where(sql`(${addressees.notificationKey}, ${addressees.userKey}) in ${some}`)
    .returning({ seq: addressees.seq })
  return rows.length
}
