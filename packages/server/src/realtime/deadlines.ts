/** Milliseconds that only grow; unlike a clock's time they are not set back, so nothing outlives its deadline. */
export type Elapsed = () => number

/** The process's monotonic milliseconds. */
export const processElapsed: Elapsed = () => performance.now()

export interface DeadlineOptions<Key> {
  /** How long a key lives after it was last set. */
  readonly ttlMs: number
  readonly elapsed: Elapsed
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
  #timer: NodeJS.Timeout | undefined

  constructor(options: DeadlineOptions<Key>) {
    this.#options = options
  }

  get size(): number {
    return this.#ends.size
  }

  /** Gives a key, new or known, the whole time from now. */
  set(key: Key): void {
    this.#ends.delete(key)
    this.#ends.set(key, this.#options.elapsed() + this.#options.ttlMs)
    this.#arm()
  }

  delete(key: Key): void {
    this.#ends.delete(key)
  }

  clear(): void {
    this.#ends.clear()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    if (this.#timer !== undefined) return
    const [first] = this.#ends.values()
    if (first === undefined) return
    const wait = Math.max(1, Math.ceil(first - this.#options.elapsed()))
    this.#timer = setTimeout(() => this.#expire(), wait)
    this.#timer.unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#options.elapsed()
    for (const [key, end] of this.#ends) {
      if (end > now) break
      this.#ends.delete(key)
      this.#options.expired(key)
    }
    this.#arm()
  }
}
