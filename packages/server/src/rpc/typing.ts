import { typingInputSchema } from '@tidings/protocol'
import * as z from 'zod'
import { startTypingCall, stopTypingCall } from './hot-calls.ts'
import { authedProcedure, router } from './trpc.ts'

const typing = '/conversations/{conversationId}/typing' as const

export const typingRouter = router({
  start: authedProcedure
    .meta({ rpc: 60, openapi: { method: 'POST', path: typing } })
    .input(typingInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => startTypingCall.run(ctx, input)),

  stop: authedProcedure
    .meta({ rpc: 61, openapi: { method: 'DELETE', path: typing } })
    .input(typingInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => stopTypingCall.run(ctx, input)),
})
