import {
  deleteMessageSchema,
  directPageSchema,
  editMessageSchema,
  getMessageSchema,
  hideMessageSchema,
  listDirectSchema,
  listMessagesSchema,
  listReceiptsSchema,
  listVersionsSchema,
  markInputSchema,
  markOutputSchema,
  messagePageSchema,
  messageSchema,
  reactSchema,
  countReceiptsSchema,
  readInputSchema,
  receiptCountSchema,
  receiptPageSchema,
  searchMessagesSchema,
  searchPageSchema,
  sendInputSchema,
  sendOutputSchema,
  versionPageSchema,
} from '@tidings/protocol'
import * as z from 'zod'
import { deleteMessage, editMessage } from '../services/message-change.ts'
import { listDirectPage } from '../services/direct-messages.ts'
import { hideMessage } from '../services/message-hiding.ts'
import { getMessage, listVersions } from '../services/message-history.ts'
import { reactToMessage } from '../services/message-reaction.ts'
import { countMessageReceipts, listMessageReceipts } from '../services/receipt.ts'
import { searchMessages } from '../services/search/search.ts'
import {
  demandOf,
  markDeliveredCall,
  listMessagesCall,
  markReadCall,
  sendCall,
} from './hot-calls.ts'
import { authedProcedure, router } from './trpc.ts'

/** Sending, changing, receipts and history. */
export const messageRouter = router({
  send: authedProcedure
    .meta({
      ...demandOf(sendCall),
      rpc: 40,
      openapi: {
        method: 'POST',
        path: '/messages',
        summary: 'Sends a message, or several as an array. Acknowledged once it is durable.',
      },
    })
    .input(sendInputSchema)
    .output(sendOutputSchema)
    .mutation(({ ctx, input }) => sendCall.run(ctx, input)),

  delivered: authedProcedure
    .meta({
      ...demandOf(markDeliveredCall),
      rpc: 41,
      openapi: {
        method: 'POST',
        path: '/messages/delivered',
        summary: 'Says up to where messages have arrived.',
      },
    })
    .input(markInputSchema)
    .output(markOutputSchema)
    .mutation(({ ctx, input }) => markDeliveredCall.run(ctx, input)),

  read: authedProcedure
    .meta({
      ...demandOf(markReadCall),
      rpc: 42,
      openapi: {
        method: 'POST',
        path: '/messages/read',
        summary: 'Says up to where messages were read.',
      },
    })
    .input(readInputSchema)
    .output(markOutputSchema)
    .mutation(({ ctx, input }) => markReadCall.run(ctx, input)),

  edit: authedProcedure
    .meta({
      scope: 'messages:send',
      rpc: 43,
      openapi: {
        method: 'POST',
        path: '/messages/edit',
        summary: "Puts another body in the place of a message's.",
      },
    })
    .input(editMessageSchema)
    .output(messageSchema)
    .mutation(({ ctx, input }) => editMessage(ctx.deps, ctx.actor, input)),

  delete: authedProcedure
    .meta({
      scope: 'messages:send',
      rpc: 44,
      openapi: { method: 'POST', path: '/messages/delete', summary: 'Deletes a message for all.' },
    })
    .input(deleteMessageSchema)
    .output(messageSchema)
    .mutation(({ ctx, input }) => deleteMessage(ctx.deps, ctx.actor, input)),

  react: authedProcedure
    .meta({
      scope: 'messages:send',
      rpc: 45,
      openapi: {
        method: 'POST',
        path: '/messages/react',
        summary: 'Gives a reaction to a message, or takes it back.',
      },
    })
    .input(reactSchema)
    .output(messageSchema)
    .mutation(({ ctx, input }) => reactToMessage(ctx.deps, ctx.actor, input)),

  hide: authedProcedure
    .meta({
      scope: 'messages:send',
      openapi: {
        method: 'POST',
        path: '/messages/hide',
        summary: 'Hides a message from oneself, on all devices.',
      },
    })
    .input(hideMessageSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => hideMessage(ctx.deps, ctx.actor, input)),

  get: authedProcedure
    .meta({
      scope: 'messages:read',
      whenLimited: true,
      openapi: {
        method: 'GET',
        path: '/messages/{messageId}',
        summary: 'One message, with the reactions to it.',
      },
    })
    .input(getMessageSchema)
    .output(messageSchema)
    .query(({ ctx, input }) => getMessage(ctx.deps, ctx.actor, input)),

  listVersions: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/conversations/{conversationId}/messages/{messageId}/versions',
        summary: 'What a message has said, what it says now first.',
      },
    })
    .input(listVersionsSchema)
    .output(versionPageSchema)
    .query(({ ctx, input }) => listVersions(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({
      ...demandOf(listMessagesCall),
      openapi: {
        method: 'GET',
        path: '/conversations/{conversationId}/messages',
        summary: 'History, newest first: by cursor or by page.',
      },
    })
    .input(listMessagesSchema)
    .output(messagePageSchema)
    .query(({ ctx, input }) => listMessagesCall.run(ctx, input)),

  listDirect: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/messages/direct',
        summary: 'Direct messages that one has sent, or got, over all conversations.',
      },
    })
    .input(listDirectSchema)
    .output(directPageSchema)
    .query(({ ctx, input }) => listDirectPage(ctx.deps, ctx.actor, input)),

  search: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/messages/search',
        summary: 'Searches what one may see, newest first.',
      },
    })
    .input(searchMessagesSchema)
    .output(searchPageSchema)
    .query(({ ctx, input }) => searchMessages(ctx.deps, ctx.actor, input)),

  countReceipts: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/conversations/{conversationId}/receipts/{seq}/count',
        summary:
          'To how many members everything up to a seq was delivered, and how many have read it.',
      },
    })
    .input(countReceiptsSchema)
    .output(receiptCountSchema)
    .query(({ ctx, input }) => countMessageReceipts(ctx.deps, ctx.actor, input)),

  listReceipts: authedProcedure
    .meta({
      scope: 'messages:read',
      openapi: {
        method: 'GET',
        path: '/conversations/{conversationId}/receipts/{seq}',
        summary: 'To whom a message was delivered, and who has read it.',
      },
    })
    .input(listReceiptsSchema)
    .output(receiptPageSchema)
    .query(({ ctx, input }) => listMessageReceipts(ctx.deps, ctx.actor, input)),
})
