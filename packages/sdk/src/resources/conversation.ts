import type {
  Conversation,
  ConversationPage,
  HideConversationInput,
  ListConversationsInput,
  MarkUnreadInput,
  OpenConversationInput,
  Preference,
  UnreadTotal,
  UpdatePreferenceInput,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** The user's conversations: direct ones, groups, and his notes to himself. */
export interface ConversationResource {
  /**
   * The one direct conversation with a user, made at the first time; with himself, the notes to himself.
   * @throws TidingsError NOT_FOUND
   */
  open(user: OpenConversationInput): Promise<Conversation>
  /**
   * The direct conversation with a user; null while there is none. Nothing is made.
   * @throws TidingsError NOT_FOUND for an unknown user
   */
  findDirect(user: OpenConversationInput): Promise<Conversation | null>
  /** @throws TidingsError NOT_FOUND */
  get(input: { readonly conversationId: string }): Promise<Conversation>
  /** Newest activity first; a page at a time, by cursor or by number. All but the hidden ones, unless it says otherwise. */
  list(page?: ListConversationsInput): Promise<ConversationPage>
  /** What is unread in all conversations, and how much of it is muted. */
  countUnread(): Promise<UnreadTotal>
  /**
   * Mutes, archives, pins, or keeps data of the app's own; what is left out stays. For this user alone, on all his devices.
   * @throws TidingsError NOT_FOUND
   * @example
   * ```ts
   * await client.conversation.updatePreference({ conversationId, mutedUntil: FOREVER })
   * ```
   */
  updatePreference(preference: UpdatePreferenceInput): Promise<Preference>
  /**
   * Takes a conversation out of the list until something is sent there again, and what is there now out of sight for ever:
   * for this user alone, on all his devices. By default up to what this client knows, so that nothing is lost unseen.
   * @throws TidingsError NOT_FOUND
   */
  hide(conversation: HideConversationInput): Promise<void>
  /**
   * Marks as unread from a message on, until it is read: for this user alone, on all his devices. Others see no difference.
   * A `message.read` that has not been answered may come after it and undo it: wait for that first.
   * @throws TidingsError NOT_FOUND
   */
  markUnread(message: MarkUnreadInput): Promise<void>
}

export function createConversation(
  rpc: Rpc,
  headOf: (conversationId: string) => number | undefined,
): ConversationResource {
  return {
    open: (user) => rpc('conversation.open', user),
    findDirect: (user) => rpc('conversation.findDirect', user),
    get: (input) => rpc('conversation.get', input),
    list: (page = {}) => rpc('conversation.list', page),
    countUnread: () => rpc('conversation.countUnread', undefined),
    updatePreference: (preference) => rpc('conversation.updatePreference', preference),
    hide: ({ conversationId, seq = headOf(conversationId) }) =>
      rpc('conversation.hide', { conversationId, seq }),
    markUnread: ({ conversationId, seq }) =>
      rpc('conversation.markUnread', { conversationId, seq }),
  }
}
