import { typingInputSchema } from '@tidings/protocol'
import * as z from 'zod'
import { demandOf, startTypingCall, stopTypingCall } from './hot-calls.ts'
import { authedProcedure, router } from './trpc.ts'

const typing = '/conversations/{conversationId}/typing' as const

export const typingRouter = router({
  start: authedProcedure
    .meta({
      ...demandOf(startTypingCall),
      rpc: 60,
      openapi: {
        method: 'POST',
        path: typing,
        summary: 'Says that the caller writes; ends by itself after 6 s.',
      },
    })
    .input(typingInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => startTypingCall.run(ctx, input)),

  stop: authedProcedure
    .meta({
      ...demandOf(stopTypingCall),
      rpc: 61,
      openapi: { method: 'DELETE', path: typing, summary: 'Says that the caller writes no more.' },
    })
    .input(typingInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => stopTypingCall.run(ctx, input)),
})
