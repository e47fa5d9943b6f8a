'use client'
import type { NoKinds } from '../index.ts'
import { createHooks } from './create-hooks.ts'
import type { TidingsHooks } from './hooks.ts'

export { createHooks } from './create-hooks.ts'
export type { TidingsHooks, TidingsProviderProps } from './hooks.ts'
export type { Messages } from './use-messages.ts'
export type { MessageActions, MessageOf } from './use-send.ts'
export type { Typing } from './use-typing.ts'

const hooks: TidingsHooks<NoKinds> = /* @__PURE__ */ createHooks()

/** {@link TidingsHooks.TidingsProvider} of an app without kinds of its own; for own kinds see {@link createHooks}. */
export const TidingsProvider: TidingsHooks<NoKinds>['TidingsProvider'] = hooks.TidingsProvider
/** {@link TidingsHooks.useClient} of an app without kinds of its own. */
export const useClient: TidingsHooks<NoKinds>['useClient'] = hooks.useClient
/** {@link TidingsHooks.useUser} of an app without kinds of its own. */
export const useUser: TidingsHooks<NoKinds>['useUser'] = hooks.useUser
/** {@link TidingsHooks.useConversations} of an app without kinds of its own. */
export const useConversations: TidingsHooks<NoKinds>['useConversations'] = hooks.useConversations
/** {@link TidingsHooks.useConversation} of an app without kinds of its own. */
export const useConversation: TidingsHooks<NoKinds>['useConversation'] = hooks.useConversation
/** {@link TidingsHooks.useMessages} of an app without kinds of its own. */
export const useMessages: TidingsHooks<NoKinds>['useMessages'] = hooks.useMessages
/** {@link TidingsHooks.useSend} of an app without kinds of its own. */
export const useSend: TidingsHooks<NoKinds>['useSend'] = hooks.useSend
/** {@link TidingsHooks.useTyping} of an app without kinds of its own. */
export const useTyping: TidingsHooks<NoKinds>['useTyping'] = hooks.useTyping
/** {@link TidingsHooks.useUnread} of an app without kinds of its own. */
export const useUnread: TidingsHooks<NoKinds>['useUnread'] = hooks.useUnread
/** {@link TidingsHooks.useConnection} of an app without kinds of its own. */
export const useConnection: TidingsHooks<NoKinds>['useConnection'] = hooks.useConnection
/** {@link TidingsHooks.useMembers} of an app without kinds of its own. */
export const useMembers: TidingsHooks<NoKinds>['useMembers'] = hooks.useMembers
/** {@link TidingsHooks.usePresence} of an app without kinds of its own. */
export const usePresence: TidingsHooks<NoKinds>['usePresence'] = hooks.usePresence
/** {@link TidingsHooks.useNotifications} of an app without kinds of its own. */
export const useNotifications: TidingsHooks<NoKinds>['useNotifications'] = hooks.useNotifications
