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
    // Where nothing is shown, as in a bot, a look-up for each change would be most of what a change costs.
    if (this.#listeners.size === 0 && this.#versions.size === 0) return
    if (this.#listeners.has(subject)) this.#touched.add(subject)
    const version = this.#versions.get(subject)
    if (version !== undefined) this.#versions.set(subject, version + 1)
  }

  /** Grows with each touch from the first time on that it is asked for. */
  version(subject: string): number {
    const known = this.#versions.get(subject)
    if (known === undefined) this.#versions.set(subject, 0)
    return known ?? 0
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
