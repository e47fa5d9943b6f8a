import * as z from 'zod'
import {
  clientMessageIdSchema,
  idSchema,
  seqSchema,
  streamSchema,
  tagSchema,
  timestampSchema,
} from './ids.ts'
import { isErrorCode, type ErrorCode } from './errors.ts'
import { jsonProblem, utf8Length, type Json } from './json.ts'
import { messageTextSchema } from './text.ts'
import { LIMITS } from './limits.ts'

/** Kinds that are ours, now or soon; an app's own kinds must have other names. */
export const RESERVED_KINDS = ['text', 'image', 'video', 'file', 'unknown', 'deleted'] as const

/** A text message. */
export const textBodySchema = z.object({ kind: z.literal('text'), text: messageTextSchema })
/** A text. */
export type TextBody = z.infer<typeof textBodySchema>

/** The name of an app's own kind. */
export const kindSchema: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,31}$/, 'a kind is 1 to 32 of a-z 0-9 _ . -')
  .refine((kind) => !RESERVED_KINDS.some((reserved) => reserved === kind), 'this kind is reserved')

const boundedJson = z.custom<Json>().superRefine((value, ctx) => {
  const problem = jsonProblem(value)
  if (problem !== undefined) ctx.addIssue({ code: 'custom', message: problem })
  else if (utf8Length(JSON.stringify(value)) > LIMITS.messageBytes)
    ctx.addIssue({ code: 'custom', message: `longer than ${LIMITS.messageBytes} bytes` })
})

/** A message of an app's own kind: JSON of at most 16 KiB, depth 32, 64 keys an object. */
export const appBodySchema = z.object({ kind: kindSchema, data: boundedJson })
/** The body of an app's own kind. */
export type AppBody = z.infer<typeof appBodySchema>

/** What a message holds, told apart by `kind`. */
export const messageBodySchema = z.union([textBodySchema, appBodySchema])
/** What a message holds when it is sent, told apart by `kind`. */
export type MessageBody = TextBody | AppBody

/** What is left of a message that was deleted. Nobody can send it. */
export const deletedBodySchema = z.object({ kind: z.literal('deleted') })
/** What is left of a message that was deleted. */
export type DeletedBody = z.infer<typeof deletedBodySchema>

/** What history and events show of a message: its body, or that it was deleted. */
export const receivedBodySchema = z.union([messageBodySchema, deletedBodySchema])
/** What history and events show of a message: its body, or that it was deleted. */
export type ReceivedMessageBody = MessageBody | DeletedBody

/** One sent message, as history and events show it. */
export const messageSchema = z.object({
  id: idSchema,
  conversationId: idSchema,
  seq: seqSchema,
  senderId: idSchema,
  clientMessageId: z.string().nullable(),
  body: receivedBodySchema,
  createdAt: timestampSchema,
  /** When the sender last changed the body; null when he never did. */
  editedAt: timestampSchema.nullable(),
})
/** One sent message, as history and events show it. */
export type Message = z.infer<typeof messageSchema>

export const sendSchema = z.object({
  conversationId: idSchema,
  /** Makes a repeat harmless, for ever. Left out, a repeat is another message. */
  clientMessageId: clientMessageIdSchema.optional(),
  body: messageBodySchema,
})
/** A message to send, and the id that makes sending it again harmless. */
export type SendInput = z.infer<typeof sendSchema>

/** The acknowledgement of a durable message; it counts as the event `(stream, seq)`. */
export const sentSchema = z.object({
  messageId: idSchema,
  conversationId: idSchema,
  clientMessageId: z.string().nullable(),
  stream: streamSchema,
  seq: seqSchema,
  tag: tagSchema,
  timestamp: timestampSchema,
  /** True when this repeats an earlier send and the original is answered. */
  duplicate: z.boolean(),
})
/** The acknowledgement of a durable message; it counts as the event `(stream, seq)`. */
export type Sent = z.infer<typeof sentSchema>

/** One item's outcome in a call that takes an array: a neighbour's refusal never fails it. */
export const itemErrorSchema = z.object({
  error: z.object({
    code: z.custom<ErrorCode>(isErrorCode),
    message: z.string(),
    retryable: z.boolean(),
  }),
})
/** A refused item of a call that takes an array. */
export type ItemError = z.infer<typeof itemErrorSchema>

export const sendInputSchema = z.union([
  sendSchema,
  z.array(sendSchema).min(1).max(LIMITS.arrayItems),
])
export const sendOutputSchema = z.union([
  sentSchema,
  z.array(z.union([sentSchema, itemErrorSchema])),
])
/** The outcome of a send, or of each message of an array, in its order. */
export type SendOutput = z.infer<typeof sendOutputSchema>

/** One message: by its id, or, as the caller's own, by the id under which he sent it. */
const messageRefSchema = z.object({
  conversationId: idSchema,
  messageId: idSchema.optional(),
  clientMessageId: clientMessageIdSchema.optional(),
})
/** One message: by its id, or, as the caller's own, by the id under which he sent it. */
export type MessageRef = z.infer<typeof messageRefSchema>

const ONE_REF = { error: 'give messageId or clientMessageId, and not both', path: ['messageId'] }

function namesOne({ messageId, clientMessageId }: MessageRef): boolean {
  return (messageId === undefined) !== (clientMessageId === undefined)
}

/** Puts another body in the place of a message's; its sender alone may. */
export const editMessageSchema = messageRefSchema
  .extend({ body: messageBodySchema })
  .refine(namesOne, ONE_REF)
/** Which message gets another body, and which. */
export type EditMessageInput = z.infer<typeof editMessageSchema>

/** Deletes a message for all: its sender may, and a group's owners and admins. */
export const deleteMessageSchema = messageRefSchema.refine(namesOne, ONE_REF)
/** Which message is to be deleted for all. */
export type DeleteMessageInput = z.infer<typeof deleteMessageSchema>

/** History, newest first: by cursor (`before` or `after` a seq) or by page (1 is the newest). */
export const listMessagesSchema = z.object({
  conversationId: idSchema,
  before: seqSchema.optional(),
  after: seqSchema.optional(),
  page: z.int().min(1).max(100_000).optional(),
  limit: z.int().min(1).max(LIMITS.pageSize).default(50),
})
/** Which part of a conversation's history: by cursor (`before` or `after` a seq) or by page (1 is the newest). */
export type ListMessagesInput = z.input<typeof listMessagesSchema>

export const messagePageSchema = z.object({
  messages: z.array(messageSchema),
  /** Another page exists in the direction asked for. */
  more: z.boolean(),
})
/** A page of history, newest first; `more` says that the direction asked for goes on. */
export type MessagePage = z.infer<typeof messagePageSchema>
