import type { Event } from '@tidings/protocol/wire'

/** An event on its way to connections: serialised at most once, however many of them get it. */
export interface LiveEvent {
  readonly event: Event
  /** `event` as JSON. Made when first asked for: nobody may be listening as JSON. */
  readonly json: string
}

class SharedEvent implements LiveEvent {
  readonly event: Event
  #json: string | undefined

  constructor(event: Event) {
    this.event = event
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.event)
    return this.#json
  }
}

// An `Event` leaves through layers that know only the wire type; its JSON is found again at the door, by a property that
// nobody sees or copies. A weak map would keep each event through several collections of young garbage.
const LIVE = Symbol('live')

interface Wrapped {
  readonly [LIVE]?: LiveEvent
}

/** Wraps an event for a broadcast. */
export function toLiveEvent(event: Event): LiveEvent {
  const live = new SharedEvent(event)
  Object.defineProperty(event, LIVE, { value: live, configurable: true })
  return live
}

function liveOf(event: Event & Wrapped): LiveEvent | undefined {
  return event[LIVE]
}

/** True for an event that is handed to everybody who may see it; one that was pulled is for one alone. */
export function isShared(event: Event): boolean {
  return liveOf(event) !== undefined
}

/** The JSON of an event: that of its broadcast when there is one. */
export function jsonOfEvent(event: Event): string {
  return liveOf(event)?.json ?? JSON.stringify(event)
}
