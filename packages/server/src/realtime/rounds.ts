import type { Machine } from '../machine.ts'
import { pause } from './retry.ts'

export interface RoundsOptions {
  /** Between the end of one round and the beginning of the next, milliseconds. */
  readonly everyMs: number
  /** Spread of `everyMs` to both sides, 0 to 1, so that nodes do not ask in step. */
  readonly spread: number
  readonly machine: Pick<Machine, 'after' | 'random'>
  /** One round. */
  readonly run: () => Promise<void>
  /** A round failed; the next one comes all the same. */
  readonly onFailure: (error: unknown) => void
}

/** Something done again and again, never twice at once. */
export class Rounds {
  readonly #options: RoundsOptions
  #hurry = new AbortController()
  #ended = false
  #done: Promise<void> = Promise.resolve()

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  start(): void {
    this.#done = this.#loop()
  }

  /** Begins the next round now, or as soon as the one under way has ended. */
  hurry(): void {
    this.#hurry.abort()
  }

  /** Resolves once the round under way has ended. */
  async close(): Promise<void> {
    this.#ended = true
    this.#hurry.abort()
    await this.#done
  }

  async #loop(): Promise<void> {
    const { everyMs, spread, machine } = this.#options
    for (;;) {
      const waitMs = everyMs * (1 + spread * (2 * machine.random() - 1))
      await pause(machine, waitMs, this.#hurry.signal)
      if (this.#ended) return
      this.#hurry = new AbortController()
      await this.#run()
    }
  }

  async #run(): Promise<void> {
    try {
      await this.#options.run()
    } catch (error) {
      this.#options.onFailure(error)
    }
  }
}
