import {
  deleteMessageSchema,
  editMessageSchema,
  listMessagesSchema,
  markInputSchema,
  markOutputSchema,
  messagePageSchema,
  messageSchema,
  receiptCountInputSchema,
  receiptCountSchema,
  sendInputSchema,
  sendOutputSchema,
} from '@tidings/protocol'
import { deleteMessage, editMessage } from '../services/message-change.ts'
import { countMessageReceipts } from '../services/receipt.ts'
import { deliveredCall, listMessagesCall, readCall, sendCall } from './hot-calls.ts'
import { authedProcedure, router } from './trpc.ts'

/** Sending, changing, receipts and history. */
export const messageRouter = router({
  send: authedProcedure
    .meta({ rpc: 40, openapi: { method: 'POST', path: '/messages' } })
    .input(sendInputSchema)
    .output(sendOutputSchema)
    .mutation(({ ctx, input }) => sendCall.run(ctx, input)),

  delivered: authedProcedure
    .meta({ rpc: 41, openapi: { method: 'POST', path: '/messages/delivered' } })
    .input(markInputSchema)
    .output(markOutputSchema)
    .mutation(({ ctx, input }) => deliveredCall.run(ctx, input)),

  read: authedProcedure
    .meta({ rpc: 42, openapi: { method: 'POST', path: '/messages/read' } })
    .input(markInputSchema)
    .output(markOutputSchema)
    .mutation(({ ctx, input }) => readCall.run(ctx, input)),

  edit: authedProcedure
    .meta({ rpc: 43, openapi: { method: 'POST', path: '/messages/edit' } })
    .input(editMessageSchema)
    .output(messageSchema)
    .mutation(({ ctx, input }) => editMessage(ctx.deps, ctx.actor, input)),

  delete: authedProcedure
    .meta({ rpc: 44, openapi: { method: 'POST', path: '/messages/delete' } })
    .input(deleteMessageSchema)
    .output(messageSchema)
    .mutation(({ ctx, input }) => deleteMessage(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({ openapi: { method: 'GET', path: '/conversations/{conversationId}/messages' } })
    .input(listMessagesSchema)
    .output(messagePageSchema)
    .query(({ ctx, input }) => listMessagesCall.run(ctx, input)),

  receiptCount: authedProcedure
    .meta({ openapi: { method: 'GET', path: '/conversations/{conversationId}/receipts/{seq}' } })
    .input(receiptCountInputSchema)
    .output(receiptCountSchema)
    .query(({ ctx, input }) => countMessageReceipts(ctx.deps, ctx.actor, input)),
})
