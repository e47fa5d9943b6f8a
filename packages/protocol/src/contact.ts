import * as z from 'zod'
import { timestampSchema } from './ids.ts'
import { pageInputSchema, pageOf } from './page.ts'
import { publicUserSchema } from './user.ts'

/** How two users stand: asked by oneself, asked by the other, or contacts. */
export const contactStateSchema = z.enum(['requested', 'received', 'accepted'])
/** How two users stand: asked by oneself, asked by the other, or contacts. */
export type ContactState = z.infer<typeof contactStateSchema>

/** Somebody whom one has asked, who has asked, or who is a contact. */
export const contactSchema = z.object({
  user: publicUserSchema,
  state: contactStateSchema,
  /** Since when it is so. */
  updatedAt: timestampSchema,
})
/** Somebody whom one has asked, who has asked, or who is a contact. */
export type Contact = z.infer<typeof contactSchema>

export const listContactsSchema = z.object({
  state: contactStateSchema.optional(),
  ...pageInputSchema.shape,
})
/** Which contacts are listed; without a state all of them. */
export type ListContactsInput = z.input<typeof listContactsSchema>

export const contactPageSchema = pageOf(contactSchema)
/** A page of contacts; `next` is null on the last one. */
export type ContactPage = z.infer<typeof contactPageSchema>
