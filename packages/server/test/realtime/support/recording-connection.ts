import type { Event, KnownCloseCode, Signal } from '@tidings/protocol/wire'
import type { LiveEvent } from '../../../src/realtime/live-event.ts'
import type { LiveConnection, Realtime } from '../../../src/realtime/realtime.ts'

/** A connection that remembers what it was given. */
export class RecordingConnection implements LiveConnection {
  readonly userKey: number
  readonly sessionKey: number
  readonly isPresence: boolean = false
  readonly live: LiveEvent[] = []
  readonly signals: Signal[] = []
  readonly closes: KnownCloseCode[] = []
  #leave: () => void = () => undefined

  constructor(userKey: number, sessionKey = userKey) {
    this.userKey = userKey
    this.sessionKey = sessionKey
  }

  register(realtime: Pick<Realtime, 'register'>): this {
    this.#leave = realtime.register(this)
    return this
  }

  leave(): void {
    this.#leave()
  }

  deliver(events: readonly LiveEvent[]): void {
    this.live.push(...events)
  }

  signal(signal: Signal): void {
    this.signals.push(signal)
  }

  close(code: KnownCloseCode): void {
    this.closes.push(code)
    this.leave()
  }

  get events(): readonly Event[] {
    return this.live.map(({ event }) => event)
  }

  /** Seqs by stream. */
  seqs(stream: string): readonly number[] {
    return this.events.filter((event) => event.stream === stream).map(({ seq }) => seq)
  }
}

/** One that makes its user online. */
export class PresentConnection extends RecordingConnection {
  override readonly isPresence = true
}
