import type { Environment } from '../../src/environment.ts'

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** Time that passes only when a test says so, and chance that a test decides. */
export class FakeClock implements Environment {
  readonly #timers = new Set<Timer>()
  #now = 0
  #ids = 0
  /** What `random` answers. */
  chance = 0.5

  now(): number {
    return this.#now
  }

  wallClock(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  random(): number {
    return this.chance
  }

  newId(): string {
    this.#ids += 1
    return `id-${this.#ids}`
  }

  /** How long until the next timer; undefined when there is none. */
  get nextInMs(): number | undefined {
    const due = [...this.#timers].map(({ at }) => at - this.#now)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** Lets time pass; what becomes due runs in order, each with everything that follows from it. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (let next = this.#due(until); next !== undefined; next = this.#due(until)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await settle()
    }
    this.#now = until
  }

  /** The program stands still: time passes and nothing runs. */
  freeze(ms: number): void {
    this.#now += ms
  }

  #due(until: number): Timer | undefined {
    return [...this.#timers]
      .filter(({ at }) => at <= until)
      .sort((one, other) => one.at - other.at)[0]
  }
}

/** Everything that needs no time has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
