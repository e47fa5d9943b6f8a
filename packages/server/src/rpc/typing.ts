import { typingInputSchema } from '@tidings/protocol'
import { z } from 'zod'
import { startTyping, stopTyping } from '../services/typing.ts'
import { authedProcedure, router } from './trpc.ts'

const typing = '/conversations/{conversationId}/typing' as const

export const typingRouter = router({
  start: authedProcedure
    .meta({ rpc: 60, openapi: { method: 'POST', path: typing } })
    .input(typingInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => startTyping(ctx.deps, ctx.actor, input)),

  stop: authedProcedure
    .meta({ rpc: 61, openapi: { method: 'DELETE', path: typing } })
    .input(typingInputSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => stopTyping(ctx.deps, ctx.actor, input)),
})
