/** Lets much happen side by side, and some things only while nothing else does. */
export class Turns {
  readonly #running = new Set<Promise<unknown>>()
  #alone: Promise<unknown> | undefined

  async together(work: () => Promise<void>): Promise<void> {
    while (this.#alone !== undefined) await this.#alone
    await this.#run(work)
  }

  async alone(work: () => Promise<void>): Promise<void> {
    while (this.#alone !== undefined) await this.#alone
    const running = Promise.allSettled(this.#running)
    const turn = running.then(() => this.#run(work))
    // Who waits for his own turn has no use for how this one went.
    this.#alone = turn.catch(() => undefined)
    try {
      await turn
    } finally {
      this.#alone = undefined
    }
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const running = work()
    this.#running.add(running)
    try {
      await running
    } finally {
      this.#running.delete(running)
    }
  }
}
