/** What somebody has asked for or listens to. */
interface Subject {
  readonly listeners: Set<() => void>
  /** Grows with each touch. */
  version: number
  isTouched: boolean
}

/**
 * Listeners by subject, called together once a batch of changes is complete. Most of what changes is looked at by nobody:
 * a subject begins with the first question about it.
 */
export class Subjects {
  readonly #subjects = new Map<string, Subject>()
  #touched: Subject[] = []
  readonly #onThrown: (thrown: unknown) => void

  constructor(onThrown: (thrown: unknown) => void) {
    this.#onThrown = onThrown
  }

  subscribe(subject: string, listener: () => void): () => void {
    const { listeners } = this.#of(subject)
    // Each subscription is one of its own, also of a function that is there already.
    const own = (): void => listener()
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /** The subject's listeners are called at the next flush. */
  touch(name: string): void {
    const subject = this.#subjects.get(name)
    if (subject === undefined) return
    subject.version += 1
    if (subject.isTouched) return
    subject.isTouched = true
    this.#touched.push(subject)
  }

  /** Grows with each touch after the first question. */
  version(subject: string): number {
    return this.#of(subject).version
  }

  /** Tells. What a listener changes is told after it, in the same way. */
  flush(): void {
    while (this.#touched.length > 0) {
      const touched = this.#touched
      this.#touched = []
      for (const subject of touched) subject.isTouched = false
      for (const { listeners } of touched)
        for (const listener of [...listeners]) this.#call(listener)
    }
  }

  #of(name: string): Subject {
    const known = this.#subjects.get(name)
    if (known !== undefined) return known
    const subject = { listeners: new Set<() => void>(), version: 0, isTouched: false }
    this.#subjects.set(name, subject)
    return subject
  }

  #call(listener: () => void): void {
    try {
      listener()
    } catch (thrown) {
      this.#onThrown(thrown)
    }
  }
}
