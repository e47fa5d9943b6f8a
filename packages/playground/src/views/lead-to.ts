import type { ShownMessage } from '../shown.ts'
import { problemOf } from '../words.ts'
import type { ConversationParts } from './parts.ts'

/** So many pages of older messages are fetched at most to come to one of them. */
const PAGES = 20

/** The message, where it is in memory. */
export function atHand(
  { person, conversationId }: ConversationParts,
  messageId: string,
): ShownMessage | undefined {
  const { items } = person.client.store.messages(conversationId).get()
  return items.find(({ id }) => id === messageId)
}

/** Goes to a message of the list, and fetches older ones until it is there. What hinders it is said. */
export async function leadTo(
  parts: ConversationParts,
  list: HTMLElement,
  messageId: string,
): Promise<void> {
  try {
    await fetchUpTo(parts, messageId)
  } catch (thrown) {
    parts.announce(`The message cannot be shown: ${problemOf(thrown)}`)
    return
  }
  const seq = atHand(parts, messageId)?.seq
  const row = list.querySelector<HTMLElement>(`[data-seq="${seq}"]`)
  if (row === null) parts.announce('The message is not there any more, or too far up.')
  row?.scrollIntoView({ block: 'center' })
  row?.focus({ preventScroll: true })
}

/** Goes to a message whenever one is sought. */
export function leadToSought(parts: ConversationParts, list: HTMLElement): void {
  const { scope, sought } = parts
  scope.watch(sought, (messageId) => {
    if (messageId === undefined) return
    sought.set(undefined)
    void leadTo(parts, list, messageId)
  })
}

async function fetchUpTo(parts: ConversationParts, messageId: string): Promise<void> {
  const messages = parts.person.client.store.messages(parts.conversationId)
  for (let page = 0; page < PAGES; page += 1) {
    if (atHand(parts, messageId) !== undefined || !messages.get().hasOlder) break
    await messages.loadOlder()
  }
  // The rows are shown a moment after the messages are there.
  await new Promise((resolve) => setTimeout(resolve))
}
