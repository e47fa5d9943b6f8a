import type {
  Conversation,
  ConversationPage,
  OpenConversationInput,
  PageInput,
} from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'

/** The user's conversations, direct ones and groups. */
export interface ConversationResource {
  /**
   * The one direct conversation with a user, made at the first time.
   * @throws TidingsError NOT_FOUND
   */
  open(user: OpenConversationInput): Promise<Conversation>
  /** @throws TidingsError NOT_FOUND */
  get(input: { readonly conversationId: string }): Promise<Conversation>
  /** Newest activity first; a page at a time. */
  list(page?: PageInput): Promise<ConversationPage>
}

export function createConversation(rpc: Rpc): ConversationResource {
  return {
    open: (user) => rpc('conversation.open', user),
    get: (input) => rpc('conversation.get', input),
    list: (page = {}) => rpc('conversation.list', page),
  }
}
