import type { Message, ShownBody } from '@tidings/protocol/wire'

/** A message of a direct conversation, as seed 001 writes it in a thread and on its WebSocket. */
export interface SeedMessage {
  readonly author: string
  readonly recipient: string
  /** A text, the link of an image or video, or else the data of the kind as JSON; empty once deleted. */
  readonly message: string
  /** 0 text, 1 image, 2 video, 3 a kind of the app's own, 4 deleted. */
  readonly message_type: number
  /** RFC 3339. */
  readonly created_at: string
}

/** The two of a direct conversation, by name. */
export interface Correspondents {
  readonly userId: string
  readonly username: string
  readonly peer: string
}

/** @param correspondents as one of the two sees it */
export function toSeedMessage(
  { senderId, body, createdAt }: Pick<Message, 'senderId' | 'body' | 'createdAt'>,
  { userId, username, peer }: Correspondents,
): SeedMessage {
  const isOwn = senderId === userId
  return {
    author: isOwn ? username : peer,
    recipient: isOwn ? peer : username,
    ...contentOf(body),
    created_at: toTime(createdAt),
  }
}

/** What a message says, in a line of text. */
export function contentOf(body: ShownBody): Pick<SeedMessage, 'message' | 'message_type'> {
  if ('text' in body) return { message: body.text, message_type: 0 }
  if ('data' in body) return { message: JSON.stringify(body.data), message_type: 3 }
  if ('url' in body) return { message: body.url, message_type: body.kind === 'image' ? 1 : 2 }
  return { message: '', message_type: 4 }
}

/** A time of ours (milliseconds) as RFC 3339 has it. */
export function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
