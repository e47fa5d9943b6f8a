import { pause } from './retry.ts'

export interface RoundsOptions {
  /** Between the end of one round and the beginning of the next, milliseconds. */
  readonly everyMs: number
  /** Spread of `everyMs` to both sides, 0 to 1, so that nodes do not ask in step. */
  readonly spread: number
  /** 0 to 1. */
  random(): number
  /** One round. */
  run(): Promise<void>
  /** A round failed; the next one comes all the same. */
  onFailure(error: unknown): void
}

/** Something done again and again, never twice at once. */
export class Rounds {
  readonly #options: RoundsOptions
  readonly #ending = new AbortController()
  #hurry = new AbortController()
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
    this.#ending.abort()
    this.#hurry.abort()
    await this.#done
  }

  async #loop(): Promise<void> {
    const { everyMs, spread, random } = this.#options
    while (!this.#ending.signal.aborted) {
      const wait = pause(everyMs * (1 + spread * (2 * random() - 1)), this.#hurry.signal)
      await wait
      if (this.#ending.signal.aborted) return
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
