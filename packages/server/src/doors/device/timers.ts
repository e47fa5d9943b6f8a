import type { Machine } from '../../machine.ts'

/** Timers that are further off have no timer of their own: they are looked at now and then. */
const LONG_MS = 600_000

/** A timer that is far off. */
interface Later {
  readonly name: string
  readonly at: number
}

/** The timers of one connection, by name. Without any it keeps nothing, and with one that is far off next to nothing. */
export class Timers {
  readonly #machine: Machine
  /** How to cancel each; undefined while there is none. */
  #cancels: Map<string, () => void> | undefined
  #later: Later | undefined

  constructor(machine: Machine) {
    this.#machine = machine
  }

  set(name: string, afterMs: number, work: () => void): void {
    this.cancel(name)
    const cancels = (this.#cancels ??= new Map<string, () => void>())
    const cancel = this.#machine.after(afterMs, () => {
      this.#forget(name)
      work()
    })
    cancels.set(name, cancel)
  }

  /** One that may come late, if it is far off: then `due` names it. */
  setLate(name: string, afterMs: number, work: () => void): void {
    if (afterMs < LONG_MS || this.#later !== undefined) this.set(name, afterMs, work)
    else this.#later = { name, at: this.#machine.elapsed() + afterMs }
  }

  /** Now and then: the one that was far off and has become due, once. */
  due(): string | undefined {
    const later = this.#later
    if (later === undefined || later.at > this.#machine.elapsed()) return undefined
    this.#later = undefined
    return later.name
  }

  cancel(name: string): void {
    if (this.#later?.name === name) this.#later = undefined
    this.#cancels?.get(name)?.()
    this.#forget(name)
  }

  cancelAll(): void {
    for (const cancel of this.#cancels?.values() ?? []) cancel()
    this.#cancels = undefined
    this.#later = undefined
  }

  #forget(name: string): void {
    this.#cancels?.delete(name)
    if (this.#cancels?.size === 0) this.#cancels = undefined
  }
}
