import {
  createSync,
  step,
  type Effect,
  type Input,
  type Position,
  type SyncState,
} from '@tidings/protocol/sync'
import type { Event, LiveItem, TidingsError } from '@tidings/protocol/wire'
import { openLiveQueue } from '../../realtime/granted-queue.ts'
import type { Context } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { carryOut, headsCall, pullCall } from '../../rpc/hot-calls.ts'
import { liveCall } from '../../rpc/live-call.ts'
import type { FollowerSink } from './follower-sink.ts'
import { LiveFeed, type LiveFeedHost } from './live-feed.ts'
import { PackedPositions } from './packed-positions.ts'
import type { StreamNames } from './stream-names.ts'
import { Timers } from './timers.ts'

export interface FollowerOptions {
  readonly context: Context
  readonly names: StreamNames
  readonly sink: FollowerSink
  /** Where to continue; undefined to begin with what comes from now on. */
  readonly positions: ReadonlyMap<string, Position> | undefined
  readonly host: FollowerHost
}

/** Whom a follower works for. */
export interface FollowerHost {
  /** It cannot go on. */
  failed(error: TidingsError): void
}

/** Events of one pull: what a client may have to take at once before it is asked whether it can take more. */
const PAGE = 500

type RequestEffect = Extract<Effect<Event>, { readonly request: number }>

interface Waiting {
  readonly input: Input<Event>
  readonly done: () => void
}

/**
 * Runs the sync engine for a client that cannot: it subscribes, compares heads, pulls what is missing and hands everything
 * over in order. All as the router's own sync procedures do it, with the client's rights. While nothing happens, nothing
 * waits: it is woken by its live feed, by `look`, or by what it has asked for.
 */
export class Follower implements LiveFeedHost {
  readonly #context: Context
  readonly #sink: FollowerSink
  readonly #host: FollowerHost
  readonly #positions: PackedPositions
  readonly #timers: Timers
  /** Undefined while there is none. */
  #inputs: Waiting[] | undefined
  #state: SyncState<Event>
  #running = false
  #live: LiveFeed | undefined
  #isRenewing = false
  #isStopped = false

  constructor(options: FollowerOptions) {
    const { context, names, positions, sink, host } = options
    this.#context = context
    this.#timers = new Timers(context.deps.machine)
    this.#sink = sink
    this.#host = host
    this.#positions = new PackedPositions(names, positions)
    const settings = {
      mode: positions === undefined ? ('from-head' as const) : ('from-start' as const),
      pullLimit: PAGE,
      maxPulls: 1,
    }
    this.#state = createSync<Event>({ mark: undefined, positions: [] }, settings, this.#positions)
  }

  /** Begins, and goes on until it is stopped or the server ends the subscription. */
  async start(): Promise<void> {
    try {
      const { actor } = await carryOut(liveCall, this.#context, {})
      const { transport, deps } = this.#context
      if (this.#hasStopped()) return
      this.#live = new LiveFeed(this, deps, openLiveQueue(actor, transport, deps.figures.behind))
      await this.#live.start()
    } catch (thrown) {
      const error = toTidingsError(thrown)
      if (this.#hasStopped()) return
      // A session that has used up its calls is not cut for it: it waits.
      if (error.code === 'RATE_LIMITED')
        this.#timers.set('subscribe', error.details.retryAfterMs ?? 1000, () => void this.start())
      else this.failed(error)
    }
  }

  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#sink.end()
    this.#live?.leave()
    this.#timers.cancelAll()
    this.#positions.close()
    for (const { done } of this.#inputs?.splice(0) ?? []) done()
  }

  /** Asked anew after each wait. */
  #hasStopped(): boolean {
    return this.#isStopped
  }

  /** Resolves when nothing is handed over any more, after `stop`. */
  async ended(): Promise<void> {
    await this.#live?.ended()
  }

  /** The client cannot take more for now. */
  congested(): void {
    this.#live?.congested()
  }

  get isCongested(): boolean {
    return this.#sink.congested
  }

  /** Now and then: does what has become due. */
  look(): void {
    const timer = this.#timers.due()
    if (timer !== undefined) void this.#feed({ kind: 'timer', timer })
  }

  take(item: LiveItem): Promise<void> {
    if (item.kind !== 'signals') return this.#feed(item)
    this.#sink.signals(item.signals)
    return Promise.resolve()
  }

  /** The subscription has ended: for another one, or with its socket. */
  over(): void {
    if (this.#isStopped) return
    if (!this.#isRenewing) return this.stop()
    this.#isRenewing = false
    void this.#feed({ kind: 'disconnected' }).then(() => this.start())
  }

  #renew(): void {
    this.#isRenewing = true
    this.#live?.end()
  }

  failed(error: TidingsError): void {
    this.stop()
    this.#host.failed(error)
  }

  /** Resolves when the input and what follows from it have been handed over. */
  #feed(input: Input<Event>): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    return new Promise((done) => {
      this.#inputs ??= []
      this.#inputs.push({ input, done })
      void this.#work()
    })
  }

  async #work(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let next = this.#inputs?.shift(); next !== undefined; next = this.#inputs?.shift()) {
      await this.#step(next.input)
      next.done()
    }
    this.#inputs = undefined
    this.#running = false
  }

  async #step(input: Input<Event>): Promise<void> {
    try {
      const { state, effects } = step(this.#state, input)
      this.#state = state
      for (const effect of effects) if (!this.#hasStopped()) await this.#perform(effect)
    } catch (thrown) {
      // What could not be handed over is not skipped: the connection ends, and the next one begins before it.
      if (!this.#hasStopped()) this.failed(toTidingsError(thrown))
    }
  }

  #perform(effect: Effect<Event>): Promise<void> | void {
    const sink = this.#sink
    switch (effect.kind) {
      case 'apply':
        return sink.apply(effect.stream, effect.events, effect.position)
      case 'reset':
        return sink.reset(effect.stream, effect.reason)
      case 'saveMark':
        return sink.caughtUp()
      case 'requestHeads':
      case 'requestPull':
        return this.#after(effect, `request ${effect.request}`, () => void this.#request(effect))
      case 'setTimer':
        return this.#setTimer(effect.timer, effect.afterMs)
      case 'cancelTimer':
        return this.#timers.cancel(effect.timer)
      case 'resubscribe':
        this.#renew()
    }
  }

  #setTimer(timer: string, afterMs: number): void {
    this.#timers.cancel(timer)
    this.#timers.setLate(timer, afterMs, () => void this.#feed({ kind: 'timer', timer }))
  }

  #after({ waitMs }: RequestEffect, name: string, work: () => void): void {
    if (waitMs === 0) work()
    else this.#timers.set(name, waitMs * (0.5 + this.#context.deps.machine.random()), work)
  }

  async #request(effect: RequestEffect): Promise<void> {
    await this.#sink.drained()
    if (this.#isStopped) return
    const { request } = effect
    try {
      await this.#feed(await this.#ask(effect))
    } catch {
      // Whatever it was, the engine asks again, later each time; a session that has ended closes the connection.
      await this.#feed({ kind: 'failed', request })
    }
  }

  async #ask(effect: RequestEffect): Promise<Input<Event>> {
    const { request, limit } = effect
    const context = this.#context
    if (effect.kind === 'requestHeads') {
      const { changedSince, after } = effect
      const answer = await carryOut(headsCall, context, { changedSince, after, limit })
      return { kind: 'heads', request, answer }
    }
    const { epoch, streams } = effect
    const answer = await carryOut(pullCall, context, { epoch, streams: [...streams], limit })
    return { kind: 'pulled', request, answer: answer.value() }
  }
}
