import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers'
import type { VirtualClock } from './clock.ts'
import { openWire, type Weather, type Wire } from './wire.ts'

/** The network between one client and the server, which does what the test says. */
export interface TestNetwork {
  /** Connections that are open now. */
  readonly connections: number
  /** Resets every connection and lets none through until `restore`. */
  cut(): void
  /** Resets the connections that are open now; new ones go through. */
  drop(): void
  /** Nothing arrives any more, in both directions; what was sent meanwhile arrives after `restore`. */
  stall(): void
  /**
   * Swallows everything, in both directions, and looks as if it were open. After `restore` new connections go through;
   * those from before stay dead, and nobody is told.
   */
  halfOpen(): void
  /** What is sent from now on arrives so much later, each way, milliseconds. */
  delay(ms: number): void
  /**
   * The server gets the next call and carries it out; the answer is lost with the connection.
   * @param path a procedure, `message.send` say. @default any
   */
  loseNextAnswer(path?: string): void
  /** The next call is lost with the connection before the server has heard of it. */
  loseNextCall(path?: string): void
  /** Everything is well again. */
  restore(): void
}

/** What is lost of the next call that fits. */
export type Loss = 'call' | 'answer'

/** A network, and the ways into it. */
export class ClientNetwork implements TestNetwork {
  readonly #clock: VirtualClock
  readonly #accept: (stream: Duplex) => void
  readonly #wires = new Set<Wire>()
  #weather: Weather = { isStalled: false, delayMs: 0 }
  #isCut = false
  #isSilent = false
  #next: { readonly loss: Loss; readonly path: string | undefined } | undefined

  constructor(clock: VirtualClock, accept: (stream: Duplex) => void) {
    this.#clock = clock
    this.#accept = accept
  }

  get connections(): number {
    return this.#wires.size
  }

  cut(): void {
    this.#isCut = true
    this.drop()
  }

  drop(): void {
    this.#clock.note()
    for (const wire of [...this.#wires]) wire.cut()
  }

  stall(): void {
    this.#weather = { ...this.#weather, isStalled: true }
  }

  halfOpen(): void {
    this.#isSilent = true
    for (const wire of this.#wires) wire.deafen()
  }

  delay(ms: number): void {
    this.#weather = { ...this.#weather, delayMs: ms }
  }

  loseNextAnswer(path?: string): void {
    this.#next = { loss: 'answer', path }
  }

  loseNextCall(path?: string): void {
    this.#next = { loss: 'call', path }
  }

  restore(): void {
    this.#isCut = false
    this.#isSilent = false
    this.#next = undefined
    this.#weather = { isStalled: false, delayMs: 0 }
    this.#clock.note()
    for (const wire of this.#wires) wire.look()
  }

  /** What is to be lost of this call. Asked once a call. */
  takeLoss(paths: readonly string[]): Loss | undefined {
    const next = this.#next
    if (next === undefined) return undefined
    if (next.path !== undefined && !paths.includes(next.path)) return undefined
    this.#next = undefined
    return next.loss
  }

  /** A new connection to the server; the client's end of it. */
  connect(): Duplex {
    const wire: Wire = openWire({
      clock: this.#clock,
      weather: () => this.#weather,
      onClosed: () => this.#wires.delete(wire),
    })
    this.#clock.note()
    if (this.#isCut) {
      setImmediate(() => wire.near.destroy(refusedError()))
      return wire.near
    }
    this.#wires.add(wire)
    if (this.#isSilent) wire.deafen()
    this.#accept(wire.far)
    return wire.near
  }
}

function refusedError(): Error {
  const code = 'ECONNREFUSED'
  return Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' })
}
