import * as z from 'zod'
import { blockSchema } from './block.ts'
import { contactSchema } from './contact.ts'
import { conversationSchema, memberSchema } from './conversation.ts'
import { LIMITS } from './limits.ts'
import { identitySchema } from './identity.ts'
import { idSchema } from './ids.ts'
import { messageSchema } from './message.ts'
import { notificationItemSchema } from './notification.ts'
import { pageInputSchema, pageOf } from './page.ts'
import { sessionSchema } from './session.ts'
import { userSchema } from './user.ts'

export const exportInputSchema = z.object({
  /** This conversation alone. Without it: all that the user may see of himself and of what he is or was in. */
  conversationId: idSchema.optional(),
  ...pageInputSchema.shape,
})
/** What is exported, and from where on. */
export type ExportInput = z.input<typeof exportInputSchema>

/** One line of an export. */
export const exportItemSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('user'), user: userSchema }),
  z.object({ type: z.literal('session'), session: sessionSchema }),
  z.object({ type: z.literal('identity'), identity: identitySchema }),
  z.object({ type: z.literal('contact'), contact: contactSchema }),
  z.object({ type: z.literal('block'), block: blockSchema }),
  z.object({ type: z.literal('notification'), notification: notificationItemSchema }),
  /** Of those that the user is in now; its members and messages follow. */
  z.object({ type: z.literal('conversation'), conversation: conversationSchema }),
  z.object({ type: z.literal('member'), conversationId: idSchema, member: memberSchema }),
  /** As history shows it now, oldest first within its conversation. */
  z.object({ type: z.literal('message'), message: messageSchema }),
])
/** One line of an export, told apart by `type`. */
export type ExportItem = z.infer<typeof exportItemSchema>

export const exportPageSchema = pageOf(exportItemSchema)
/** A part of an export; `next` is null on the last one. It may hold less than was asked for. */
export type ExportPage = z.infer<typeof exportPageSchema>

export const eraseAccountSchema = z.object({
  /** Left out where no password opens the account: then the sign-in must not be long ago. */
  password: z.string().min(1).max(LIMITS.passwordBytes).optional(),
})
/** Shows that it is the user himself who has his account erased. */
export type EraseAccountInput = z.input<typeof eraseAccountSchema>
