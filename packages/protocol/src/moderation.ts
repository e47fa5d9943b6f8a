import * as z from 'zod'
import { idSchema, timestampSchema } from './ids.ts'
import { pageInputSchema, pageOf } from './page.ts'
import { publicUserSchema } from './user.ts'

const place = { conversationId: idSchema, userId: idSchema }

export const muteMemberSchema = z.object({
  ...place,
  /** Milliseconds; left out, it has no end. */
  until: timestampSchema.optional(),
})
/** Which member may not write, and until when. */
export type MuteMemberInput = z.input<typeof muteMemberSchema>

export const memberRefSchema = z.object(place)
/** A user in a group, or one who is to be kept out of it. */
export type MemberRef = z.infer<typeof memberRefSchema>

/** A user who cannot come into a group. */
export const banSchema = z.object({
  user: publicUserSchema,
  bannedBy: idSchema,
  bannedAt: timestampSchema,
})
/** A user who cannot come into a group. */
export type Ban = z.infer<typeof banSchema>

export const listBansSchema = z.object({ conversationId: idSchema, ...pageInputSchema.shape })
export const banPageSchema = pageOf(banSchema)
/** A page of the banned; `next` is null on the last one. */
export type BanPage = z.infer<typeof banPageSchema>
