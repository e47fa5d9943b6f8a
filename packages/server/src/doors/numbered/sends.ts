import { eventId } from '@tidings/protocol/numbered'
import type { Sent } from '@tidings/protocol/wire'

const REMEMBERED = 1000

/**
 * The messages that this connection has sent: frame 21 stands for the event, which is then not pushed as 20. The push may
 * come before the answer of the call, since both follow the same commit; so an own message waits for the call under way.
 */
export class Sends {
  /** Undefined while it would be empty. */
  #accepted: Set<string> | undefined
  #underWay: Promise<void> | undefined

  /** Runs a send. */
  async during(work: Promise<void>): Promise<void> {
    this.#underWay = work
    await work
    this.#underWay = undefined
  }

  /** 21 has been written. A repeated send answers an old event, whose own frame may be long gone. */
  accepted(sent: Sent): void {
    if (sent.duplicate) return
    const accepted = (this.#accepted ??= new Set())
    accepted.add(eventId(sent))
    if (accepted.size <= REMEMBERED) return
    const [oldest] = accepted
    if (oldest !== undefined) accepted.delete(oldest)
  }

  /** True when 21 stands for the event of this id; asked once for each. */
  async stoodFor(id: string): Promise<boolean> {
    if (this.#take(id)) return true
    await this.#underWay
    return this.#take(id)
  }

  /** From now on the client wants to hear everything again. */
  forget(): void {
    this.#accepted = undefined
  }

  #take(id: string): boolean {
    const had = this.#accepted?.delete(id) ?? false
    if (this.#accepted?.size === 0) this.#accepted = undefined
    return had
  }
}
