import * as z from 'zod'
import { idSchema } from './ids.ts'

export const typingInputSchema = z.object({ conversationId: idSchema })
/** Where somebody is writing. */
export type TypingInput = z.infer<typeof typingInputSchema>
