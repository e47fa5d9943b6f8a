import type { MessageBody, ShownBody, Reply } from '@tidings/protocol/wire'

/** What a message says: its body, and what stands beside it. */
export interface MessageContent {
  readonly body: MessageBody
  readonly replyTo?: Reply | undefined
  /** Users by their ids, each once. */
  readonly mentions?: readonly string[] | undefined
}

/** What a row of message.created shows of a message; nothing is beside the body of one that was deleted. */
export interface ShownContent {
  readonly body: ShownBody
  readonly replyTo?: Reply
  readonly mentions?: string[]
}

/**
 * What is kept in the row of a message: the body alone, or, with something beside it, an object that begins with
 * `"body"`. Its text without the outer braces is a part of the message on the wire: `stores/event-json.ts` cuts it out.
 */
export function toStored({ body, replyTo, mentions = [] }: MessageContent): unknown {
  if (replyTo === undefined && mentions.length === 0) return body
  return {
    body,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions.length === 0 ? {} : { mentions }),
  }
}

/** The reverse of {@link toStored}. */
export function toContent(stored: unknown): ShownContent {
  // What the journal wrote it reads: a schema here would be paid for by every event of every catching up.
  // oxlint-disable-next-line typescript/consistent-type-assertions
  return hasBeside(stored) ? stored : { body: stored as ShownBody }
}

/** True of what is kept of a message that says something besides its body. No body has a field of the name `body`. */
export function hasBeside(stored: unknown): stored is ShownContent {
  return typeof stored === 'object' && stored !== null && 'body' in stored
}
