import {
  notificationPageSchema,
  notificationRefsSchema,
  pageInputSchema,
  sendNotificationSchema,
  sentNotificationSchema,
  unreadNotificationsSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { countUnread, listNotifications } from '../services/notification/list.ts'
import { readNotifications, removeNotifications } from '../services/notification/mark.ts'
import { sendNotification } from '../services/notification/send.ts'
import { authedProcedure, router } from './trpc.ts'

/** System notifications: sending is for administrators, the rest for everybody's own. */
export const notificationRouter = router({
  send: authedProcedure
    .meta({
      scope: 'notify:send',
      openapi: {
        method: 'POST',
        path: '/notifications',
        summary: 'Notifies users; for administrators.',
      },
    })
    .input(sendNotificationSchema)
    .output(sentNotificationSchema)
    .mutation(({ ctx, input }) => sendNotification(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/notifications',
        summary: "One's own notifications, newest first.",
      },
    })
    .input(pageInputSchema)
    .output(notificationPageSchema)
    .query(({ ctx, input }) => listNotifications(ctx.deps, ctx.actor, input)),

  countUnread: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/notifications/unread',
        summary: "How many of one's notifications are not read.",
      },
    })
    .output(unreadNotificationsSchema)
    .query(({ ctx }) => countUnread(ctx.deps, ctx.actor)),

  read: authedProcedure
    .meta({
      scope: 'messages:send',
      openapi: {
        method: 'POST',
        path: '/notifications/read',
        summary: "Marks one's notifications as read.",
      },
    })
    .input(notificationRefsSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => readNotifications(ctx.deps, ctx.actor, input)),

  remove: authedProcedure
    .meta({
      scope: 'messages:send',
      openapi: {
        method: 'POST',
        path: '/notifications/remove',
        summary: "Takes notifications off one's list.",
      },
    })
    .input(notificationRefsSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => removeNotifications(ctx.deps, ctx.actor, input)),
})
