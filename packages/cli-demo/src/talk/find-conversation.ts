import { nameKey, type TidingsClient } from '@tidings/sdk'
import { conversationIdOf, isId } from '../commands/references.ts'

/** The conversation that a word means: from what is known here, so that it works without a network, else by asking. */
export async function findConversation(client: TidingsClient, word: string): Promise<string> {
  if (isId(word)) return word
  const key = nameKey(word)
  const found = client.store.conversations.get().items.filter(({ peer, name }) => {
    const shown = peer === null ? name : `@${peer.username}`
    return shown !== null && nameKey(shown) === key
  })
  const [only, another] = found
  return only !== undefined && another === undefined ? only.id : conversationIdOf(client, word)
}
