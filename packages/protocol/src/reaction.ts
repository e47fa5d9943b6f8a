import * as z from 'zod'
import { idSchema, seqSchema } from './ids.ts'
import { fitsInBytes, textProblem } from './json.ts'
import { LIMITS } from './limits.ts'
import { messageRefSchema, namesOne, ONE_REF } from './message-ref.ts'
import { isBlank } from './text.ts'

/** An emoji or a word: up to 32 bytes that show something, without spaces. */
export const reactionTextSchema: z.ZodString = z
  .string()
  .max(LIMITS.reactionBytes)
  .refine((text) => textProblem(text) === undefined, 'not well-formed text')
  .refine((text) => !isBlank(text) && !/[\s\p{Cc}]/u.test(text), 'neither an emoji nor a word')
  .refine(
    (text) => fitsInBytes(text, LIMITS.reactionBytes),
    `longer than ${LIMITS.reactionBytes} bytes`,
  )

/** One reaction to a message: how many members have given it, and whether the asker has. */
export const reactionSchema = z.object({
  reaction: z.string(),
  count: z.int().min(1),
  own: z.boolean(),
})
/** One reaction to a message: how many members have given it, and whether the asker has. */
export type Reaction = z.infer<typeof reactionSchema>

/** Gives a reaction to a message, or takes it back. */
export const reactSchema = messageRefSchema
  .extend({
    reaction: reactionTextSchema,
    /** True takes the reaction back. */
    remove: z.boolean().optional(),
  })
  .refine(namesOne, ONE_REF)
/** Which message gets which reaction, or loses it. */
export type ReactInput = z.infer<typeof reactSchema>

/** What `message.reacted` tells. */
export const reactedSchema = z.object({
  conversationId: idSchema,
  messageId: idSchema,
  messageSeq: seqSchema,
  /** Who has given the reaction or taken it back; null when `reaction` is. */
  userId: idSchema.nullable(),
  /** Null when the message has been deleted since, and to whoever does not see the message. */
  reaction: z.string().nullable(),
  removed: z.boolean(),
  /** How many have given it, after the change. */
  count: z.int().min(0),
})
/** What `message.reacted` tells. */
export type Reacted = z.infer<typeof reactedSchema>
