import type { BrokerMessage } from './broker.ts'

/** Streams whose hints wait; of further ones the head check will tell. */
const MAX_HINTS = 10_000
/** Other messages that wait; the oldest go first. */
const MAX_OTHERS = 10_000
const HINTS_PER_MESSAGE = 200

/** What waits for the link, within bounds: of each stream the newest hint alone. */
export class BrokerGathering {
  readonly #hints = new Map<number, number>()
  #others: BrokerMessage[] = []

  get isEmpty(): boolean {
    return this.#hints.size === 0 && this.#others.length === 0
  }

  add(message: BrokerMessage): void {
    if (message.kind === 'hints') {
      for (const [streamKey, head] of message.hints) this.#addHint(streamKey, head)
      return
    }
    this.#others.push(message)
    // Not at every message: moving all of them costs.
    if (this.#others.length >= 2 * MAX_OTHERS) this.#others = this.#others.slice(-MAX_OTHERS)
  }

  /** Everything, others first: they are few. */
  take(): BrokerMessage[] {
    const messages = this.#others.slice(-MAX_OTHERS)
    const hints = [...this.#hints]
    this.clear()
    for (let at = 0; at < hints.length; at += HINTS_PER_MESSAGE)
      messages.push({ kind: 'hints', hints: hints.slice(at, at + HINTS_PER_MESSAGE) })
    return messages
  }

  clear(): void {
    this.#hints.clear()
    this.#others = []
  }

  #addHint(streamKey: number, head: number): void {
    const known = this.#hints.get(streamKey)
    if (known === undefined && this.#hints.size >= MAX_HINTS) return
    this.#hints.set(streamKey, Math.max(head, known ?? 0))
  }
}
