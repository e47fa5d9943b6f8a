import * as z from 'zod'
import { idSchema, seqSchema } from './ids.ts'
import { itemErrorSchema } from './message.ts'
import { LIMITS } from './limits.ts'

/** The fact that a member's devices have received (`delivered`) or he has seen (`read`) everything up to a seq. */
export const receiptKindSchema = z.enum(['delivered', 'read'])
/** What a receipt says: that everything up to a seq was `delivered` to a member, or `read` by him. */
export type ReceiptKind = z.infer<typeof receiptKindSchema>

/** Up to where: a seq of a conversation, or one message (seed 002's methods 41 and 42). */
export const markSchema = z.union([
  z.object({ conversationId: idSchema, seq: seqSchema }),
  z.object({ messageId: idSchema }),
])
/** Up to where something has arrived or was read: a seq of a conversation, or a message. */
export type MarkInput = z.infer<typeof markSchema>

export const markInputSchema = z.union([
  markSchema,
  z.array(markSchema).min(1).max(LIMITS.arrayItems),
])

/** Answers a mark once it is durable. A mark that does not advance, or of an unknown message, is answered alike. */
const markedSchema = z.object({ ok: z.literal(true) })
export const markOutputSchema = z.union([
  markedSchema,
  z.array(z.union([markedSchema, itemErrorSchema])),
])

/** One member's watermark moved from (exclusive) to (inclusive). */
export const receiptSchema = z.object({
  userId: idSchema,
  kind: receiptKindSchema,
  from: seqSchema,
  to: seqSchema,
})
/** A member's mark has grown, from `from` (not included) to `to`. */
export type Receipt = z.infer<typeof receiptSchema>

/** How many members have received and read up to a seq; the way to ask in groups above 100 members. */
export const receiptCountInputSchema = z.object({ conversationId: idSchema, seq: seqSchema })
export const receiptCountSchema = z.object({ delivered: z.int(), read: z.int(), members: z.int() })
/** How many members have received and read up to a seq. */
export type ReceiptCount = z.infer<typeof receiptCountSchema>
