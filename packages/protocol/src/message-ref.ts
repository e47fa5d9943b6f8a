import * as z from 'zod'
import { clientMessageIdSchema, idSchema } from './ids.ts'

/** One message: by its id, or, as the caller's own, by the id under which he sent it. */
export const messageRefSchema = z.object({
  conversationId: idSchema,
  messageId: idSchema.optional(),
  clientMessageId: clientMessageIdSchema.optional(),
})
/** One message: by its id, or, as the caller's own, by the id under which he sent it. */
export type MessageRef = z.infer<typeof messageRefSchema>

/** What is wrong with a reference that names no message, or one twice. */
export const ONE_REF = {
  error: 'give messageId or clientMessageId, and not both',
  path: ['messageId'],
}

/** True of a reference that names its message in one of the two ways. */
export function namesOne({ messageId, clientMessageId }: MessageRef): boolean {
  return (messageId === undefined) !== (clientMessageId === undefined)
}
