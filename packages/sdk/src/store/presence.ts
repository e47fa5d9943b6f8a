import type { Signal } from '@tidings/protocol/wire'
import type { Rpc } from '../rpc.ts'
import type { Subjects } from '../subjects.ts'

/** Whether a user is connected anywhere. */
export interface Presence {
  readonly online: boolean
  /** When he last was, the server's time in milliseconds; null when that is not known. */
  readonly lastSeenAt: number | null
}

/** Users that one call of `presence.list` names at most. */
const MAX_USERS = 100

/** Who is online of those who are looked at. What the server does not tell stays unknown. */
export class PresenceTable {
  readonly #rpc: Rpc
  readonly #subjects: Subjects
  readonly #watched = new Map<string, number>()
  readonly #known = new Map<string, Presence>()
  readonly #asked = new Set<string>()
  #isUp = false

  constructor(rpc: Rpc, subjects: Subjects) {
    this.#rpc = rpc
    this.#subjects = subjects
  }

  of(userId: string): Presence | undefined {
    return this.#known.get(userId)
  }

  /** Somebody looks, until the answer is called. */
  watch(userId: string): () => void {
    this.#watched.set(userId, (this.#watched.get(userId) ?? 0) + 1)
    this.#ask([userId])
    return () => {
      const count = (this.#watched.get(userId) ?? 0) - 1
      if (count > 0) this.#watched.set(userId, count)
      else this.#watched.delete(userId)
    }
  }

  told({
    body: { userId, online, lastSeenAt },
  }: Extract<Signal, { type: 'presence.changed' }>): void {
    this.#asked.delete(userId)
    this.#set(userId, { online, lastSeenAt })
  }

  up(): void {
    this.#isUp = true
    this.#ask([...this.#watched.keys()])
  }

  /** Without a connection nobody is known to be online. */
  down(): void {
    this.#isUp = false
    this.#asked.clear()
    for (const userId of [...this.#known.keys()]) this.#set(userId, undefined)
  }

  /** All that is wanted in one turn is asked for together. */
  #ask(userIds: readonly string[]): void {
    if (!this.#isUp || userIds.length === 0) return
    const isFirst = this.#asked.size === 0
    for (const userId of userIds) this.#asked.add(userId)
    if (isFirst) queueMicrotask(() => void this.#flush())
  }

  async #flush(): Promise<void> {
    const userIds = [...this.#asked].slice(0, MAX_USERS)
    if (userIds.length === 0) return
    // What may be lost is no error: the next connection asks again.
    const found = await this.#rpc('presence.list', { userIds }).catch(() => [])
    for (const { userId, online, lastSeenAt } of found) {
      // A signal that came meanwhile is younger.
      if (this.#asked.has(userId)) this.#set(userId, { online, lastSeenAt })
    }
    for (const userId of userIds) this.#asked.delete(userId)
    this.#subjects.flush()
    if (this.#asked.size > 0) await this.#flush()
  }

  #set(userId: string, presence: Presence | undefined): void {
    if (presence === undefined) this.#known.delete(userId)
    else this.#known.set(userId, presence)
    this.#subjects.touch(`presence/${userId}`)
  }
}
