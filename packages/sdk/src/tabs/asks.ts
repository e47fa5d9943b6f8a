import { TidingsError } from '@tidings/protocol/wire'
import { createDeferred, type Deferred } from '../deferred.ts'
import type { Request } from './messages.ts'

/** Something that was asked for and is not answered. */
export interface Ask extends Request {
  readonly id: number
  /** Asking twice is asking once: a new leader is asked again. */
  readonly isRepeatable: boolean
  readonly answer: Deferred<unknown>
  /** The number of the reign in which it was asked; undefined while nobody leads. */
  reign: number | undefined
}

/** What a tab has asked for, whoever leads. */
export class Asks {
  readonly #asks = new Map<number, Ask>()
  #last = 0

  add(request: Request, isRepeatable: boolean): Ask {
    this.#last += 1
    const answer = createDeferred<unknown>()
    const ask: Ask = { ...request, id: this.#last, isRepeatable, answer, reign: undefined }
    this.#asks.set(ask.id, ask)
    return ask
  }

  /** Undefined when it is settled, or was asked in another reign than the answer comes from. */
  take(id: number, reign: number): Ask | undefined {
    const ask = this.#asks.get(id)
    if (ask === undefined || ask.reign !== reign) return undefined
    this.#asks.delete(id)
    return ask
  }

  /** Takes it back. False when it is settled. */
  drop(id: number): boolean {
    return this.#asks.delete(id)
  }

  /** Somebody else leads: what may be asked again is answered, the rest has an outcome that nobody knows. */
  open(): readonly Ask[] {
    for (const ask of [...this.#asks.values()]) {
      if (ask.reign === undefined || ask.isRepeatable) continue
      this.#asks.delete(ask.id)
      const message = 'The tab that was doing it is gone: it may have been done.'
      ask.answer.reject(new TidingsError('NETWORK', message))
    }
    return [...this.#asks.values()]
  }

  fail(error: TidingsError): void {
    for (const ask of [...this.#asks.values()]) ask.answer.reject(error)
    this.#asks.clear()
  }
}
