import { nameKey, type NoKinds, type Sending } from '@tidings/sdk'
import type { ConversationParts } from './parts.ts'

/** What a message says besides its body: which one it answers, and which members are named in its text with an @. */
export function besideOf(parts: ConversationParts, text: string) {
  const { answering, conversationId } = parts
  const mentions = mentionedIn(parts, text)
  const named = mentions.length === 0 ? {} : { mentions }
  return { conversationId, replyTo: answering.get()?.id, ...named }
}

/** Ids of the members who are named in a text, as `@name`. */
export function mentionedIn({ person, conversationId }: ConversationParts, text: string): string[] {
  const names = new Set(text.match(/@[^\s@]+/gu)?.map((name) => nameKey(name.slice(1))))
  if (names.size === 0) return []
  const members = person.client.store.members(conversationId).get()
  // A name may be followed by a comma or the end of a sentence.
  const isNamed = (username: string): boolean =>
    [...names].some(
      (name) => name === username || name.replace(/[^\p{L}\p{N}]+$/u, '') === username,
    )
  return members.filter(({ username }) => isNamed(nameKey(username))).map(({ userId }) => userId)
}

/**
 * Waits until a message stands among the others, where it shows by itself what becomes of it.
 * @throws TidingsError INVALID_INPUT for what is none
 */
export function placed(
  { person, conversationId }: ConversationParts,
  sending: Sending<NoKinds>,
): Promise<void> {
  const messages = person.client.store.messages(conversationId)
  return new Promise((resolve, reject) => {
    const isThere = (): boolean =>
      messages.get().items.some(({ key }) => key === sending.message.key)
    const look = (): void => {
      if (!isThere()) return
      stop()
      resolve()
    }
    const stop = messages.subscribe(look)
    sending.then(look, (thrown: unknown) => {
      stop()
      if (isThere()) resolve()
      else reject(thrown)
    })
    look()
  })
}
