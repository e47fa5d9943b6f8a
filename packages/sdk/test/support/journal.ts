import { expect, vi } from 'vitest'
import type { NoKinds, TypedEvent, TypedMessage, TidingsClient } from '../../src/index.ts'

/** Everything that a client was told, as it was told. */
export interface Journal {
  readonly events: readonly TypedEvent<NoKinds>[]
  /** The messages of a conversation, in the order in which they were told. */
  messages(conversationId: string): readonly TypedMessage<NoKinds>[]
}

export function keepJournal(client: TidingsClient): Journal {
  const events: TypedEvent<NoKinds>[] = []
  client.on('event', (event) => events.push(event))
  return {
    events,
    messages: (conversationId) =>
      events.flatMap((event) =>
        event.type === 'message.created' && event.body.message.conversationId === conversationId
          ? [event.body.message]
          : [],
      ),
  }
}

/** The whole history of a conversation, oldest first, as the server lists it. */
async function historyOf(
  client: TidingsClient,
  conversationId: string,
): Promise<readonly TypedMessage<NoKinds>[]> {
  const history: TypedMessage<NoKinds>[] = []
  let from: { readonly after: number } | { readonly cursor: string } | undefined = { after: 0 }
  while (from !== undefined) {
    const page = await client.message.list({ conversationId, ...from, limit: 100 })
    history.push(...page.items.toReversed())
    from = page.next === null ? undefined : { cursor: page.next }
  }
  return history
}

export function textsOf(messages: readonly TypedMessage<NoKinds>[]): readonly string[] {
  return messages.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
}

interface Proof {
  readonly conversationId: string
  /** What each person has sent, in order. */
  readonly sent: readonly (readonly string[])[]
  readonly people: readonly { readonly client: TidingsClient; readonly journal: Journal }[]
}

/**
 * Everybody was told every message once, in the order of the server's history; the history holds everything that was
 * sent, once, and each sender's messages in his order.
 */
export async function expectNothingLost({ conversationId, sent, people }: Proof): Promise<void> {
  const count = sent.flat().length
  const [first] = people
  if (first === undefined) throw new Error('nobody to ask')
  for (const { journal } of people) {
    await vi.waitFor(
      () => expect(journal.messages(conversationId).length).toBeGreaterThanOrEqual(count),
      {
        timeout: 15_000,
        interval: 20,
      },
    )
  }
  const history = await historyOf(first.client, conversationId)
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1))
  expect([...textsOf(history)].sort()).toEqual(sent.flat().sort())
  for (const texts of sent) {
    expect(textsOf(history).filter((text) => texts.includes(text))).toEqual(texts)
  }
  for (const { journal } of people) expect(journal.messages(conversationId)).toEqual(history)
}
