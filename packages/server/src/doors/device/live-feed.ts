import type { LiveItem, TidingsError } from '@tidings/protocol/wire'
import { joinLive } from '../../realtime/live.ts'
import type { LiveQueue, Wakeable } from '../../realtime/live-queue.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import type { Deps } from '../../services/deps.ts'

/** Whom a live feed feeds. */
export interface LiveFeedHost {
  /** Resolves when the item, and what follows from it, has been handed over. */
  take(item: LiveItem): Promise<void>
  /** It has more waiting than it may. */
  readonly isCongested: boolean
  /** The subscription has ended, whoever ended it. */
  over(): void
  failed(error: TidingsError): void
}

/** What is pushed to one subscription, handed over item by item. */
export class LiveFeed implements Wakeable {
  readonly #host: LiveFeedHost
  readonly #deps: Deps
  readonly #queue: LiveQueue
  /** What the queue holds is being handed over. */
  #reading: Promise<void> | undefined
  #letGo: (() => void) | undefined

  constructor(host: LiveFeedHost, deps: Deps, queue: LiveQueue) {
    this.#host = host
    this.#deps = deps
    this.#queue = queue
  }

  async start(): Promise<void> {
    this.#read(await joinLive(this.#deps, this.#queue))
  }

  wake(): void {
    if (this.#reading === undefined) this.#read()
  }

  /** The host cannot take more for now. */
  congested(): void {
    this.#letGo?.()
  }

  /** Ends it, and tells the host when it is over. */
  end(): void {
    this.#queue.end(1000)
  }

  /** Ends it at once: from now on nothing is pushed. */
  leave(): void {
    this.end()
    this.#deps.realtime.leave(this.#queue)
  }

  /** Resolves when nothing is handed over any more, after `leave`. */
  async ended(): Promise<void> {
    await this.#reading
  }

  #read(first?: LiveItem): void {
    const queue = this.#queue
    const reading = this.#readAll(first).then(() => {
      this.#reading = undefined
      if (queue.closed !== undefined) this.#over()
      else if (queue.waiting && !queue.paused) this.#read()
      else queue.wakeLater(this)
    })
    this.#reading = reading.catch((thrown: unknown) => this.#host.failed(toTidingsError(thrown)))
  }

  async #readAll(first: LiveItem | undefined): Promise<void> {
    if (first !== undefined) await this.#hand(first)
    else await Promise.resolve()
    const { realtime } = this.#deps
    for (
      let items = this.#queue.take(realtime);
      items.length > 0;
      items = this.#queue.take(realtime)
    )
      for (const item of items) await this.#hand(item)
  }

  #over(): void {
    this.#deps.realtime.leave(this.#queue)
    this.#host.over()
  }

  /**
   * One after the other, so that what the client has not taken yet waits in the bounded queue of the subscription. Once
   * it is congested the next is asked for without waiting: then the subscription drops what comes, and says so.
   */
  #hand(item: LiveItem): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#letGo = resolve
      this.#host.take(item).then(resolve, reject)
      if (this.#host.isCongested) resolve()
    }).finally(() => {
      this.#letGo = undefined
    })
  }
}
