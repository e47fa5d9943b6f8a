import type { OwnMessage } from '@tidings/protocol/numbered'
import { LIMITS, type Event, type EventOf } from '@tidings/protocol/wire'

/** Messages that are looked through for one receipts event, newest first. */
const MAX_LOOKED_THROUGH = 500
/** Own messages remembered in one conversation, and conversations remembered. */
const MAX_REMEMBERED = 100
const MAX_CONVERSATIONS = 100

/** Where older messages are looked up: `message.list` of the caller. */
export interface History {
  list(input: { conversationId: string; before: number; limit: number }): Promise<{
    readonly items: readonly (OwnMessage & { readonly senderId: string })[]
    readonly next: string | null
  }>
}

/** Every own message with a seq in (from, upTo]. */
interface Remembered {
  from: number
  upTo: number
  readonly messages: OwnMessage[]
}

/**
 * The user's own messages, for the receipts that he gets. What this connection has just seen go by is remembered, since
 * receipts mostly are for that; older ones are looked up through the router.
 */
export class OwnMessages {
  readonly #userId: string
  /** Undefined while nothing is: most connections say nothing. */
  #remembered: Map<string, Remembered> | undefined

  constructor(userId: string) {
    this.#userId = userId
  }

  /** Events of a messages stream, which leads without a hole from the last ones of that stream to `upTo`. */
  saw(conversationId: string, events: readonly Event[], upTo: number): void {
    const remembered = (this.#remembered ??= new Map<string, Remembered>())
    const known = remembered.get(conversationId)
    const entry: Remembered = known ?? {
      from: (events[0]?.seq ?? upTo + 1) - 1,
      upTo,
      messages: [],
    }
    for (const event of events) {
      if (event.type !== 'message.created' || event.body.message.senderId !== this.#userId) continue
      entry.messages.push({ id: event.body.message.id, seq: event.seq })
    }
    entry.upTo = upTo
    forgetOldest(entry)
    remembered.delete(conversationId)
    remembered.set(conversationId, entry)
    const [oldest] = remembered.keys()
    if (remembered.size > MAX_CONVERSATIONS && oldest !== undefined) remembered.delete(oldest)
  }

  /** The stream has started anew. */
  forget(conversationId: string): void {
    this.#remembered?.delete(conversationId)
  }

  /** Own messages that the receipts of others are about, oldest first; of a long range only the newest. */
  async concerned(
    history: History,
    event: EventOf<'receipt.updated'>,
  ): Promise<readonly OwnMessage[]> {
    const { conversationId, receipts } = event.body
    const others = receipts.filter(({ userId }) => userId !== this.#userId)
    if (others.length === 0) return []
    const from = Math.min(...others.map((receipt) => receipt.from))
    const to = Math.max(...others.map((receipt) => receipt.to))
    const known = this.#remembered?.get(conversationId)
    if (known !== undefined && known.from <= from && known.upTo >= to) {
      return known.messages.filter(({ seq }) => seq > from && seq <= to)
    }
    return this.#lookUp(history, { conversationId, from, to })
  }

  async #lookUp(
    history: History,
    { conversationId, from, to }: { conversationId: string; from: number; to: number },
  ): Promise<readonly OwnMessage[]> {
    const found: OwnMessage[] = []
    let before = to + 1
    for (let looked = 0; looked < MAX_LOOKED_THROUGH; looked += LIMITS.pageSize) {
      const input = { conversationId, before, limit: LIMITS.pageSize }
      const { items, next } = await history.list(input)
      for (const { id, seq, senderId } of items) {
        if (senderId === this.#userId && seq > from) found.push({ id, seq })
      }
      before = items.at(-1)?.seq ?? 0
      if (next === null || before <= from + 1) break
    }
    return found.reverse()
  }
}

function forgetOldest(entry: Remembered): void {
  const excess = entry.messages.length - MAX_REMEMBERED
  if (excess <= 0) return
  const forgotten = entry.messages.splice(0, excess)
  entry.from = forgotten.at(-1)?.seq ?? entry.from
}
