import {
  CLIENT_LIMITS,
  type Event,
  type EventOf,
  type NotificationItem,
  type NotificationPage,
} from '@tidings/protocol/wire'
import type { Environment } from '../environment.ts'
import type { Rpc } from '../rpc.ts'
import { Retry } from './retry.ts'
import type { NotificationsRow, RowChange } from './rows.ts'
import type { Tables } from './tables.ts'

/** The user's system notifications. */
export interface NotificationList {
  /** The newest ones, at most 100, newest first. */
  readonly items: readonly NotificationItem[]
  /** How many of all are not read; counted up to 1000. */
  readonly unread: number
  /** There are older ones: `client.notification.list` gives them. */
  readonly hasOlder: boolean
  /** False until the server has been asked for the first time. */
  readonly complete: boolean
}

/** What is shown before anything is known. */
const NO_NOTIFICATIONS: NotificationList = {
  items: [],
  unread: 0,
  hasOlder: false,
  complete: false,
}

/** The list as it is shown. */
export function toNotificationList(row: NotificationsRow | undefined): NotificationList {
  if (row === undefined) return NO_NOTIFICATIONS
  const { items, unread, hasOlder } = row
  return { items, unread, hasOlder, complete: true }
}

/** Until they were asked for there is nothing that an event could change. */
export function notified(tables: Tables, event: Event): RowChange[] {
  const { notifications } = tables
  if (notifications === undefined) return []
  const row = withNotifications(notifications, event)
  return row === notifications ? [] : [{ table: 'notifications', row }]
}

/** The own stream starts anew: what it would have told is not known, and neither is where it stands. */
export function staleNotifications({ notifications: row }: Tables): RowChange[] {
  return row === undefined ? [] : [{ table: 'notifications', row: { ...row, stale: true } }]
}

/** The row after an event of the user's own stream; the same one when it says nothing new about notifications. */
function withNotifications(row: NotificationsRow, event: Event): NotificationsRow {
  if (event.seq <= row.countedTo) return row
  if (event.type === 'notification.created') return withNew(row, event)
  if (event.type === 'notification.updated') return withChange(row, event)
  return row
}

function withNew(
  row: NotificationsRow,
  { seq, body }: EventOf<'notification.created'>,
): NotificationsRow {
  const all = [{ ...body.notification, seq, readAt: null }, ...row.items]
  const items = all.slice(0, CLIENT_LIMITS.pageSize)
  const unread = Math.min(row.unread + 1, CLIENT_LIMITS.unreadCount)
  return {
    ...row,
    items,
    unread,
    hasOlder: row.hasOlder || items.length < all.length,
    countedTo: seq,
  }
}

function withChange(
  row: NotificationsRow,
  { seq, timestamp, body }: EventOf<'notification.updated'>,
): NotificationsRow {
  const { change, notificationIds = [], upTo } = body
  const named = new Set(notificationIds)
  const isMeant = (item: NotificationItem): boolean =>
    upTo === undefined ? named.has(item.id) : item.seq <= upTo
  const meant = row.items.filter(isMeant)
  const items =
    change === 'removed'
      ? row.items.filter((item) => !isMeant(item))
      : row.items.map((item) =>
          isMeant(item) && item.readAt === null ? { ...item, readAt: timestamp } : item,
        )
  // What is not at hand may have been unread, or not, and beyond the limit nobody has counted.
  const isKnown =
    !isAtCap(row) && (!row.hasOlder || (upTo === undefined && meant.length === named.size))
  const fewer = meant.filter(({ readAt }) => readAt === null).length
  return {
    ...row,
    items,
    unread: lessUnread(row, fewer),
    countedTo: seq,
    stale: row.stale || !isKnown,
  }
}

/** There may be any number more: what is taken from it is not known to make it less. */
function isAtCap({ unread }: NotificationsRow): boolean {
  return unread >= CLIENT_LIMITS.unreadCount
}

function lessUnread(row: NotificationsRow, fewer: number): number {
  return isAtCap(row) ? row.unread : Math.max(0, row.unread - fewer)
}

/** The row without what has expired by a time of this device's. */
function withoutExpired(row: NotificationsRow, now: number): NotificationsRow {
  const items = row.items.filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
  if (items.length === row.items.length) return row
  const gone = row.items.filter(
    ({ expiresAt, readAt }) => isOver(expiresAt, now) && readAt === null,
  )
  const isUnknown = isAtCap(row) && gone.length > 0
  return { ...row, items, unread: lessUnread(row, gone.length), stale: row.stale || isUnknown }
}

function isOver(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

export interface NotificationTableOptions {
  readonly rpc: Rpc
  readonly tables: Tables
  readonly environment: Environment
  readonly commit: (changes: readonly RowChange[]) => void
  readonly onError: (thrown: unknown) => void
}

/** No timer takes more than 2^31 ms; an hour is soon enough to look again. */
const MAX_WAIT_MS = 60 * 60 * 1000

/**
 * Has the notifications at hand once somebody looks at them: asks the server once, and again when events leave something
 * open. What expires goes by itself.
 */
export class NotificationTable {
  readonly #options: NotificationTableOptions
  /** Present while somebody else has them at hand: has him look, until the answer is called. */
  watchElsewhere: (() => () => void) | undefined
  readonly #retry: Retry
  #watchers = 0
  #isUp = false
  #since: Event[] | undefined
  #era = 0
  #cancelTimer: () => void = () => undefined

  constructor(options: NotificationTableOptions) {
    this.#options = options
    this.#retry = new Retry({ ...options, ask: () => this.look() })
  }

  get isWatched(): boolean {
    return this.#watchers > 0
  }

  /** Somebody looks, until the answer is called. */
  watch(): () => void {
    this.#watchers += 1
    this.look()
    const stop = this.watchElsewhere?.()
    return () => {
      stop?.()
      this.#watchers -= 1
      if (this.#watchers === 0) this.#cancelTimer()
    }
  }

  up(): void {
    this.#isUp = true
    this.look()
  }

  down(): void {
    this.#isUp = false
    this.#retry.down()
  }

  /** Forgets what was asked for in an earlier user's name. */
  clear(): void {
    this.#era += 1
    this.#since = undefined
    this.#cancelTimer()
  }

  told(event: Event): void {
    this.#since?.push(event)
  }

  /** Asks when somebody looks and what is here is not the whole. */
  look(): void {
    const { tables } = this.#options
    if (!this.isWatched || this.watchElsewhere !== undefined) return
    this.#expire()
    const { notifications } = tables
    const isLevel = notifications !== undefined && !notifications.stale
    if (this.#isUp && !isLevel && this.#since === undefined) void this.#ask()
  }

  async #ask(): Promise<void> {
    const { rpc, commit } = this.#options
    const era = this.#era
    const since: Event[] = []
    this.#since = since
    try {
      const page = await rpc('notification.list', { limit: CLIENT_LIMITS.pageSize })
      if (era !== this.#era) return
      this.#since = undefined
      this.#retry.answered()
      const row = since.reduce(withNotifications, rowOf(page))
      commit([{ table: 'notifications', row }])
    } catch (thrown) {
      if (era !== this.#era) return
      this.#since = undefined
      this.#retry.failed(thrown, this.#isUp)
    }
  }

  #expire(): void {
    const { tables, environment, commit } = this.#options
    this.#cancelTimer()
    const { notifications: row } = tables
    if (row === undefined) return
    const now = environment.wallClock()
    const next = Math.min(...row.items.map(({ expiresAt }) => expiresAt ?? Infinity))
    if (next === Infinity) return
    // Committing looks again.
    if (next <= now) commit([{ table: 'notifications', row: withoutExpired(row, now) }])
    else this.#cancelTimer = environment.after(Math.min(next - now, MAX_WAIT_MS), () => this.look())
  }
}

function rowOf({ items, next, unread, head }: NotificationPage): NotificationsRow {
  return { items, unread, hasOlder: next !== null, countedTo: head, stale: false }
}
