import type { KnownCloseCode } from '@tidings/protocol/wire'
import { joinLive } from '../../realtime/live.ts'
import type { LiveEvent } from '../../realtime/live-event.ts'
import { openLiveQueue } from '../../realtime/granted-queue.ts'
import type { LiveQueue, LiveTransport, Wakeable } from '../../realtime/live-queue.ts'
import type { Context } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { carryOut } from '../../rpc/hot-calls.ts'
import { liveCall } from '../../rpc/live-call.ts'
import type { Deps } from '../../services/deps.ts'
import type { Urgency } from '../cork.ts'
import {
  headTextOf,
  writeError,
  writeLive,
  writeLiveEvents,
  writeState,
  type RequestFrame,
  type RequestId,
} from './frames.ts'
import type { OwnSends } from './own-sends.ts'

/** The connection under a subscription. */
export interface SubscriptionHost {
  send(frame: string, urgency?: Urgency): void
  bufferedAmount(): number
  close(code: KnownCloseCode): void
  /** It is registered in the connection's place: whoever is closed with the session, or with the node, is found by it. */
  standsIn(): void
  /** It is about to leave. */
  standsDown(): void
  /** From now on the events of what is said over this connection may be withheld from it. */
  withoutEcho(): OwnSends
  /** It is over. The frame is for the client. */
  ended(subscription: LiveSubscription, last: string): void
}

/**
 * One `sync.live` of a client: writes what its queue holds as soon as there is room for it. While nothing happens it is
 * this object and the queue; nothing waits.
 */
export class LiveSubscription implements LiveTransport, Wakeable {
  readonly id: RequestId
  readonly #host: SubscriptionHost
  readonly #deps: Deps
  readonly #head: string
  #queue: LiveQueue | undefined
  #userId: string | undefined
  /** Undefined for one who wants to hear himself. */
  #ownSends: OwnSends | undefined
  #isStopped = false

  constructor(host: SubscriptionHost, deps: Deps, request: RequestFrame) {
    this.id = request.id
    this.#host = host
    this.#deps = deps
    this.#head = headTextOf(request)
  }

  async start(context: Context, request: RequestFrame): Promise<void> {
    try {
      const { actor, echo } = await carryOut(liveCall, context, request.input)
      if (this.#hasStopped()) return
      this.#host.send(writeState(this.#head, 'started'))
      this.#userId = actor.userId
      if (!echo) this.#ownSends = this.#host.withoutEcho()
      const queue = openLiveQueue(actor, this, this.#deps.figures.behind)
      this.#queue = queue
      const joined = joinLive(this.#deps, queue)
      this.#host.standsIn()
      const ready = await joined
      if (this.#hasStopped()) return
      this.#host.send(writeLive(this.#head, [ready]))
      this.#drain(queue)
    } catch (thrown) {
      this.#end(writeError(request, toTidingsError(thrown)))
    }
  }

  /** The client has unsubscribed, or is gone. */
  stop(): void {
    // What stands behind it in the same frame still finds its id in use.
    queueMicrotask(() => this.#end(writeState(this.#head, 'stopped')))
  }

  /** Gathers what the rest of the turn brings. */
  wake(): void {
    queueMicrotask(() => {
      if (this.#queue !== undefined) this.#drain(this.#queue)
    })
  }

  push(events: readonly LiveEvent[]): void {
    if (!this.#isOwn(events)) this.#host.send(writeLiveEvents(this.#head, events), 'news')
    else if (this.#ownSends?.withhold(events, () => this.#queue?.deliver(events)) !== true)
      this.#echo(events)
  }

  bufferedAmount(): number {
    return this.#host.bufferedAmount()
  }

  close(code: KnownCloseCode): void {
    this.#host.close(code)
  }

  #echo(events: readonly LiveEvent[]): void {
    const areReceipts = events.every(({ event }) => event.type === 'receipt.updated')
    const isLate = areReceipts && this.#ownSends !== undefined
    this.#host.send(writeLiveEvents(this.#head, events), isLate ? 'late' : 'turn')
  }

  /** What he has said and marked himself is news to nobody here, or goes along with the answer to whoever has. */
  #isOwn(events: readonly LiveEvent[]): boolean {
    return events.every(({ event }) => {
      if (event.type === 'message.created') return event.body.message.senderId === this.#userId
      if (event.type !== 'receipt.updated') return false
      return event.body.receipts.every(({ userId }) => userId === this.#userId)
    })
  }

  /** Asked anew after each wait. */
  #hasStopped(): boolean {
    return this.#isStopped
  }

  #drain(queue: LiveQueue): void {
    if (queue.closed !== undefined) {
      this.#end(writeState(this.#head, 'stopped'))
      return
    }
    const { realtime } = this.#deps
    for (let items = queue.take(realtime); items.length > 0; items = queue.take(realtime))
      this.#host.send(writeLive(this.#head, items))
    queue.wakeLater(this)
  }

  #end(last: string): void {
    if (this.#isStopped) return
    this.#isStopped = true
    const queue = this.#queue
    if (queue !== undefined) {
      queue.end(1000)
      this.#host.standsDown()
      this.#deps.realtime.leave(queue)
    }
    this.#host.ended(this, last)
  }
}
