import * as z from 'zod'
import { historyPolicySchema, joinPolicySchema, roleSchema } from './conversation.ts'
import { idSchema, seqSchema, streamSchema, tagSchema, timestampSchema } from './ids.ts'
import { messageSchema } from './message.ts'
import { userPresenceSchema } from './presence.ts'
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

/** In `m:`. Only what changed is present. */
const groupUpdatedSchema = event(
  'group.updated',
  z.object({
    conversationId: idSchema,
    updatedBy: idSchema,
    name: z.string().optional(),
    joinPolicy: joinPolicySchema.optional(),
    history: historyPolicySchema.optional(),
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

/** In `r:`. Watermarks that grew, gathered. */
const receiptUpdatedSchema = event(
  'receipt.updated',
  z.object({ conversationId: idSchema, receipts: z.array(receiptSchema) }),
)

/** In `u:`. The user is in a conversation that he was not in before; `userIds` names at most 100 members. */
const conversationAddedSchema = event(
  'conversation.added',
  z.object({
    conversationId: idSchema,
    kind: z.enum(['direct', 'group']),
    name: z.string().nullable(),
    addedBy: idSchema.nullable(),
    memberCount: z.int(),
    userIds: z.array(idSchema),
  }),
)

/** In `u:`. The user's own read mark moved, on whichever of his devices. */
const markUpdatedSchema = event(
  'mark.updated',
  z.object({ conversationId: idSchema, readSeq: seqSchema }),
)

/** A durable, ordered, replayable item of a stream; its identity is (stream, seq). */
export const eventSchema = z.discriminatedUnion('type', [
  messageCreatedSchema,
  messageEditedSchema,
  messageDeletedSchema,
  groupUpdatedSchema,
  memberJoinedSchema,
  memberLeftSchema,
  receiptUpdatedSchema,
  conversationAddedSchema,
  markUpdatedSchema,
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
