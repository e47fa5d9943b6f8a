import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers'
import type { VirtualClock } from './clock.ts'

/** How a connection fares; the network changes it while it is open. */
export interface Weather {
  /** Nothing arrives; what was sent waits. */
  readonly isStalled: boolean
  /** One way, virtual milliseconds. */
  readonly delayMs: number
}

/** One connection, without a port: what is written into one end comes out of the other. */
export interface Wire {
  readonly near: Duplex
  readonly far: Duplex
  /** The weather has changed. */
  look(): void
  /** Resets both ends. */
  cut(): void
  /** Swallows everything from now on, and looks as if it were open. */
  deafen(): void
}

export interface WireOptions {
  readonly clock: VirtualClock
  readonly weather: () => Weather
  /** Once, when both ends are closed. */
  readonly onClosed: () => void
}

export function openWire(options: WireOptions): Wire {
  const near: End = new End(options, () => far)
  const far: End = new End(options, () => near)
  let open = 2
  for (const end of [near, far]) {
    // Whoever holds the end hears of it too; without a listener an error would end the process.
    end.on('error', () => undefined)
    end.once('close', () => {
      open -= 1
      if (open === 0) options.onClosed()
    })
  }
  const both = (act: (end: End) => void): void => [near, far].forEach(act)
  return {
    near,
    far,
    look: () => both((end) => end.look()),
    cut: () => both((end) => end.destroy(resetError())),
    deafen: () => both((end) => end.deafen()),
  }
}

/** What Node says when the other side has reset a connection. */
function resetError(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
}

/** Bytes on their way; null is the end. */
interface Parcel {
  readonly bytes: Buffer | null
  at: number
  readonly arrived: () => void
}

/**
 * One end. What is written takes at least a turn of the event loop, as on a real network, so that nobody is answered
 * before he has finished speaking; and is held back when the other end is not being read.
 */
class End extends Duplex {
  /** As on a socket. */
  readonly remoteAddress = '127.0.0.1'
  readonly #options: WireOptions
  readonly #other: () => End
  readonly #parcels: Parcel[] = []
  #scheduled = false
  #hungry = true
  #isDeaf = false
  #hasEnded = false

  constructor(options: WireOptions, other: () => End) {
    super({ allowHalfOpen: false })
    this.#options = options
    this.#other = other
  }

  look(): void {
    for (const parcel of this.#parcels)
      parcel.at = Math.min(parcel.at, this.#options.clock.elapsed() + this.#delayMs)
    this.#schedule()
  }

  deafen(): void {
    this.#isDeaf = true
    for (const { arrived } of this.#parcels.splice(0)) arrived()
  }

  override _read(): void {
    this.#hungry = true
    this.#other().#schedule()
  }

  override _write(bytes: Buffer, _encoding: string, written: () => void): void {
    this.#send(bytes, written)
  }

  override _final(ended: () => void): void {
    this.#sendEnd(ended)
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    if (error === null) this.#sendEnd(() => undefined)
    else {
      for (const { arrived } of this.#parcels.splice(0)) arrived()
      this.#options.clock.note()
      setImmediate(() => this.#other().#reset(this.#isDeaf))
    }
    destroyed(error)
  }

  /** The other side has reset the connection, and the news has arrived. */
  #reset(isDeaf: boolean): void {
    if (!isDeaf && !this.destroyed) this.destroy(resetError())
  }

  #sendEnd(arrived: () => void): void {
    if (this.#hasEnded) arrived()
    else this.#send(null, arrived)
    this.#hasEnded = true
  }

  get #delayMs(): number {
    return this.#options.weather().delayMs
  }

  #send(bytes: Buffer | null, arrived: () => void): void {
    this.#options.clock.note()
    if (this.#isDeaf) {
      arrived()
      return
    }
    const delayMs = this.#delayMs
    const last = this.#parcels.at(-1)?.at ?? 0
    const at = Math.max(last, this.#options.clock.elapsed() + delayMs)
    // A long way holds much: its writer is not kept waiting.
    if (delayMs > 0) arrived()
    this.#parcels.push({ bytes, at, arrived: delayMs > 0 ? () => undefined : arrived })
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#parcels.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const { clock, weather } = this.#options
    const other = this.#other()
    while (!weather().isStalled && other.#hungry) {
      const [parcel] = this.#parcels
      if (parcel === undefined) return
      const waitMs = parcel.at - clock.elapsed()
      if (waitMs > 0) {
        clock.after(waitMs, () => this.#schedule())
        return
      }
      this.#parcels.shift()
      clock.note()
      if (!other.destroyed) other.#hungry = other.push(parcel.bytes)
      parcel.arrived()
    }
  }
}
