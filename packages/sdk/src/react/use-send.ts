import { useMemo } from 'react'
import type { BodyOf, Kinds, MessageItem, Sending, TidingsClient } from '../index.ts'

/** What the user does with messages of one conversation. The promises may be left alone: the store shows what fails. */
export interface MessageActions<K extends Kinds> {
  /**
   * Sends a text, or a body of the app's own kind. The message is in `useMessages` at once; the promise, and what it is
   * rejected with, is that of `client.message.send`.
   */
  send(body: string | BodyOf<K>): Sending<K>
  /** Sends a message that has failed once more. @throws TidingsError NOT_FOUND when it has not failed */
  retry(message: MessageOf<K>): Sending<K>
  /** Gives up a message that has failed, or has not been sent yet. */
  discard(message: MessageOf<K>): Promise<void>
  /** Gives an own message another body. One that is still on its way is edited after it has arrived. */
  edit(message: MessageOf<K>, body: string | BodyOf<K>): Promise<void>
  /** Deletes a message for everybody. */
  remove(message: MessageOf<K>): Promise<void>
  /** Takes a message out of this user's own view. */
  hide(message: MessageOf<K>): Promise<void>
  /** Gives a reaction to a message, or takes back the user's own. */
  react(message: MessageOf<K> & Pick<MessageItem<K>, 'reactions'>, reaction: string): Promise<void>
}

/** As much of a message as names it. */
export type MessageOf<K extends Kinds> = Pick<MessageItem<K>, 'id' | 'clientMessageId'>

export function useSendOf<K extends Kinds>(
  client: TidingsClient<K>,
  conversationId: string,
): MessageActions<K> {
  return useMemo(() => actionsOf(client, conversationId), [client, conversationId])
}

function actionsOf<K extends Kinds>(
  { message: messages }: TidingsClient<K>,
  conversationId: string,
): MessageActions<K> {
  return {
    send: (body) => messages.send({ conversationId, body: bodyOf<K>(body) }),
    retry: (message) => messages.retry({ clientMessageId: ownIdOf(message) }),
    discard: (message) => quiet(messages.discard({ clientMessageId: ownIdOf(message) })),
    edit: (message, body) =>
      quiet(messages.edit({ conversationId, ...nameOf(message), body: bodyOf<K>(body) })),
    remove: (message) => quiet(messages.delete({ conversationId, ...nameOf(message) })),
    hide: (message) => quiet(messages.hide({ conversationId, ...nameOf(message) })),
    react(message, reaction) {
      const remove = message.reactions.some((one) => one.reaction === reaction && one.own)
      const change = { conversationId, ...nameOf(message), reaction, remove }
      return quiet(messages.react(change).then(() => undefined))
    },
  }
}

function bodyOf<K extends Kinds>(body: string | BodyOf<K>): BodyOf<K> {
  return typeof body === 'string' ? { kind: 'text', text: body } : body
}

function nameOf(message: MessageOf<Kinds>) {
  return message.id === undefined
    ? { clientMessageId: ownIdOf(message) }
    : { messageId: message.id }
}

/** Somebody else's message may have none; the empty one is no message's, and NOT_FOUND. */
function ownIdOf({ clientMessageId }: MessageOf<Kinds>): string {
  return clientMessageId ?? ''
}

/** The same promise, and no complaint of the platform when nobody looks at it. */
function quiet(work: Promise<void>): Promise<void> {
  work.catch(() => undefined)
  return work
}
