import type { Conversation } from '@tidings/protocol/wire'
import { CONVERSATION } from './fake-client.ts'

/** A direct conversation with bob as the server describes it, in which nothing has been said yet. */
export function conversationOf(more: Partial<Conversation> = {}): Conversation {
  return {
    id: CONVERSATION,
    ...{ kind: 'direct', name: null, joinPolicy: 'invite', history: 'all', memberCount: 2 },
    ...{ createdAt: 1, activeAt: 1, role: 'member', deliveredSeq: 0, readSeq: 0, head: 0 },
    ...{ unread: 0, unreadMentions: 0, lastMessage: null, othersDeliveredSeq: 0, othersReadSeq: 0 },
    ...{ data: null, shownReadSeq: 0, unreadFrom: null, clearedSeq: 0, hidden: false },
    preference: { mutedUntil: null, archived: false, pinnedAt: null, data: null },
    peer: { id: 'id-of-bob', username: 'bob' },
    ...more,
  }
}
