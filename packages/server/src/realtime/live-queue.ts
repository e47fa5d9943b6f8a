import { type KnownCloseCode, LIMITS, type LiveItem, type Signal } from '@tidings/protocol/wire'
import type { Figures } from '../figures.ts'
import type { LiveEvent } from './live-event.ts'
import type { LiveConnection, Realtime } from './realtime.ts'
import type { SlowReader } from './slow-readers.ts'

/** What a live subscription needs of the WebSocket under it. */
export interface LiveTransport {
  bufferedAmount(): number
  close(code: KnownCloseCode): void
  /** Writes events at once. Left out, they all go through the subscription's reader. */
  push?(events: readonly LiveEvent[]): void
}

/** Who reads a live queue and waits for more. */
export interface Wakeable {
  wake(): void
}

/** Events that wait for a subscription which does not fetch them; beyond, it is behind. */
const MAX_EVENTS = 1000
/** Signals are worth nothing once late; but when a node starts, many come online at once. */
const MAX_SIGNALS = 1000
/** JSON of one yield, so that what is buffered overshoots its limit by no more than this and one event. */
const BATCH_CHARACTERS = 64 * 1024

const NO_EVENTS: readonly LiveEvent[] = []
const NO_SIGNALS: Signal[] = []
const NOTHING: LiveItem[] = []

/**
 * Between the pump and one live subscription: what came in since the last yield. It holds a bounded number of shared
 * events and nothing while the reader is paused; whatever it drops becomes one `behind`.
 */
export class LiveQueue implements LiveConnection, SlowReader {
  readonly userKey: number
  readonly sessionKey: number
  readonly isPresence: boolean = true
  readonly #transport: LiveTransport | null
  readonly #figures: Figures['behind'] | undefined
  // Shared while empty: an idle connection owns no array.
  #events = NO_EVENTS
  #signals = NO_SIGNALS
  #behind = false
  /** Ends being looked after; undefined while the reader is not paused. */
  #unwatch: (() => void) | undefined
  #closed: KnownCloseCode | undefined
  #sleeper: Wakeable | undefined

  constructor(
    owner: { readonly userKey: number; readonly sessionKey: number },
    transport: LiveTransport | null,
    figures: Figures['behind'] | undefined,
  ) {
    this.userKey = owner.userKey
    this.sessionKey = owner.sessionKey
    this.#transport = transport
    this.#figures = figures
  }

  deliver(events: readonly LiveEvent[]): void {
    if (this.#closed !== undefined) return
    if (this.paused) {
      this.#miss(events.length)
      return
    }
    if (this.#push(events)) return
    if (this.#events.length + events.length > MAX_EVENTS) this.#drop(events.length)
    // One delivery is usually all there is: its array is shared by everybody who gets it.
    else this.#events = this.#events.length === 0 ? events : [...this.#events, ...events]
    this.#stir()
  }

  /**
   * Past the reader, who costs several promises each time, but only while he waits for more: then he has written all that
   * came before. False when the events must go the long way.
   */
  #push(events: readonly LiveEvent[]): boolean {
    const transport = this.#transport
    if (this.#sleeper === undefined || transport?.push === undefined || this.congested) return false
    if (batchLength(events) < events.length) return false
    transport.push(events)
    return true
  }

  signal(signal: Signal): void {
    if (this.#closed !== undefined || this.paused || this.#signals.length >= MAX_SIGNALS) return
    if (this.#signals === NO_SIGNALS) this.#signals = [signal]
    else this.#signals.push(signal)
    this.#stir()
  }

  close(code: KnownCloseCode): void {
    if (this.#closed !== undefined) return
    this.end(code)
    this.#transport?.close(code)
  }

  /** Ends the subscription and leaves the socket alone. */
  end(code: KnownCloseCode): void {
    this.#closed ??= code
    this.#events = NO_EVENTS
    this.#signals = NO_SIGNALS
    this.#stopWatching()
    this.#stir()
  }

  /** Why it is over; undefined while it is not. */
  get closed(): KnownCloseCode | undefined {
    return this.#closed
  }

  /** The subscription's abort signal: the object itself listens, which saves a closure per connection. */
  handleEvent(): void {
    this.end(1000)
  }

  bufferedAmount(): number {
    return this.#transport?.bufferedAmount() ?? 0
  }

  /** `take` would have something. */
  get waiting(): boolean {
    return this.#behind || this.#events.length > 0 || this.#signals.length > 0
  }

  /** More is waiting in the socket than a reader may have waiting. */
  get congested(): boolean {
    return this.bufferedAmount() > LIMITS.bufferedBytes
  }

  /** Nothing is kept until the socket has drained. */
  get paused(): boolean {
    return this.#unwatch !== undefined
  }

  resume(): void {
    this.#stopWatching()
    this.#stir()
  }

  giveUp(): void {
    this.close(1013)
  }

  /**
   * What has come in, as items for one yield; empty when nothing has, and when the socket has no room for it: then the
   * reader is paused, and woken once the socket has drained.
   */
  take(realtime: Pick<Realtime, 'watch'>): LiveItem[] {
    if (!this.waiting || this.paused || this.#closed !== undefined) return NOTHING
    if (this.congested) {
      this.#pause(realtime)
      return NOTHING
    }
    const items: LiveItem[] = []
    if (this.#behind && this.#figures !== undefined) this.#figures.told += 1
    if (this.#behind) items.push({ kind: 'behind' })
    this.#behind = false
    if (this.#events.length > 0) items.push({ kind: 'events', events: this.#takeEvents() })
    if (this.#signals.length > 0) items.push({ kind: 'signals', signals: this.#signals })
    this.#signals = NO_SIGNALS
    return items
  }

  /** Wakes the reader, once, when `take` may have something or it is over. There is one reader. */
  wakeLater(reader: Wakeable): void {
    this.#sleeper = reader
  }

  /** Resolves then. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.wakeLater({ wake: resolve }))
  }

  #pause(realtime: Pick<Realtime, 'watch'>): void {
    this.#unwatch = realtime.watch(this)
    if (this.#events.length > 0) this.#drop(0)
    this.#signals = NO_SIGNALS
  }

  #stopWatching(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  #takeEvents(): LiveEvent['event'][] {
    const count = this.#transport === null ? this.#events.length : batchLength(this.#events)
    const taken = this.#events.slice(0, count)
    this.#events = count === this.#events.length ? NO_EVENTS : this.#events.slice(count)
    return taken.map(({ event }) => event)
  }

  /** Forgets what waits; so many more are not even kept. */
  #drop(more: number): void {
    this.#miss(this.#events.length + more)
    this.#events = NO_EVENTS
  }

  #miss(count: number): void {
    this.#behind = true
    if (this.#figures !== undefined) this.#figures.events += count
  }

  #stir(): void {
    const sleeper = this.#sleeper
    this.#sleeper = undefined
    sleeper?.wake()
  }
}

/** How many of the events make one batch: at least one. */
function batchLength(events: readonly LiveEvent[]): number {
  // Not even its JSON is made: a reader of the numbered protocol has no use for it.
  if (events.length === 1) return 1
  let characters = 0
  let count = 0
  for (const { json } of events) {
    characters += json.length
    if (count > 0 && characters > BATCH_CHARACTERS) break
    count += 1
  }
  return count
}
