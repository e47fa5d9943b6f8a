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
import { messageBodySchema, shownBodySchema } from './body.ts'
import { LIMITS } from './limits.ts'
import { messageRefSchema, namesOne, ONE_REF } from './message-ref.ts'
import { pageInputSchema, pageOf } from './page.ts'
import { reactionSchema } from './reaction.ts'
import { publicUserSchema } from './user.ts'

/** The message that another one answers: where it stands and who sent it. What it says is not copied. */
export const replySchema = z.object({ messageId: idSchema, seq: seqSchema, senderId: idSchema })
/** The message that another one answers: where it stands and who sent it. What it says is not copied. */
export type Reply = z.infer<typeof replySchema>

const mentionsSchema = z.array(idSchema).max(LIMITS.mentions)

/** What a message may say besides its body; what is not there is left out. */
const additions = {
  /** The message of the same conversation that this one answers. */
  replyTo: replySchema.optional(),
  /** Members that are meant, each once. */
  mentions: mentionsSchema.optional(),
}

/** One sent message, as history and events show it. */
export const messageSchema = z.object({
  id: idSchema,
  conversationId: idSchema,
  seq: seqSchema,
  senderId: idSchema,
  clientMessageId: z.string().nullable(),
  body: shownBodySchema,
  ...additions,
  createdAt: timestampSchema,
  /** When the sender last changed the body; null when he never did. */
  editedAt: timestampSchema.nullable(),
  /** In history, when there are any: in the order of their texts. Events tell them one by one. */
  reactions: z.array(reactionSchema).optional(),
})
/** One sent message, as history and events show it. */
export type Message = z.infer<typeof messageSchema>

export const sendSchema = z.object({
  conversationId: idSchema,
  /** Makes a repeat harmless, for ever. Left out, a repeat is another message. */
  clientMessageId: clientMessageIdSchema.optional(),
  body: messageBodySchema,
  /** The id of a message of the same conversation that this one answers. */
  replyTo: idSchema.optional(),
  /** Users that are meant. Who is not a member is left out. */
  mentions: mentionsSchema.optional(),
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
  ...additions,
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

/** Puts another body in the place of a message's; its sender alone may. */
export const editMessageSchema = messageRefSchema
  .extend({
    body: messageBodySchema,
    /** Users that are meant from now on; left out, they stay. */
    mentions: mentionsSchema.optional(),
  })
  .refine(namesOne, ONE_REF)
/** Which message gets another body, and which. */
export type EditMessageInput = z.infer<typeof editMessageSchema>

/** Deletes a message for all: its sender may, and a group's owners and admins. */
export const deleteMessageSchema = messageRefSchema.refine(namesOne, ONE_REF)
/** Which message is to be deleted for all. */
export type DeleteMessageInput = z.infer<typeof deleteMessageSchema>

export const getMessageSchema = z.object({
  messageId: idSchema,
  /** Where it is, for who knows: then it is looked for there alone. */
  conversationId: idSchema.optional(),
})
/** Which message is asked for, whoever sent it. */
export type GetMessageInput = z.infer<typeof getMessageSchema>

/** Takes a message out of the caller's own view, on all his devices. */
export const hideMessageSchema = messageRefSchema.refine(namesOne, ONE_REF)
/** Which message the caller does not want to see any more. */
export type HideMessageInput = z.infer<typeof hideMessageSchema>

/** What `message.hidden` tells. */
export const hiddenSchema = z.object({
  conversationId: idSchema,
  messageId: idSchema,
  messageSeq: seqSchema,
})

/** What a message has said, newest first. */
export const listVersionsSchema = z.object({
  conversationId: idSchema,
  messageId: idSchema,
  ...pageInputSchema.shape,
})
/** Which versions of a message are asked for. */
export type ListVersionsInput = z.input<typeof listVersionsSchema>

/** What a message said from a time on. */
export const messageVersionSchema = z.object({
  body: messageBodySchema,
  mentions: mentionsSchema.optional(),
  /** Milliseconds. */
  writtenAt: timestampSchema,
})
/** What a message said from a time on. */
export type MessageVersion = z.infer<typeof messageVersionSchema>

export const versionPageSchema = pageOf(messageVersionSchema)
/** A page of versions of a message, the newest, which it shows now, first; `next` is null on the last one. */
export type VersionPage = z.infer<typeof versionPageSchema>

/** History, newest first: `before`, `after` or `around` a seq, by page (1 is the newest), or from there on by a cursor. */
export const listMessagesSchema = z.object({
  conversationId: idSchema,
  ...pageInputSchema.shape,
  before: seqSchema.optional(),
  after: seqSchema.optional(),
  /** The message there, as many as fit before it, and as many after. */
  around: seqSchema.optional(),
  page: z.int().min(1).max(100_000).optional(),
})
/** Which part of a conversation's history: one of `cursor`, `before`, `after`, `around` and `page`, else the newest. */
export type ListMessagesInput = z.input<typeof listMessagesSchema>

export const messagePageSchema = pageOf(messageSchema).extend({
  /** Of `around` alone: the cursor of what follows it; null when nothing does. */
  previous: z.string().nullable().optional(),
})
/**
 * A page of history, newest first. `next` goes on in the direction that was asked for, of `around` to what is before it, and is
 * null at the end.
 */
export type MessagePage = z.infer<typeof messagePageSchema>

/** The caller's direct messages over all his conversations, newest first: those that he sent, or those that he got. */
export const listDirectSchema = z.object({
  direction: z.enum(['sent', 'received']),
  ...pageInputSchema.shape,
  /** In place of a cursor: 1 is the newest. */
  page: z.int().min(1).max(LIMITS.directPages).optional(),
})
/** Which of the caller's direct messages are asked for. */
export type ListDirectInput = z.input<typeof listDirectSchema>

/** A direct message with whom it is between, and how far it has got with whom it was sent to. */
export const directMessageSchema = z.object({
  message: messageSchema,
  /** The other one of the conversation. */
  peer: publicUserSchema,
  /** To the other one, or for one from him to oneself. */
  delivered: z.boolean(),
  read: z.boolean(),
})
/** A direct message with whom it is between, and how far it has got with whom it was sent to. */
export type DirectMessage = z.infer<typeof directMessageSchema>

export const directPageSchema = pageOf(directMessageSchema)
/** A page of the caller's direct messages; `next` is null on the last one. It may hold less than was asked for. */
export type DirectPage = z.infer<typeof directPageSchema>
