import * as z from 'zod'
import { idSchema, seqSchema } from './ids.ts'
import { itemErrorSchema } from './message.ts'
import { LIMITS } from './limits.ts'
import { pageInputSchema, pageOf } from './page.ts'

/** The fact that everything up to a seq has reached a member's devices (`delivered`), or was seen by him (`read`). */
export const receiptKindSchema = z.enum(['delivered', 'read'])
/** What a receipt says: that everything up to a seq was `delivered` to a member, or `read` by him. */
export type ReceiptKind = z.infer<typeof receiptKindSchema>

const mayBeLate = {
  /** Nobody waits: over a connection the answer may come with whatever comes next, 20 ms later at the latest. */
  late: z.boolean().optional(),
}

/** Up to where: a seq of a conversation, or one message (seed 002's methods 41 and 42). */
export const markSchema = z.union([
  z.object({ conversationId: idSchema, seq: seqSchema, ...mayBeLate }),
  z.object({ messageId: idSchema, ...mayBeLate }),
])
/** Up to where something has arrived or was read: a seq of a conversation, or a message. */
export type MarkInput = z.infer<typeof markSchema>

export const markInputSchema = z.union([
  markSchema,
  z.array(markSchema).min(1).max(LIMITS.arrayItems),
])

const isPrivate = { /** Nobody is told but one's own devices. */ private: z.boolean().optional() }

/** The same for reading, which may be private. */
export const readMarkSchema = z.union([
  z.object({ conversationId: idSchema, seq: seqSchema, ...isPrivate }),
  z.object({ messageId: idSchema, ...isPrivate }),
])
/** Up to where something was read, and whether nobody else is to know. */
export type ReadMarkInput = z.infer<typeof readMarkSchema>

export const readInputSchema = z.union([
  readMarkSchema,
  z.array(readMarkSchema).min(1).max(LIMITS.arrayItems),
])

/** Answers a mark once it is durable. A mark that does not advance, or of an unknown message, is answered alike. */
const markedSchema = z.object({ ok: z.literal(true) })
export const markOutputSchema = z.union([
  markedSchema,
  z.array(z.union([markedSchema, itemErrorSchema])),
])

/** One member's mark moved from (exclusive) to (inclusive). */
export const receiptSchema = z.object({
  userId: idSchema,
  kind: receiptKindSchema,
  from: seqSchema,
  to: seqSchema,
})
/** A member's mark has grown, from `from` (not included) to `to`. */
export type Receipt = z.infer<typeof receiptSchema>

/** Up to where one asks about: the way to ask in groups above 100 members. */
export const countReceiptsSchema = z.object({ conversationId: idSchema, seq: seqSchema })
export const receiptCountSchema = z.object({ delivered: z.int(), read: z.int(), members: z.int() })
/** To how many members everything up to a seq was delivered, and how many have read it. */
export type ReceiptCount = z.infer<typeof receiptCountSchema>

/** Which page of the members, and of which message. */
export const listReceiptsSchema = z.object({
  conversationId: idSchema,
  seq: seqSchema,
  ...pageInputSchema.shape,
})
/** Of which message a page of receipts is asked for. */
export type ListReceiptsInput = z.input<typeof listReceiptsSchema>

/** How far a message has got with one member who can see it. */
export const memberReceiptSchema = z.object({
  userId: idSchema,
  username: z.string(),
  delivered: z.boolean(),
  read: z.boolean(),
})
/** How far a message has got with one member. */
export type MemberReceipt = z.infer<typeof memberReceiptSchema>

export const receiptPageSchema = pageOf(memberReceiptSchema)
/** A page of the other members who can see a message; `next` is null on the last one. */
export type ReceiptPage = z.infer<typeof receiptPageSchema>
