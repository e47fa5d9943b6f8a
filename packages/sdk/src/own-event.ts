import type { Event, Sent } from '@tidings/protocol/wire'
import type { Position } from '@tidings/protocol/sync'
import { toWire } from './lane.ts'
import type { OutboxRow } from './store/rows.ts'

/** The event that the acknowledgement of an own message stands for. */
export function toOwnEvent({ body }: OutboxRow, sent: Sent, senderId: string): Event {
  const { messageId, conversationId, clientMessageId, stream, seq, tag, timestamp } = sent
  if (body === undefined) throw new TypeError('a message without a body')
  return {
    stream,
    seq,
    tag,
    timestamp,
    type: 'message.created',
    body: {
      message: {
        id: messageId,
        conversationId,
        seq,
        senderId,
        clientMessageId,
        body,
        ...toWire(sent),
        createdAt: timestamp,
        editedAt: null,
      },
    },
  }
}

/** Whether a position tells that the event of an acknowledgement has come already. */
export function hasCome({ seq, tag }: Sent, position: Position | undefined): boolean {
  if (position === undefined) return false
  return position.seq > seq || (position.seq === seq && position.tag === tag)
}
