import type {
  NotificationPage,
  NotificationRefs,
  PageInput,
  SendNotificationInput,
  SentNotification,
  UnreadNotifications,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** A notification to be sent; an id is made for it unless one is given. */
export type OutgoingNotification = Omit<SendNotificationInput, 'clientNotificationId'> & {
  readonly clientNotificationId?: string | undefined
}

/** System notifications: one's own, and for administrators sending them. */
export interface NotificationResource {
  /**
   * Sends a notification, to some users or to everybody. A call whose outcome is not known (NETWORK, UNKNOWN_RETRY) may be
   * repeated with the `clientNotificationId` that was given: nobody gets it twice, and the answer says how far it has got.
   * The user signed in or gave his password within the last ten minutes; an app that acts for him by OAuth need not.
   * @throws TidingsError FORBIDDEN, PASSWORD_REQUIRED, NOT_FOUND (a user), IDEMPOTENCY_CONFLICT, INVALID_INPUT, RATE_LIMITED
   */
  send(input: OutgoingNotification): Promise<SentNotification>
  /** Newest first, without those that have expired. */
  list(page?: PageInput): Promise<NotificationPage>
  /** How many are not read. */
  countUnread(): Promise<UnreadNotifications>
  /** Marks some, or all up to a place in the list, as read; on all devices. */
  read(which: NotificationRefs): Promise<void>
  /** Takes some, or all up to a place in the list, off it; on all devices. */
  remove(which: NotificationRefs): Promise<void>
}

export function createNotification(rpc: Rpc, newId: () => string): NotificationResource {
  return {
    send: ({ clientNotificationId = newId(), ...input }) =>
      rpc('notification.send', { clientNotificationId, ...input }),
    list: (page = {}) => rpc('notification.list', page),
    countUnread: () => rpc('notification.countUnread', undefined),
    read: (which) => rpc('notification.read', which),
    remove: (which) => rpc('notification.remove', which),
  }
}
