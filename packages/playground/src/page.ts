import type { Readable } from '@tidings/sdk'
import { keep, readKept } from './kept.ts'
import type { Person } from './person.ts'
import { Seat } from './seat.ts'
import type { Tab } from './tab.ts'
import { Value } from './value.ts'

const SEATS = ['1', '2']
const SEATS_LIMIT = 8

/** Who sits where on this page. */
export class Page {
  readonly seats: Readable<readonly Seat[]>
  /** Everybody who is signed in here. */
  readonly people: Readable<readonly Person[]>
  /** The seat that somebody used last: only who looks at his messages reads them. */
  readonly active = new Value<string | undefined>(undefined)
  readonly #tab: Tab
  readonly #seats = new Value<readonly Seat[]>([])
  readonly #people = new Value<readonly Person[]>([])

  constructor(tab: Tab) {
    this.#tab = tab
    this.seats = this.#seats
    this.people = this.#people
    const kept = readKept('seats')
    const ids = Array.isArray(kept) && kept.length > 0 ? kept.map(String) : SEATS
    for (const id of ids) this.#add(id)
  }

  get isFull(): boolean {
    return this.#seats.get().length >= SEATS_LIMIT
  }

  add(): void {
    const highest = Math.max(0, ...this.#seats.get().map(({ id }) => Number(id)))
    if (!this.isFull) this.#add(String(highest + 1))
  }

  /** Takes an empty seat away. */
  remove(seat: Seat): void {
    this.#setSeats(this.#seats.get().filter((other) => other !== seat))
  }

  #add(id: string): void {
    const seat = new Seat(id, this.#tab)
    seat.person.subscribe(() => this.#gatherPeople())
    this.#setSeats([...this.#seats.get(), seat])
  }

  #setSeats(seats: readonly Seat[]): void {
    this.#seats.set(seats)
    keep(
      'seats',
      seats.map(({ id }) => id),
    )
    this.#gatherPeople()
  }

  #gatherPeople(): void {
    const people = this.#seats.get().map((seat) => seat.person.get())
    this.#people.set(people.filter((person) => person !== undefined))
  }
}
