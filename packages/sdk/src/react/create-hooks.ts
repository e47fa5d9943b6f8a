import { createContext, createElement, useContext, type Context } from 'react'
import type { Kinds, NoKinds, TidingsClient } from '../index.ts'
import type { TidingsHooks } from './hooks.ts'
import { useMessagesOf } from './use-messages.ts'
import { useSendOf } from './use-send.ts'
import {
  useConnectionOf,
  useConversationOf,
  useConversationsOf,
  useMembersOf,
  useNotificationsOf,
  usePresenceOf,
  useUnreadOf,
  useUserOf,
} from './use-store.ts'
import { useTypingOf } from './use-typing.ts'

/**
 * Makes hooks and a provider that know an app's own message kinds. Call it once, in a module of its own.
 *
 * @example
 * ```ts
 * import { createHooks } from '@tidings/sdk/react'
 * import { z } from 'zod'
 *
 * export const kinds = { poll: z.object({ question: z.string(), options: z.array(z.string()) }) }
 * export const { TidingsProvider, useMessages, useSend } = createHooks<typeof kinds>()
 * ```
 */
export function createHooks<K extends Kinds = NoKinds>(): TidingsHooks<K> {
  const context: Context<TidingsClient<K> | undefined> = createContext<
    TidingsClient<K> | undefined
  >(undefined)
  const useClient = (): TidingsClient<K> => {
    const client = useContext(context)
    if (client === undefined)
      throw new Error('There is no <TidingsProvider> around this component.')
    return client
  }
  return {
    TidingsProvider: ({ client, children }) =>
      createElement(context.Provider, { value: client }, children),
    useClient,
    useUser: () => useUserOf(useClient()),
    useConversations: () => useConversationsOf(useClient()),
    useConversation: (conversationId) => useConversationOf(useClient(), conversationId),
    useMessages: (conversationId) => useMessagesOf(useClient(), conversationId),
    useSend: (conversationId) => useSendOf(useClient(), conversationId),
    useTyping: (conversationId) => useTypingOf(useClient(), conversationId),
    useUnread: (conversationId) => useUnreadOf(useClient(), conversationId),
    useConnection: () => useConnectionOf(useClient()),
    useMembers: (conversationId) => useMembersOf(useClient(), conversationId),
    useNotifications: () => useNotificationsOf(useClient()),
    usePresence: (userId) => usePresenceOf(useClient(), userId),
  }
}
