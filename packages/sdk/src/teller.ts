import { TidingsError, type Event, type Kinds, type Signal } from '@tidings/protocol/wire'
import type { ConnectionState } from './connection-state.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import type { ClientEvents, StreamRestarted } from './events.ts'
import type { BodyCheck, TypedEvent } from './kinds.ts'
import type { News } from './news.ts'

/** Tells the app's listeners what happens, and others who show the same before them. */
export class Teller<K extends Kinds> {
  readonly events: Emitter<ClientEvents<K>>
  readonly #bodies: BodyCheck<K>
  readonly #tellOthers: (news: News) => void

  constructor(bodies: BodyCheck<K>, tellOthers: (news: News) => void) {
    this.events = createEmitter((thrown, name) => this.#thrown(thrown, name))
    this.#bodies = bodies
    this.#tellOthers = tellOthers
  }

  event(event: Event): void {
    this.#tellOthers({ kind: 'event', event })
    this.announce(event)
  }

  /** Calls the listeners of an event. */
  announce(event: Event): void {
    if (!this.events.has(event.type) && !this.events.has('event')) return
    const typed = this.#typed(event)
    this.events.emit(typed.type, typed)
    this.events.emit('event', typed)
  }

  signal(signal: Signal): void {
    this.#tellOthers({ kind: 'signal', signal })
    this.events.emit(signal.type, signal)
  }

  reset(restarted: StreamRestarted): void {
    this.#tellOthers({ kind: 'reset', restarted })
    this.events.emit('reset', restarted)
  }

  state(state: ConnectionState): void {
    this.#tellOthers({ kind: 'state', state })
    this.events.emit('connection', state)
  }

  caughtUp(): void {
    this.#tellOthers({ kind: 'caughtUp' })
    this.events.emit('caughtUp', {})
  }

  /** A fault in the background. */
  error(error: TidingsError): void {
    this.#tellOthers({ kind: 'error', error })
    this.#emitError(error)
  }

  #typed(event: Event): TypedEvent<K> {
    const { type } = event
    const hasBody =
      type === 'message.created' || type === 'message.edited' || type === 'message.deleted'
    return hasBody ? this.#bodies.typedEvent(event) : event
  }

  #thrown(thrown: unknown, name: keyof ClientEvents<K>): void {
    const message = `A listener of ${name} has thrown.`
    this.#emitError(new TidingsError('INTERNAL', message, { cause: thrown }), name === 'error')
  }

  #emitError(error: TidingsError, unheard = !this.events.has('error')): void {
    // Nobody listens: a fault must not vanish.
    // oxlint-disable-next-line no-console
    if (unheard) console.error(error)
    else this.events.emit('error', error)
  }
}
