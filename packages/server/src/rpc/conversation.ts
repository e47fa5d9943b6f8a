import {
  conversationPageSchema,
  conversationRefSchema,
  conversationSchema,
  openConversationSchema,
  pageInputSchema,
} from '@tidings/protocol'
import { getConversation, listConversations, openConversation } from '../services/conversation.ts'
import { authedProcedure, router } from './trpc.ts'

export const conversationRouter = router({
  open: authedProcedure
    .meta({ openapi: { method: 'POST', path: '/conversations' } })
    .input(openConversationSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => openConversation(ctx.deps, ctx.actor, input)),

  get: authedProcedure
    .meta({ openapi: { method: 'GET', path: '/conversations/{conversationId}' } })
    .input(conversationRefSchema)
    .output(conversationSchema)
    .query(({ ctx, input }) => getConversation(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({ openapi: { method: 'GET', path: '/conversations' } })
    .input(pageInputSchema)
    .output(conversationPageSchema)
    .query(({ ctx, input }) => listConversations(ctx.deps, ctx.actor, input)),
})
