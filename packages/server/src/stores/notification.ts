import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'

/** A notification's row. */
export type NotificationRow = Database['tables']['notifications']['$inferSelect']

/** A notification to be made. */
export type NewNotification = Omit<NotificationRow, 'key'>

/** Makes a notification; undefined when the sender has used its id before. */
export async function insertNotification(
  { tables: { notifications } }: Database,
  tx: Tx,
  notification: NewNotification,
): Promise<NotificationRow | undefined> {
  const [row] = await tx
    .insert(notifications)
    .values(notification)
    .onConflictDoNothing()
    .returning()
  return row
}

/** What a sender has sent under an id of his. */
export async function findSentNotification(
  { tables: { notifications } }: Database,
  reader: Reader,
  by: { readonly senderKey: number; readonly clientNotificationId: string },
): Promise<NotificationRow | undefined> {
  const { senderKey, clientNotificationId } = by
  const [row] = await reader
    .select()
    .from(notifications)
    .where(
      and(
        eq(notifications.clientNotificationId, clientNotificationId),
        eq(notifications.senderKey, senderKey),
      ),
    )
  return row
}

/** The oldest notification that not everybody has yet. */
export async function findUnfinishedNotification({
  tables: { notifications },
  read,
}: Database): Promise<number | undefined> {
  const [row] = await read
    .select({ key: notifications.key })
    .from(notifications)
    .where(isNull(notifications.finishedAt))
    .orderBy(asc(notifications.key))
    .limit(1)
  return row?.key
}

/** Holds a notification's row until the transaction ends: nodes that deliver it take turns. */
export async function lockNotification(
  database: Database,
  tx: Tx,
  key: number,
): Promise<NotificationRow | undefined> {
  const { notifications } = database.tables
  const query = tx.select().from(notifications).where(eq(notifications.key, key))
  const [row] = await database.forUpdate(query)
  return row
}

/** Writes how far a delivery has got. */
export async function updateDelivery(
  { tables: { notifications } }: Database,
  tx: Tx,
  delivery: {
    readonly key: number
    readonly givenTo: number
    readonly more: number
    readonly finishedAt: number | null
  },
): Promise<void> {
  const { key, givenTo, more, finishedAt } = delivery
  await tx
    .update(notifications)
    .set({ givenTo, users: sql`${notifications.users} + ${more}`, finishedAt })
    .where(eq(notifications.key, key))
}
