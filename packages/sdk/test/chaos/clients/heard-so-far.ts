/** The frame by which a sender's own connection hears of a message. */
export const ACCEPTED = 21

/**
 * How far a numbered client has heard each stream. What is pushed comes in order, from an earlier place again perhaps; frame 21 answers
 * a call and may overtake what is still to be pushed, so that it says nothing of what is before it.
 */
export class HeardSoFar {
  /** The last event of each stream that was pushed. */
  readonly #pushed = new Map<string, number>()
  readonly #accepted = new Map<string, Set<number>>()

  hear({ type, stream, seq }: { type: number; stream: string; seq: number }): void {
    if (type !== ACCEPTED) {
      this.#pushed.set(stream, seq)
      return
    }
    const accepted = this.#accepted.get(stream) ?? new Set()
    this.#accepted.set(stream, accepted.add(seq))
  }

  /** The first event up to the head that was not heard; undefined when there is none. */
  lacking(stream: string, head: number): number | undefined {
    const pushed = this.#pushed.get(stream) ?? 0
    // The database was put back, and nothing has been heard of what it has now.
    if (pushed > head) return head
    let next = pushed + 1
    while (this.#accepted.get(stream)?.has(next) === true) next += 1
    return next <= head ? next : undefined
  }
}
