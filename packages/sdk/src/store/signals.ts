import { CLIENT_LIMITS, type Signal } from '@tidings/protocol/wire'
import type { Environment } from '../environment.ts'
import type { Subjects } from '../subjects.ts'

/** Longer than the server lets a signal live, so that its word comes first. */
const TYPING_MS = CLIENT_LIMITS.typingMs + 2_000

/** Who is typing where. Ends by itself. */
export class TypingTable {
  readonly #environment: Environment
  readonly #subjects: Subjects
  readonly #cancels = new Map<string, Map<string, () => void>>()
  readonly #lists = new Map<string, readonly string[]>()

  constructor(environment: Environment, subjects: Subjects) {
    this.#environment = environment
    this.#subjects = subjects
  }

  /** Ids of users, in the order in which they began; the same list until it changes. */
  of(conversationId: string): readonly string[] {
    return this.#lists.get(conversationId) ?? NOBODY
  }

  told(signal: Extract<Signal, { type: 'typing.started' | 'typing.stopped' }>): void {
    const { conversationId, userId } = signal.body
    this.end(conversationId, userId)
    if (signal.type === 'typing.stopped') return
    const cancel = this.#environment.after(TYPING_MS, () => {
      this.end(conversationId, userId)
      this.#subjects.flush()
    })
    const cancels = this.#cancels.get(conversationId) ?? new Map<string, () => void>()
    this.#cancels.set(conversationId, cancels)
    cancels.set(userId, cancel)
    this.#changed(conversationId)
  }

  /** What he wrote has come. */
  end(conversationId: string, userId: string): void {
    const cancels = this.#cancels.get(conversationId)
    const cancel = cancels?.get(userId)
    if (cancel === undefined || cancels === undefined) return
    cancel()
    cancels.delete(userId)
    if (cancels.size === 0) this.#cancels.delete(conversationId)
    this.#changed(conversationId)
  }

  clear(): void {
    for (const [conversationId, cancels] of [...this.#cancels])
      for (const userId of [...cancels.keys()]) this.end(conversationId, userId)
  }

  #changed(conversationId: string): void {
    const list = [...(this.#cancels.get(conversationId)?.keys() ?? [])]
    if (list.length === 0) this.#lists.delete(conversationId)
    else this.#lists.set(conversationId, list)
    this.#subjects.touch(`typing/${conversationId}`)
  }
}

const NOBODY: readonly string[] = []
