/** Listeners by topic, called together once a batch of changes is complete. */
export class Topics {
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #touched = new Set<string>()
  readonly #versions = new Map<string, number>()
  readonly #onThrown: (thrown: unknown) => void

  constructor(onThrown: (thrown: unknown) => void) {
    this.#onThrown = onThrown
  }

  subscribe(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners)
    // Each subscription is one of its own, also of a function that is there already.
    const own = (): void => listener()
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners)
        this.#listeners.delete(topic)
    }
  }

  /** The topic's listeners are called at the next flush. */
  touch(topic: string): void {
    this.#touched.add(topic)
    this.#versions.set(topic, this.version(topic) + 1)
  }

  /** Grows with each touch. */
  version(topic: string): number {
    return this.#versions.get(topic) ?? 0
  }

  /** Tells. What a listener changes is told after it, in the same way. */
  flush(): void {
    while (this.#touched.size > 0) {
      const touched = [...this.#touched]
      this.#touched.clear()
      for (const topic of touched) {
        for (const listener of [...(this.#listeners.get(topic) ?? [])]) this.#call(listener)
      }
    }
  }

  #call(listener: () => void): void {
    try {
      listener()
    } catch (thrown) {
      this.#onThrown(thrown)
    }
  }
}
