import type { ConversationItem, MessageItem, MessageListState, NoKinds } from '@tidings/sdk'

/** What this page shows: conversations and messages of text alone. */
export type ShownConversation = ConversationItem<NoKinds>
export type ShownMessage = MessageItem<NoKinds>
export type ShownMessages = MessageListState<NoKinds>
