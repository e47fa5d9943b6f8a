import type { Event, LiveItem, Signal } from '@tidings/protocol/wire'
import {
  createSync,
  step,
  type Effect,
  type Input,
  type Mark,
  type Position,
  type ResetReason,
  type SavedSync,
  type SyncState,
} from '@tidings/protocol/sync'
import type { Environment } from './environment.ts'
import { toTidingsError } from './errors.ts'
import { Pages } from './pages.ts'
import type { Rpc } from './rpc.ts'
import type { PositionAt, StepResult } from './store/kept-rows.ts'

/** What the sync engine's effects do to the rest of the client. */
export interface LiveHandlers {
  event(event: Event): void
  signal(signal: Signal): void
  reset(stream: string, reason: ResetReason, position: Position | undefined): void
  /** A step is complete: what it has told and where that leads belongs together. */
  commit(result: StepResult): void
  caughtUp(): void
  resubscribe(): void
  error(thrown: unknown): void
}

export interface LiveOptions {
  /** Calls over the connection whose subscription is read. */
  readonly rpc: Rpc
  readonly environment: Environment
  readonly mode: 'from-head' | 'from-start'
  /** How far an earlier run of the program has got. */
  readonly load: () => Promise<SavedSync>
  readonly handlers: LiveHandlers
}

type EffectOf<Kind extends Effect<Event>['kind']> = Extract<Effect<Event>, { kind: Kind }>

/** What one step has led to so far. */
interface Progress extends StepResult {
  readonly positions: PositionAt[]
  mark: Mark | undefined
}

/**
 * Runs the sync engine: feeds it what the connection brings, makes the calls that it asks for, hands out events and where
 * they lead. Inputs are taken one after the other, also those that a listener causes while it is being told an event.
 */
export class Live {
  readonly #options: LiveOptions
  readonly #pages: Pages
  readonly #timers = new Map<string, () => void>()
  readonly #inputs: Input<Event>[] = []
  #state: SyncState<Event> | undefined
  #loading: Promise<void> | undefined
  #running = false
  #stopped = false
  /** Answers and timers of an earlier subscription, or of an earlier user, are dropped. */
  #era = 0

  constructor(options: LiveOptions) {
    this.#options = options
    this.#pages = new Pages(options.rpc)
  }

  /** True once it is known how far an earlier run has got. */
  get isLoaded(): boolean {
    return this.#state !== undefined
  }

  /** Loads what was saved, once. Must be done before the first item comes. */
  load(): Promise<void> {
    this.#loading ??= this.#load().catch((thrown: unknown) => {
      this.#loading = undefined
      throw thrown
    })
    return this.#loading
  }

  async #load(): Promise<void> {
    const { load, mode } = this.#options
    const era = this.#era
    const saved = await load()
    if (era === this.#era) this.#state = createSync(saved, { mode })
  }

  /** Forgets everything: the next `load` starts afresh. */
  clear(): void {
    this.disconnected()
    this.#era += 1
    this.#state = undefined
    this.#loading = undefined
    this.#inputs.length = 0
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#stopped = true
  }

  items(items: readonly LiveItem[]): void {
    for (const item of items) {
      switch (item.kind) {
        case 'ready':
          this.#feed({ kind: 'ready', epoch: item.epoch, watermark: item.watermark })
          break
        case 'events':
          this.#feed({ kind: 'events', events: item.events })
          break
        case 'behind':
          this.#feed({ kind: 'behind' })
          break
        case 'signals':
          for (const signal of item.signals) this.#options.handlers.signal(signal)
      }
    }
  }

  disconnected(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#pages.drop()
    this.#feed({ kind: 'disconnected' })
  }

  /** The answers to own sends are these events. */
  accepted(events: readonly Event[]): void {
    this.#feed({ kind: 'accepted', events })
  }

  #feed(input: Input<Event>): void {
    if (this.#state === undefined) return
    this.#inputs.push(input)
    if (this.#running) return
    this.#running = true
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        this.#step(next)
    } finally {
      this.#running = false
    }
  }

  #step(input: Input<Event>): void {
    if (this.#state === undefined || this.#stopped) return
    const { state, effects } = step(this.#state, input)
    this.#state = state
    const era = this.#era
    const progress: Progress = { positions: [], mark: undefined }
    // First, so that the server makes the next page while this one is told. The answers come later in any case.
    for (const effect of effects) if ('request' in effect) this.#ask(effect)
    for (const effect of effects) {
      if (this.#hasEnded(era)) break
      this.#run(effect, progress)
    }
    if (era !== this.#era || (progress.positions.length === 0 && progress.mark === undefined))
      return
    this.#options.handlers.commit(progress)
    if (progress.mark !== undefined) this.#options.handlers.caughtUp()
  }

  #run(effect: Effect<Event>, progress: Progress): void {
    const { handlers } = this.#options
    switch (effect.kind) {
      case 'apply':
        this.#apply(effect, progress)
        return
      case 'reset':
        progress.positions.push([effect.stream, effect.position])
        handlers.reset(effect.stream, effect.reason, effect.position)
        return
      case 'saveMark':
        progress.mark = effect.mark
        return
      case 'resubscribe':
        handlers.resubscribe()
        return
      case 'setTimer':
        this.#after(effect.timer, effect.afterMs, () =>
          this.#feed({ kind: 'timer', timer: effect.timer }),
        )
        return
      case 'cancelTimer':
        this.#cancel(effect.timer)
        return
      case 'requestHeads':
      case 'requestPull':
      // Asked already.
    }
  }

  #hasEnded(era: number): boolean {
    return era !== this.#era || this.#stopped
  }

  /** A listener may close the client or sign out: then the position stays at what has been told. */
  #apply({ stream, events, position }: EffectOf<'apply'>, progress: Progress): void {
    const era = this.#era
    for (const event of events) {
      this.#options.handlers.event(event)
      if (!this.#hasEnded(era)) continue
      progress.positions.push([stream, { seq: event.seq, tag: event.tag }])
      return
    }
    progress.positions.push([stream, position])
  }

  #ask(effect: EffectOf<'requestHeads' | 'requestPull'>): void {
    const { request, waitMs } = effect
    if (waitMs === 0) void this.#call(effect)
    else this.#after(`request ${request}`, this.#jittered(waitMs), () => void this.#call(effect))
  }

  async #call(effect: EffectOf<'requestHeads' | 'requestPull'>): Promise<void> {
    const { rpc, handlers } = this.#options
    const { request } = effect
    const era = this.#era
    let input: Input<Event>
    try {
      if (effect.kind === 'requestHeads') {
        const { changedSince, after, limit } = effect
        input = {
          kind: 'heads',
          request,
          answer: await rpc('sync.heads', { changedSince, after, limit }),
        }
      } else {
        const { epoch, streams, limit } = effect
        const answer = await this.#pages.pull({ epoch, streams: [...streams], limit })
        input = { kind: 'pulled', request, answer }
      }
    } catch (thrown) {
      // What may pass is not worth a word: the engine asks again.
      if (!toTidingsError(thrown).retryable) handlers.error(thrown)
      input = { kind: 'failed', request }
    }
    // What was asked for ahead of a page answers what follows from that, and nothing that follows from other news.
    if (input.kind !== 'pulled') this.#pages.drop()
    if (era === this.#era) this.#feed(input)
    this.#pages.drop()
  }

  #after(name: string, ms: number, run: () => void): void {
    this.#cancel(name)
    const cancel = this.#options.environment.after(ms, () => {
      this.#timers.delete(name)
      run()
    })
    this.#timers.set(name, cancel)
  }

  #cancel(name: string): void {
    this.#timers.get(name)?.()
    this.#timers.delete(name)
  }

  #jittered(ms: number): number {
    return ms * (0.5 + this.#options.environment.random() / 2)
  }
}
