import type { Machine } from '../machine.ts'

/** What is held back for whatever else comes waits no longer than this. */
const LATE_MS = 20

/** Somebody who holds something back for which nobody waits. */
export interface Latecomer {
  /** Writes it, unless it has gone with something else. */
  releaseLate(): void
}

/** Lets what nobody waits for go, a little later and all of it together. */
export class Late {
  readonly #machine: Pick<Machine, 'after'>
  #latecomers: Latecomer[] = []

  constructor(machine: Pick<Machine, 'after'>) {
    this.#machine = machine
  }

  add(latecomer: Latecomer): void {
    if (this.#latecomers.length === 0) this.#machine.after(LATE_MS, () => this.#release())
    this.#latecomers.push(latecomer)
  }

  #release(): void {
    const latecomers = this.#latecomers
    this.#latecomers = []
    for (const latecomer of latecomers) latecomer.releaseLate()
  }
}
