import * as z from 'zod'
import { clientMessageIdSchema, idSchema, seqSchema, timestampSchema } from './ids.ts'
import { boundedJson } from './json-schema.ts'
import { LIMITS } from './limits.ts'
import { linkSchema } from './link-schema.ts'
import { pageOf } from './page.ts'
import { lineSchema, textSchema } from './text.ts'

/** What an app calls this sort of notification, to show it its own way. */
const notificationKindSchema: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,31}$/, 'a kind is 1 to 32 of a-z 0-9 _ . -')

const dataSchema = boundedJson(LIMITS.notificationDataBytes)

/** A system notification, the same for everybody whom it is for. What it does not have is null. */
export const notificationSchema = z.object({
  id: idSchema,
  kind: z.string(),
  title: z.string(),
  body: z.string().nullable(),
  /** http or https. */
  link: z.string().nullable(),
  data: dataSchema.nullable(),
  createdAt: timestampSchema,
  /** From then on nobody is shown it; null: never. */
  expiresAt: timestampSchema.nullable(),
})
/** A system notification, the same for everybody whom it is for. */
export type Notification = z.infer<typeof notificationSchema>

export const notificationItemSchema = notificationSchema.extend({
  /** Its place in the user's list: the seq of its event in his own stream. */
  seq: seqSchema,
  readAt: timestampSchema.nullable(),
})
/** A notification in the list of one user. */
export type NotificationItem = z.infer<typeof notificationItemSchema>

export const sendNotificationSchema = z.object({
  /** Everybody who has an account when it is sent, or some users. */
  to: z.union([
    z.literal('all'),
    z.object({ userIds: z.array(idSchema).min(1).max(LIMITS.notificationUsers) }),
  ]),
  /** Makes a repeat harmless, for ever. */
  clientNotificationId: clientMessageIdSchema,
  kind: notificationKindSchema,
  title: lineSchema(LIMITS.notificationTitleLength),
  body: textSchema(LIMITS.notificationBodyBytes).optional(),
  link: linkSchema.optional(),
  data: dataSchema.optional(),
  expiresAt: timestampSchema.optional(),
})
/** A notification to be sent, and to whom. */
export type SendNotificationInput = z.input<typeof sendNotificationSchema>

export const sentNotificationSchema = z.object({
  notificationId: idSchema,
  createdAt: timestampSchema,
  /** Users who have it by now. */
  users: z.int(),
  /** Nobody else will get it. */
  finished: z.boolean(),
  /** True when this repeats an earlier call. */
  duplicate: z.boolean(),
})
/** What has become of a notification by now; sending it again under the same id asks. */
export type SentNotification = z.infer<typeof sentNotificationSchema>

export const notificationPageSchema = pageOf(notificationItemSchema).extend({
  /** How many of all are not read yet; counted up to 1000. */
  unread: z.int(),
  /** The head of the user's own stream at which all of this is true. */
  head: seqSchema,
})
/** A page of the user's notifications, newest first; `next` is null on the last one. */
export type NotificationPage = z.infer<typeof notificationPageSchema>

const idsSchema = z.array(idSchema).min(1).max(LIMITS.notificationUsers)

export const notificationRefsSchema = z.union([
  z.object({ notificationIds: idsSchema }),
  z.object({ upTo: seqSchema }),
])
/** Some of the user's notifications, or all up to a place in his list. */
export type NotificationRefs = z.infer<typeof notificationRefsSchema>

/** Either `notificationIds` or `upTo` is there. */
export const notificationChangeSchema = z.object({
  change: z.enum(['read', 'removed']),
  notificationIds: z.array(idSchema).optional(),
  upTo: seqSchema.optional(),
})

export const unreadNotificationsSchema = z.object({ unread: z.int() })
/** How many notifications the user has not read; counted up to 1000. */
export type UnreadNotifications = z.infer<typeof unreadNotificationsSchema>
