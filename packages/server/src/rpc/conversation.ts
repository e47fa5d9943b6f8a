import {
  conversationPageSchema,
  conversationRefSchema,
  conversationSchema,
  hideConversationSchema,
  listConversationsSchema,
  markUnreadSchema,
  openConversationSchema,
  preferenceSchema,
  unreadTotalSchema,
  updatePreferenceSchema,
  type Conversation,
  type UserRef,
} from '@tidings/protocol'
import * as z from 'zod'
import {
  countUnread,
  findDirectConversation,
  getConversation,
  listConversations,
  openConversation,
  openToSend,
} from '../services/conversation.ts'
import { hideConversation, markUnread, updatePreference } from '../services/own-view.ts'
import { demandOf, type HotCall } from './hot-calls.ts'
import { authedProcedure, router } from './trpc.ts'

const conversation = '/conversations/{conversationId}' as const

/** `conversation.open` for a message that follows at once. */
export const openToSendCall: HotCall<UserRef, Conversation> = {
  path: 'conversation.open',
  scope: 'conversations:write',
  schema: openConversationSchema,
  run: ({ deps, actor }, input) => openToSend(deps, actor, input),
}

export const conversationRouter = router({
  open: authedProcedure
    .meta({
      ...demandOf(openToSendCall),
      openapi: {
        method: 'POST',
        path: '/conversations',
        summary: 'Opens the one direct conversation with a user; makes it at the first time.',
      },
    })
    .input(openConversationSchema)
    .output(conversationSchema)
    .mutation(({ ctx, input }) => openConversation(ctx.deps, ctx.actor, input)),

  findDirect: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'GET',
        path: '/conversations/direct',
        summary: 'The direct conversation with a user, if there is one; nothing is made.',
      },
    })
    .input(openConversationSchema)
    .output(conversationSchema.nullable())
    .query(({ ctx, input }) => findDirectConversation(ctx.deps, ctx.actor, input)),

  get: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'GET',
        path: conversation,
        summary: 'A conversation, as the caller sees it.',
      },
    })
    .input(conversationRefSchema)
    .output(conversationSchema)
    .query(({ ctx, input }) => getConversation(ctx.deps, ctx.actor, input)),

  list: authedProcedure
    .meta({
      scope: 'conversations:read',
      whenLimited: true,
      openapi: {
        method: 'GET',
        path: '/conversations',
        summary: "The caller's conversations, newest activity first.",
      },
    })
    .input(listConversationsSchema)
    .output(conversationPageSchema)
    .query(({ ctx, input }) => listConversations(ctx.deps, ctx.actor, input)),

  countUnread: authedProcedure
    .meta({
      scope: 'conversations:read',
      openapi: {
        method: 'GET',
        path: '/conversations/unread',
        summary: 'What is unread in all conversations together.',
      },
    })
    .output(unreadTotalSchema)
    .query(({ ctx }) => countUnread(ctx.deps, ctx.actor)),

  updatePreference: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'PATCH',
        path: `${conversation}/preference`,
        summary: 'Mutes, archives or pins a conversation for the caller alone.',
      },
    })
    .input(updatePreferenceSchema)
    .output(preferenceSchema)
    .mutation(({ ctx, input }) => updatePreference(ctx.deps, ctx.actor, input)),

  hide: authedProcedure
    .meta({
      scope: 'conversations:write',
      openapi: {
        method: 'POST',
        path: `${conversation}/hide`,
        summary: 'Takes a conversation out of the list of the caller, until something new arrives.',
      },
    })
    .input(hideConversationSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => hideConversation(ctx.deps, ctx.actor, input)),

  markUnread: authedProcedure
    .meta({
      scope: 'messages:send',
      openapi: {
        method: 'POST',
        path: `${conversation}/unread`,
        summary: 'Marks a conversation as unread again from a message on.',
      },
    })
    .input(markUnreadSchema)
    .output(z.void())
    .mutation(({ ctx, input }) => markUnread(ctx.deps, ctx.actor, input)),
})
