import type { ConversationItem, MessageItem, MessageListState, NoKinds } from '@tidings/sdk'

/** What this page shows: conversations and messages without kinds of an app's own. */
export type ShownConversation = ConversationItem<NoKinds>
export type ShownMessage = MessageItem<NoKinds>
export type ShownMessages = MessageListState<NoKinds>
