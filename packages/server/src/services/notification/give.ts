import type { Notification } from '@tidings/protocol/wire'
import type { Database } from '../../db/database.ts'
import type { JournalTx } from '../../journal/journal.ts'
import { insertAddressees, type Notifiable } from '../../stores/addressee.ts'
import type { NotificationRow } from '../../stores/notification.ts'

/** Gives a notification to users: an event in the own stream of each, and a place in his list. Locks their streams. */
export async function giveNotification(
  database: Database,
  journal: JournalTx,
  { row, users }: { row: NotificationRow; users: readonly Notifiable[] },
): Promise<void> {
  const locked = await journal.lock(users.map(({ streamKey }) => streamKey))
  const notification = toNotification(row)
  const given: { userKey: number; seq: number; notificationKey: number }[] = []
  for (const { key, streamKey } of users) {
    if (!locked.has(streamKey)) continue
    const { seq } = await journal.append({
      streamKey,
      type: 'notification.created',
      actor: null,
      body: { notification },
    })
    given.push({ userKey: key, seq, notificationKey: row.key })
  }
  await insertAddressees(database, journal.tx, given)
}

/** What users see of it. Who has sent it they do not. */
function toNotification(row: NotificationRow): Notification {
  const { id, kind, title, body, link, createdAt, expiresAt } = row
  // oxlint-disable-next-line typescript/consistent-type-assertions -- it was checked when it was sent
  const data = row.data as Notification['data']
  return { id, kind, title, body, link, data, createdAt, expiresAt }
}
