import { z } from 'zod'
import { idSchema } from './ids.ts'

export const typingInputSchema = z.object({ conversationId: idSchema })
export type TypingInput = z.infer<typeof typingInputSchema>
