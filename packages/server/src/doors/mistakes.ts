/** So many at once close a connection with 1008. */
const MAX_MISTAKES = 1000
/** Mistakes forgiven in a second: an app with a small fault may stay for ever. */
const FORGIVEN_PER_SECOND = 1

/** The mistakes of one connection's client. They are answered; one who makes nothing else is cut. */
export class Mistakes {
  readonly #elapsed: () => number
  #count = 0
  #at: number

  /** @param elapsed milliseconds that only grow */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
    this.#at = elapsed()
  }

  /** Counts one; true when it was one too many. */
  add(): boolean {
    const now = this.#elapsed()
    const forgiven = ((now - this.#at) / 1000) * FORGIVEN_PER_SECOND
    this.#at = now
    this.#count = Math.max(0, this.#count - forgiven) + 1
    return this.#count >= MAX_MISTAKES
  }
}
