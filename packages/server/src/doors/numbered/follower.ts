import {
  createSync,
  step,
  type Effect,
  type Input,
  type Position,
  type ResetReason,
  type SyncState,
} from '@tidings/protocol/sync'
import type { Event, LiveItem, Signal, TidingsError } from '@tidings/protocol/wire'
import type { Machine } from '../../machine.ts'
import { pause } from '../../realtime/retry.ts'
import type { Context } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { carryOut, headsCall, pullCall } from '../../rpc/hot-calls.ts'
import { createCaller } from '../procedure.ts'

/** What a follower hands over, in order and one after the other: each is awaited before the next. */
export interface FollowerSink {
  /** Events of one stream, ascending, without a hole after the last ones; `position` is where they lead. */
  apply(stream: string, events: readonly Event[], position: Position): Promise<void>
  reset(stream: string, reason: ResetReason): void
  signals(signals: readonly Signal[]): void
  /** Everything that existed at the start has been handed over. */
  caughtUp(): void
  /** The client has more waiting than it may. */
  readonly congested: boolean
  /** Resolves when it has room for more. */
  drained(): Promise<void>
}

export interface FollowerOptions {
  readonly context: Context
  readonly sink: FollowerSink
  /** Where to continue; undefined to begin with what comes from now on. */
  readonly positions: ReadonlyMap<string, Position> | undefined
}

/** Events of one pull: what a client may have to take at once before it is asked whether it can take more. */
const PAGE = 200

type RequestEffect = Extract<Effect<Event>, { readonly request: number }>

/**
 * Runs the sync engine for a client that cannot: it subscribes, compares heads, pulls what is missing and hands everything
 * over in order. All through the router's own sync procedures, with the client's rights.
 */
export class Follower {
  readonly #options: FollowerOptions
  readonly #stop = new AbortController()
  readonly #machine: Machine
  /** How to cancel each. */
  readonly #timers = new Map<string, () => void>()
  readonly #inputs: { readonly input: Input<Event>; readonly done: () => void }[] = []
  #state: SyncState<Event>
  #running = false
  #letGo: () => void = () => undefined
  #failure: TidingsError | undefined
  #subscription = new AbortController()

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#machine = options.context.deps.machine
    const saved = { mark: undefined, positions: options.positions ?? [] }
    this.#state = createSync<Event>(saved, {
      mode: options.positions === undefined ? 'from-head' : 'from-start',
      pullLimit: PAGE,
      maxPulls: 1,
    })
  }

  /** Runs until it is stopped or the subscription is ended by the server. @throws TidingsError when it cannot subscribe */
  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#subscription = new AbortController()
      const { signal } = this.#subscription
      for await (const items of await this.#subscribe(signal)) {
        for (const item of items) await this.#hand(item)
        if (signal.aborted) break
      }
      if (!signal.aborted) break
      await this.#feed({ kind: 'disconnected' })
    }
    this.stop()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** A session that has used up its calls is not cut for it: it waits. */
  async #subscribe(signal: AbortSignal): Promise<AsyncIterable<LiveItem[]>> {
    while (!signal.aborted) {
      try {
        return await createCaller(this.#options.context, { signal }).sync.live({})
      } catch (thrown) {
        const error = toTidingsError(thrown)
        if (error.code !== 'RATE_LIMITED') throw error
        await pause(this.#machine, error.details.retryAfterMs ?? 1000, signal)
      }
    }
    return nothing()
  }

  stop(): void {
    this.#stop.abort()
    this.#subscription.abort()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    for (const { done } of this.#inputs.splice(0)) done()
  }

  /** The client cannot take more for now. */
  congested(): void {
    this.#letGo()
  }

  /**
   * One after the other, so that what the client has not taken yet waits in the bounded queue of the subscription. Once
   * it is congested the next is asked for without waiting: then the subscription drops what comes, and says so.
   */
  #hand(item: LiveItem): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#letGo = resolve
      this.#take(item).then(resolve, reject)
      if (this.#options.sink.congested) resolve()
    })
  }

  #take(item: LiveItem): Promise<void> {
    if (item.kind !== 'signals') return this.#feed(item)
    this.#options.sink.signals(item.signals)
    return Promise.resolve()
  }

  /** Resolves when the input and what follows from it have been handed over. */
  #feed(input: Input<Event>): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve()
    return new Promise((done) => {
      this.#inputs.push({ input, done })
      void this.#work()
    })
  }

  async #work(): Promise<void> {
    if (this.#running) return
    this.#running = true
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      await this.#step(next.input)
      next.done()
    }
    this.#running = false
  }

  async #step(input: Input<Event>): Promise<void> {
    const { state, effects } = step(this.#state, input)
    this.#state = state
    try {
      for (const effect of effects) if (!this.#stop.signal.aborted) await this.#perform(effect)
    } catch (thrown) {
      // What could not be handed over is not skipped: the connection ends, and the next one begins before it.
      this.#failure = toTidingsError(thrown)
      this.stop()
    }
  }

  #perform(effect: Effect<Event>): Promise<void> | void {
    const { sink } = this.#options
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
        return this.#setTimer(effect.timer, effect.afterMs, () => {
          void this.#feed({ kind: 'timer', timer: effect.timer })
        })
      case 'cancelTimer':
        return this.#clearTimer(effect.timer)
      case 'resubscribe':
        this.#subscription.abort()
    }
  }

  #after({ waitMs }: RequestEffect, name: string, work: () => void): void {
    if (waitMs === 0) work()
    else this.#setTimer(name, waitMs * (0.5 + this.#machine.random()), work)
  }

  async #request(effect: RequestEffect): Promise<void> {
    await this.#options.sink.drained()
    if (this.#stop.signal.aborted) return
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
    const { context } = this.#options
    if (effect.kind === 'requestHeads') {
      const { changedSince, after } = effect
      const answer = await carryOut(headsCall, context, { changedSince, after, limit })
      return { kind: 'heads', request, answer }
    }
    const { epoch, streams } = effect
    const answer = await carryOut(pullCall, context, { epoch, streams: [...streams], limit })
    return { kind: 'pulled', request, answer }
  }

  #setTimer(name: string, afterMs: number, work: () => void): void {
    this.#clearTimer(name)
    const cancel = this.#machine.after(afterMs, () => {
      this.#timers.delete(name)
      work()
    })
    this.#timers.set(name, cancel)
  }

  #clearTimer(name: string): void {
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }
}

async function* nothing(): AsyncGenerator<never> {
  // What is subscribed to after the end.
}
