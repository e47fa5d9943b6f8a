import type { Machine } from '../machine.ts'

export interface DeadlineOptions<Key> {
  /** How long a key lives after it was last set. */
  readonly ttlMs: number
  readonly machine: Pick<Machine, 'elapsed' | 'after'>
  /** Called after a key has run out and been removed. */
  expired(key: Key): void
}

/**
 * Keys that run out all after the same time, with one timer for all of them: since the time is the same for each, the
 * order in which they were set is the order in which they run out.
 */
export class Deadlines<Key> {
  readonly #options: DeadlineOptions<Key>
  readonly #ends = new Map<Key, number>()
  #cancel: (() => void) | undefined

  constructor(options: DeadlineOptions<Key>) {
    this.#options = options
  }

  get size(): number {
    return this.#ends.size
  }

  /** Gives a key, new or known, the whole time from now. */
  set(key: Key): void {
    this.#ends.delete(key)
    this.#ends.set(key, this.#options.machine.elapsed() + this.#options.ttlMs)
    this.#arm()
  }

  delete(key: Key): void {
    this.#ends.delete(key)
  }

  clear(): void {
    this.#ends.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(): void {
    if (this.#cancel !== undefined) return
    const [first] = this.#ends.values()
    if (first === undefined) return
    const { machine } = this.#options
    const wait = Math.max(1, Math.ceil(first - machine.elapsed()))
    this.#cancel = machine.after(wait, () => this.#expire())
  }

  #expire(): void {
    this.#cancel = undefined
    const now = this.#options.machine.elapsed()
    for (const [key, end] of this.#ends) {
      if (end > now) break
      this.#ends.delete(key)
      this.#options.expired(key)
    }
    this.#arm()
  }
}
