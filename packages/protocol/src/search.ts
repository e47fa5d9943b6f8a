import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { LIMITS } from './limits.ts'
import { messageSchema } from './message.ts'
import { pageInputSchema, pageOf } from './page.ts'

export const searchMessagesSchema = z.object({
  /** Words. Each must be found, by its beginning; case and accents make no difference. */
  query: z.string().max(LIMITS.searchLength),
  conversationId: idSchema.optional(),
  senderId: idSchema.optional(),
  /** `text`, `image`, `video`, or one of the app's own. */
  kind: z.string().max(LIMITS.idLength).optional(),
  /** From this time on, milliseconds. */
  since: timestampSchema.optional(),
  /** Before this time, milliseconds. */
  until: timestampSchema.optional(),
  ...pageInputSchema.shape,
  limit: z.int().min(1).max(LIMITS.searchPageSize).default(20),
})
/** What is searched for, and where. */
export type SearchMessagesInput = z.input<typeof searchMessagesSchema>

const searchExcerptSchema = z.object({
  text: z.string(),
  /** What was found in it: from, and up to and not including, in UTF-16 units; ascending, without overlaps. */
  ranges: z.array(z.object({ from: z.int(), to: z.int() })),
  /** It begins where the text begins. */
  atStart: z.boolean(),
  /** It ends where the text ends. */
  atEnd: z.boolean(),
})
/** A part of a message's text, with what was found in it. No markup: show the ranges in whatever way is safe. */
export type SearchExcerpt = z.infer<typeof searchExcerptSchema>

const searchHitSchema = z.object({ message: messageSchema, excerpt: searchExcerptSchema })
/** A message that was found, and where in it. */
export type SearchHit = z.infer<typeof searchHitSchema>

export const searchPageSchema = pageOf(searchHitSchema).extend({
  /** False while something newer is not searched yet: mostly for less than a second after it was said. */
  upToDate: z.boolean(),
})
/** A page of what was found, newest first; `next` is null on the last one. It may hold few, or none, and still not be the last. */
export type SearchPage = z.infer<typeof searchPageSchema>
