import type { Machine } from '../machine.ts'

/** Something that is looked after regularly. */
export interface Wheeled {
  /** `turn` is true once in every full turn of the wheel. */
  tick(turn: boolean): void
}

export interface WheelOptions {
  readonly tickMs: number
  readonly turnMs: number
  readonly machine: Pick<Machine, 'every'>
}

/**
 * One timer for all connections of a door. Each tick visits those that asked to be looked at soon; a full turn visits
 * everyone once, spread evenly over its ticks, so that ten thousand pings are not sent in one go.
 */
export class Wheel<Item extends Wheeled> {
  readonly #slots: readonly Set<Item>[]
  readonly #slotOf = new Map<Item, Set<Item>>()
  readonly #soon = new Set<Item>()
  readonly #endTimer: () => void
  #at = 0
  #next = 0

  constructor({ tickMs, turnMs, machine }: WheelOptions) {
    const length = Math.max(1, Math.round(turnMs / tickMs))
    this.#slots = Array.from({ length }, () => new Set<Item>())
    this.#endTimer = machine.every(tickMs, () => this.#tick())
  }

  get size(): number {
    return this.#slotOf.size
  }

  items(): Iterable<Item> {
    return this.#slotOf.keys()
  }

  add(item: Item): void {
    const slot = this.#slots[this.#next % this.#slots.length]
    if (slot === undefined) return
    this.#next += 1
    slot.add(item)
    this.#slotOf.set(item, slot)
  }

  delete(item: Item): void {
    this.#slotOf.get(item)?.delete(item)
    this.#slotOf.delete(item)
    this.#soon.delete(item)
  }

  /** Visits the item at the next tick too; asked again after each visit. */
  soon(item: Item): void {
    if (this.#slotOf.has(item)) this.#soon.add(item)
  }

  stop(): void {
    this.#endTimer()
  }

  #tick(): void {
    const soon = [...this.#soon]
    this.#soon.clear()
    for (const item of soon) item.tick(false)
    const slot = this.#slots[this.#at % this.#slots.length]
    this.#at += 1
    for (const item of [...(slot ?? [])]) item.tick(true)
  }
}
