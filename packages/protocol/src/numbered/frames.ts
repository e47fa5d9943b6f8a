import * as z from 'zod'
import {
  conversationDataSchema,
  historyPolicySchema,
  joinPolicySchema,
  roleSchema,
} from '../conversation.ts'
import { isErrorCode, type ErrorCode } from '../errors.ts'
import { idSchema, seqSchema, timestampSchema } from '../ids.ts'
import { EVENTS } from '../numbers.ts'

/**
 * Everything that the server pushes: `{ type, timestamp, body }` as in seed 002, plus an `id` on durable events.
 * `timestamp` is in milliseconds; `id` is `<stream>:<seq>` (one more `:<n>` where one event becomes several frames),
 * the same at every repetition, so that a client that has seen it may drop the frame.
 */
function frame<Type extends number, Body extends z.ZodType>(type: Type, body: Body) {
  return z.object({
    type: z.literal(type),
    timestamp: timestampSchema,
    body,
    id: z.string().optional(),
  })
}

/** What a caller may put in `id` to have its call answered. */
export const callIdSchema = z.union([z.string().min(1).max(64), z.int()])
/** What a caller has put in `id` to have its call answered. */
export type CallId = z.infer<typeof callIdSchema>

const groupUser = z.object({ group_id: idSchema, user_id: idSchema })
const receipt = z.object({ message_id: idSchema, group_id: idSchema, user_id: idSchema })

/** 1: the answer of a call that carried an `id`. */
export const resultFrameSchema = frame(
  EVENTS.result,
  z.object({ id: callIdSchema, result: z.record(z.string(), z.unknown()) }),
)

const message = z.object({
  message_id: idSchema,
  data: z.string(),
  group_id: idSchema,
  user_id: idSchema,
  seq: seqSchema,
  kind: z.string(),
  content: z.unknown().optional(),
  /** The message that this one answers. */
  reply_to: z.object({ message_id: idSchema, seq: seqSchema, user_id: idSchema }).optional(),
  /** Members that are meant. */
  mentions: z.array(idSchema).optional(),
  /** When the sender last changed it, milliseconds; absent when he never did. */
  edited_at: timestampSchema.optional(),
})

/** 20: a message. A direct conversation's id travels as `group_id` too. */
export const messageFrameSchema = frame(EVENTS['message.created'], message)

/** 21: to the connection that sent the message; it stands for the 20 of the same `id`. */
export const acceptedFrameSchema = frame(
  EVENTS['message.accepted'],
  z.object({ message_id: idSchema, client_id: z.string().optional() }),
)

/** 22: to the sender of the message; it was delivered to `user_id`. */
export const deliveredFrameSchema = frame(EVENTS['message.delivered'], receipt)
/** 23: the same of reading. */
export const readFrameSchema = frame(EVENTS['message.read'], receipt)

/** 24: a message as it is after its sender has changed it. `seq` is the message's own. */
export const editedFrameSchema = frame(EVENTS['message.edited'], message)

/** 25: a message was deleted; `user_id` is its sender. */
export const deletedFrameSchema = frame(EVENTS['message.deleted'], receipt)

/** 26: a reaction to a message, or its end; `user_id` and `reaction` are null when the message is not there to be seen. */
export const reactedFrameSchema = frame(
  EVENTS['message.reacted'],
  z.object({
    message_id: idSchema,
    group_id: idSchema,
    user_id: idSchema.nullable(),
    reaction: z.string().nullable(),
    removed: z.boolean(),
    count: z.int(),
  }),
)

/** 28: the user has hidden a message from himself, on whichever of his devices. */
export const hiddenMessageFrameSchema = frame(
  EVENTS['message.hidden'],
  z.object({ message_id: idSchema, group_id: idSchema, seq: seqSchema }),
)

/** 27: what the user himself has read has changed, on whichever of his devices; from `unread_from` on it is unread again. */
export const markFrameSchema = frame(
  EVENTS['mark.updated'],
  z.object({
    group_id: idSchema,
    read_seq: seqSchema,
    shown_read_seq: seqSchema.optional(),
    unread_from: seqSchema.optional(),
  }),
)

/** 29: everything that was missed has been sent; only for clients that asked for it in method 20. */
export const caughtUpFrameSchema = frame(EVENTS['sync.caughtUp'], z.object({}))

/** 40: somebody writes in a conversation. */
export const typingStartedFrameSchema = frame(EVENTS['typing.started'], groupUser)
/** 41: he does so no more. */
export const typingStoppedFrameSchema = frame(EVENTS['typing.stopped'], groupUser)

/** 42: a user has come online, or has gone. `last_seen_at` is null while he is online. */
export const presenceFrameSchema = frame(
  EVENTS['presence.changed'],
  z.object({
    user_id: idSchema,
    online: z.boolean(),
    last_seen_at: timestampSchema.nullable(),
  }),
)

/** 70: the user is in a conversation that he was not in before. `name` is null in a direct conversation. */
export const conversationFrameSchema = frame(
  EVENTS['conversation.added'],
  z.object({ group_id: idSchema, name: z.string().nullable(), user_ids: z.array(idSchema) }),
)

/** 71: what changed, and who changed it. */
export const groupUpdatedFrameSchema = frame(
  EVENTS['group.updated'],
  z.object({
    group_id: idSchema,
    user_id: idSchema,
    name: z.string().optional(),
    join_policy: joinPolicySchema.optional(),
    history: historyPolicySchema.optional(),
    data: conversationDataSchema.nullable().optional(),
    roles: z.array(z.object({ user_id: idSchema, role: roleSchema })).optional(),
  }),
)

/** 72: a user is in a group that he was not in before. He himself gets 70. */
export const memberJoinedFrameSchema = frame(EVENTS['member.joined'], groupUser)
/** 73: a user is no longer in a group. */
export const memberLeftFrameSchema = frame(EVENTS['member.left'], groupUser)

/** 74: the user has hidden a conversation, and does not see any more what lies up to `cleared_seq`. */
export const hiddenFrameSchema = frame(
  EVENTS['conversation.hidden'],
  z.object({ group_id: idSchema, cleared_seq: seqSchema }),
)

/** 75: the user has set something for himself about a conversation; `muted_until` is null when it is not muted. */
export const preferenceFrameSchema = frame(
  EVENTS['conversation.preferenceUpdated'],
  z.object({
    group_id: idSchema,
    muted_until: timestampSchema.nullable(),
    archived: z.boolean(),
    pinned_at: timestampSchema.nullable(),
    data: conversationDataSchema.nullable(),
  }),
)

/** 80: a system notification. `seq` is its place in the user's list; what it does not have is null. */
export const notificationFrameSchema = frame(
  EVENTS['notification.created'],
  z.object({
    notification_id: idSchema,
    seq: seqSchema,
    kind: z.string(),
    title: z.string(),
    text: z.string().nullable(),
    link: z.string().nullable(),
    content: z.unknown(),
    expires_at: timestampSchema.nullable(),
  }),
)

/** 84: the user has read or removed notifications: those that are named, or all up to a seq. */
export const notificationUpdatedFrameSchema = frame(
  EVENTS['notification.updated'],
  z.object({
    change: z.enum(['read', 'removed']),
    notification_ids: z.array(idSchema).optional(),
    up_to: seqSchema.optional(),
  }),
)

/** 76: a member may not write until a time (milliseconds), or may again (null). */
const memberMutedFrameSchema = frame(
  EVENTS['member.muted'],
  groupUser.extend({ barred_until: timestampSchema.nullable() }),
)
/** 77: a user cannot come into a group any more, or may again. */
const memberBannedFrameSchema = frame(
  EVENTS['member.banned'],
  groupUser.extend({ banned: z.boolean() }),
)
/** 81: the user's own profile or settings have changed. */
const userUpdatedFrameSchema = frame(EVENTS['user.updated'], z.object({ user_id: idSchema }))
/** 82: how the user stands with another one. */
const contactFrameSchema = frame(
  EVENTS['contact.updated'],
  z.object({ user_id: idSchema, state: z.string() }),
)
/** 83: the user has blocked another one, or does so no more. */
const blockFrameSchema = frame(
  EVENTS['block.updated'],
  z.object({ user_id: idSchema, blocked: z.boolean() }),
)

/** 90: a call was refused or not understood. The connection lives on. `method` is null when it could not be read. */
export const errorFrameSchema = frame(
  EVENTS.error,
  z.object({
    code: z.custom<ErrorCode>(isErrorCode),
    method: z.number().nullable(),
    message: z.string(),
    client_id: z.string().optional(),
    id: callIdSchema.optional(),
    retry_after_ms: z.number().optional(),
  }),
)

/** Any frame from the server. */
export const frameSchema = z.discriminatedUnion('type', [
  resultFrameSchema,
  messageFrameSchema,
  acceptedFrameSchema,
  deliveredFrameSchema,
  readFrameSchema,
  editedFrameSchema,
  deletedFrameSchema,
  reactedFrameSchema,
  hiddenMessageFrameSchema,
  markFrameSchema,
  caughtUpFrameSchema,
  typingStartedFrameSchema,
  typingStoppedFrameSchema,
  presenceFrameSchema,
  conversationFrameSchema,
  groupUpdatedFrameSchema,
  memberJoinedFrameSchema,
  memberLeftFrameSchema,
  hiddenFrameSchema,
  preferenceFrameSchema,
  notificationFrameSchema,
  notificationUpdatedFrameSchema,
  memberMutedFrameSchema,
  memberBannedFrameSchema,
  userUpdatedFrameSchema,
  contactFrameSchema,
  blockFrameSchema,
  errorFrameSchema,
])
/** A frame that is pushed, told apart by its number `type`. */
export type Frame = z.infer<typeof frameSchema>
/** The frame of one type number. */
export type FrameOf<Type extends Frame['type']> = Extract<Frame, { type: Type }>
