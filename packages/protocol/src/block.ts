import * as z from 'zod'
import { timestampSchema } from './ids.ts'
import { pageOf } from './page.ts'
import { publicUserSchema } from './user.ts'

/** Somebody whom the user has blocked. */
export const blockSchema = z.object({ user: publicUserSchema, blockedAt: timestampSchema })
/** Somebody whom the user has blocked. */
export type Block = z.infer<typeof blockSchema>

export const blockPageSchema = pageOf(blockSchema)
/** A page of those whom the user has blocked; `next` is null on the last one. */
export type BlockPage = z.infer<typeof blockPageSchema>
