import { seqSchema } from '@tidings/protocol'
import type {
  NotificationItem,
  NotificationPage,
  UnreadNotifications,
} from '@tidings/protocol/wire'
import * as z from 'zod'
import {
  countUnreadNotifications,
  listOwnNotifications,
  type NotificationListRow,
} from '../../stores/addressee.ts'
import type { Actor } from '../actor.ts'
import type { Deps } from '../deps.ts'
import { parseCursor, toPage } from '../page-cursor.ts'

const placeSchema = z.tuple([seqSchema])

/** A page of the actor's notifications, newest first, without those that have expired. @throws TidingsError INVALID_INPUT */
export async function listNotifications(
  { database }: Deps,
  { userKey }: Actor,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<NotificationPage> {
  const [before] =
    cursor === undefined ? [Number.MAX_SAFE_INTEGER] : parseCursor(cursor, placeSchema)
  const asked = { userKey, before, limit: limit + 1, now: await database.now() }
  const { rows, unread, head } = await listOwnNotifications(database, asked)
  const { shown, next } = toPage(rows, limit, ({ seq }) => [seq])
  return { items: shown.map(toItem), next, unread, head }
}

/** How many of the actor's notifications he has not read. */
export async function countUnread(
  { database }: Deps,
  { userKey }: Actor,
): Promise<UnreadNotifications> {
  const asked = { userKey, now: await database.now() }
  return { unread: await countUnreadNotifications(database, asked) }
}

function toItem(row: NotificationListRow): NotificationItem {
  // oxlint-disable-next-line typescript/consistent-type-assertions -- it was checked when it was sent
  return { ...row, data: row.data as NotificationItem['data'] }
}
