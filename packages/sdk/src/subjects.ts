/** Listeners by subject, called together once a batch of changes is complete. */
export class Subjects {
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #touched = new Set<string>()
  readonly #versions = new Map<string, number>()
  readonly #onThrown: (thrown: unknown) => void

  constructor(onThrown: (thrown: unknown) => void) {
    this.#onThrown = onThrown
  }

  subscribe(subject: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(subject) ?? new Set()
    this.#listeners.set(subject, listeners)
    // Each subscription is one of its own, also of a function that is there already.
    const own = (): void => listener()
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(subject) === listeners)
        this.#listeners.delete(subject)
    }
  }

  /** The subject's listeners are called at the next flush. */
  touch(subject: string): void {
    this.#touched.add(subject)
    this.#versions.set(subject, this.version(subject) + 1)
  }

  /** Grows with each touch. */
  version(subject: string): number {
    return this.#versions.get(subject) ?? 0
  }

  /** Tells. What a listener changes is told after it, in the same way. */
  flush(): void {
    while (this.#touched.size > 0) {
      const touched = [...this.#touched]
      this.#touched.clear()
      for (const subject of touched) {
        for (const listener of [...(this.#listeners.get(subject) ?? [])]) this.#call(listener)
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
