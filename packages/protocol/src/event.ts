import * as z from 'zod'
import { contactStateSchema } from './contact.ts'
import {
  conversationDataSchema,
  conversationKindSchema,
  historyPolicySchema,
  joinPolicySchema,
  roleSchema,
} from './conversation.ts'
import { idSchema, seqSchema, streamSchema, tagSchema, timestampSchema } from './ids.ts'
import { hiddenSchema, messageSchema } from './message.ts'
import { preferenceSchema } from './preference.ts'
import { notificationChangeSchema, notificationSchema } from './notification.ts'
import { userPresenceSchema } from './presence.ts'
import { reactedSchema } from './reaction.ts'
import { receiptSchema } from './receipt.ts'

const place = { stream: streamSchema, seq: seqSchema, tag: tagSchema, timestamp: timestampSchema }

function event<Type extends string, Body extends z.ZodType>(type: Type, body: Body) {
  return z.object({ ...place, type: z.literal(type), body })
}

/** In `m:`. */
const messageCreatedSchema = event('message.created', z.object({ message: messageSchema }))

/** In `m:`. The whole message after the change; `editedAt` is the event's time. */
const messageEditedSchema = event('message.edited', z.object({ message: messageSchema }))

/** In `m:`. What is left of the message. Its earlier events show no more than this either, from now on. */
const messageDeletedSchema = event('message.deleted', z.object({ message: messageSchema }))

/** In `m:`. A reaction was given to a message, or taken back. */
const messageReactedSchema = event('message.reacted', reactedSchema)

/** In `u:`. The user does not want to see a message any more, on any of his devices. */
const messageHiddenSchema = event('message.hidden', hiddenSchema)

/** In `m:`. Only what changed is present. */
const groupUpdatedSchema = event(
  'group.updated',
  z.object({
    conversationId: idSchema,
    updatedBy: idSchema,
    name: z.string().optional(),
    joinPolicy: joinPolicySchema.optional(),
    history: historyPolicySchema.optional(),
    data: conversationDataSchema.nullable().optional(),
    roles: z.array(z.object({ userId: idSchema, role: roleSchema })).optional(),
  }),
)

/** In `m:`. `addedBy` is null when he came by himself. */
const memberJoinedSchema = event(
  'member.joined',
  z.object({ conversationId: idSchema, userId: idSchema, addedBy: idSchema.nullable() }),
)

/** In `m:`, the last event that the leaver sees. `removedBy` is null when he left by himself. */
const memberLeftSchema = event(
  'member.left',
  z.object({ conversationId: idSchema, userId: idSchema, removedBy: idSchema.nullable() }),
)

/** In `m:`. A member may not write until then (`FOREVER`: without end), or may again (null). */
const memberMutedSchema = event(
  'member.muted',
  z.object({
    conversationId: idSchema,
    userId: idSchema,
    barredUntil: timestampSchema.nullable(),
    mutedBy: idSchema,
  }),
)

/** In `m:`. A user cannot come in any more, or may again. One who was in has left before. */
const memberBannedSchema = event(
  'member.banned',
  z.object({ conversationId: idSchema, userId: idSchema, banned: z.boolean(), bannedBy: idSchema }),
)

/** In `r:`. Marks that grew, gathered. */
const receiptUpdatedSchema = event(
  'receipt.updated',
  z.object({ conversationId: idSchema, receipts: z.array(receiptSchema) }),
)

/** In `u:`. The user is in a conversation that he was not in before; `userIds` names at most 100 members. */
const conversationAddedSchema = event(
  'conversation.added',
  z.object({
    conversationId: idSchema,
    kind: conversationKindSchema,
    name: z.string().nullable(),
    addedBy: idSchema.nullable(),
    memberCount: z.int(),
    userIds: z.array(idSchema),
  }),
)

/** In `u:`. What the user himself has read has changed, on whichever of his devices. */
const markUpdatedSchema = event(
  'mark.updated',
  z.object({
    conversationId: idSchema,
    readSeq: seqSchema,
    /** How much of it the others are told, when that is less. */
    shownReadSeq: seqSchema.optional(),
    /** From here on it is marked as unread; left out when it is not. */
    unreadFrom: seqSchema.optional(),
  }),
)

/** In `u:`. The user has hidden a conversation, and does not see any more what lies up to `clearedSeq`. */
const conversationHiddenSchema = event(
  'conversation.hidden',
  z.object({ conversationId: idSchema, clearedSeq: seqSchema }),
)

/** In `u:`. The whole of the user's preference after a change. */
const preferenceUpdatedSchema = event(
  'conversation.preferenceUpdated',
  z.object({ conversationId: idSchema, preference: preferenceSchema }),
)

/** In `u:`. A system notification for the user. Its place in the list is the event's seq. */
const notificationCreatedSchema = event(
  'notification.created',
  z.object({ notification: notificationSchema }),
)

/** In `u:`. The user has read or removed notifications, on whichever of his devices. */
const notificationUpdatedSchema = event('notification.updated', notificationChangeSchema)

/** In `u:`. The user's own profile or settings have changed: `account.get` says how. */
const userUpdatedSchema = event('user.updated', z.object({ userId: idSchema }))

/** In `u:` of both. How the user stands with another one from now on; `none` when neither asks any more. */
const contactUpdatedSchema = event(
  'contact.updated',
  z.object({ userId: idSchema, state: z.enum([...contactStateSchema.options, 'none']) }),
)

/** In `u:` of who blocks. */
const blockUpdatedSchema = event(
  'block.updated',
  z.object({ userId: idSchema, blocked: z.boolean() }),
)

/**
 * In `u:`, to an application whose scopes do not let it know what has happened: it has its place in the stream, so that nothing
 * seems to be missing, and says no more. It is never stored.
 */
const withheldSchema = event('event.withheld', z.object({}))

/** A durable, ordered, replayable item of a stream; its identity is (stream, seq). */
export const eventSchema = z.discriminatedUnion('type', [
  messageCreatedSchema,
  messageEditedSchema,
  messageDeletedSchema,
  messageReactedSchema,
  messageHiddenSchema,
  groupUpdatedSchema,
  memberJoinedSchema,
  memberLeftSchema,
  memberMutedSchema,
  memberBannedSchema,
  receiptUpdatedSchema,
  conversationAddedSchema,
  markUpdatedSchema,
  conversationHiddenSchema,
  preferenceUpdatedSchema,
  notificationCreatedSchema,
  notificationUpdatedSchema,
  userUpdatedSchema,
  contactUpdatedSchema,
  blockUpdatedSchema,
  withheldSchema,
])
/** A durable, ordered, replayable item of a stream, told apart by `type`. */
export type Event = z.infer<typeof eventSchema>
/** The name of an event. */
export type EventType = Event['type']
/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>

const typing = z.object({ conversationId: idSchema, userId: idSchema })

function signal<Type extends string, Body extends z.ZodType>(type: Type, body: Body) {
  return z.object({ type: z.literal(type), timestamp: timestampSchema, body })
}

const typingSignals = [signal('typing.started', typing), signal('typing.stopped', typing)] as const

/** Somebody writes in a conversation, or does so no more. It ends by itself. */
export const typingSignalSchema = z.discriminatedUnion('type', typingSignals)
/** Somebody writes in a conversation, or does so no more. */
export type TypingSignal = z.infer<typeof typingSignalSchema>

/** Pushed once, never stored, may be lost. */
export const signalSchema = z.discriminatedUnion('type', [
  ...typingSignals,
  signal('presence.changed', userPresenceSchema),
])
/** What is pushed once, never stored, and may be lost; told apart by `type`. */
export type Signal = z.infer<typeof signalSchema>
/** The name of a signal. */
export type SignalType = Signal['type']
/** The signal of one type. */
export type SignalOf<Type extends SignalType> = Extract<Signal, { type: Type }>
