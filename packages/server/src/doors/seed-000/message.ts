import type { Message, ShownBody } from '@tidings/protocol/wire'
import type { JsonObject } from '../rest/body.ts'

/** What seed 000 knows of a message besides what it says. */
export interface Delivery {
  readonly targetUserId: string
  readonly delivered: boolean
  readonly read: boolean
}

/** As much of a message as is shown. One that was just sent has not been edited. */
type Shown = Pick<Message, 'id' | 'senderId' | 'body' | 'seq' | 'createdAt'> &
  Partial<Pick<Message, 'editedAt'>>

/** A message in the words of seed 000: its flags are "0" and "1". */
export function toSeedMessage(
  { id, senderId, body, seq, createdAt, editedAt = null }: Shown,
  { targetUserId, delivered, read }: Delivery,
): JsonObject {
  return {
    id,
    send_user_id: senderId,
    target_user_id: targetUserId,
    content: contentOf(body),
    received: delivered ? '1' : '0',
    readed: read ? '1' : '0',
    message_sequence: seq,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(editedAt ?? createdAt).toISOString(),
  }
}

/** A text, the link of an image or a video, else the data of the kind as JSON; null once deleted. */
function contentOf(body: ShownBody): string | null {
  if ('text' in body) return body.text
  if ('url' in body) return body.url
  return 'data' in body ? JSON.stringify(body.data) : null
}
