import type { ReactElement, ReactNode } from 'react'
import type {
  ConnectionState,
  ConversationItem,
  ConversationList,
  Kinds,
  MemberItem,
  NotificationList,
  Presence,
  StoreUser,
  TidingsClient,
} from '../index.ts'
import type { Messages } from './use-messages.ts'
import type { MessageActions } from './use-send.ts'
import type { Typing } from './use-typing.ts'

/** What {@link TidingsHooks.TidingsProvider} takes. */
export interface TidingsProviderProps<K extends Kinds> {
  readonly client: TidingsClient<K>
  readonly children?: ReactNode
}

/**
 * The hooks of one app. Each shows a part of the client's store: the component renders again when that part has changed,
 * and for nothing else. What they answer keeps its identity until it changes, so that `memo` and effects can rely on it.
 */
export interface TidingsHooks<K extends Kinds> {
  /** Gives a client to everything inside. It neither connects nor closes it: the client outlives what is on the screen. */
  readonly TidingsProvider: (props: TidingsProviderProps<K>) => ReactElement
  /** The client of the nearest provider. @throws Error outside of one */
  readonly useClient: () => TidingsClient<K>
  /** Who is signed in, once it is known. */
  readonly useUser: () => StoreUser | undefined
  /** The conversations, newest activity first. An item stays the same until something of that conversation changes. */
  readonly useConversations: () => ConversationList<K>
  /** One conversation: a row of the list, or the head of a page. Undefined when it is not known (yet). */
  readonly useConversation: (conversationId: string) => ConversationItem<K> | undefined
  /** A conversation's messages, ascending, one's own unsent ones last. */
  readonly useMessages: (conversationId: string) => Messages<K>
  /** What the user does with messages: send, retry, discard, edit, remove, hide, react. Never renders anything again. */
  readonly useSend: (conversationId: string) => MessageActions<K>
  /** Who else types, and how to tell that this user does. */
  readonly useTyping: (conversationId: string) => Typing
  /** How many messages are unread: in one conversation, or in all of them. */
  readonly useUnread: (conversationId?: string) => number
  /** Where the connection stands. */
  readonly useConnection: () => ConnectionState
  /** Who is in a conversation, with how far messages were delivered to each, and read. */
  readonly useMembers: (conversationId: string) => readonly MemberItem[]
  /** The user's system notifications, newest first, and how many are not read. */
  readonly useNotifications: () => NotificationList
  /** Whether a user is online, and since when not. Undefined until it is known. */
  readonly usePresence: (userId: string) => Presence | undefined
}
