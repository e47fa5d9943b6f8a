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

// An `Event` leaves through layers that know only the wire type; its JSON is found again by identity at the door.
const shared = new WeakMap<Event, LiveEvent>()

/** Wraps an event for a broadcast. */
export function toLiveEvent(event: Event): LiveEvent {
  const live = new SharedEvent(event)
  shared.set(event, live)
  return live
}

/** True for an event that is handed to everybody who may see it; one that was pulled is for one alone. */
export function isShared(event: Event): boolean {
  return shared.has(event)
}

/** The JSON of an event: that of its broadcast when there is one. */
export function jsonOfEvent(event: Event): string {
  return shared.get(event)?.json ?? JSON.stringify(event)
}
