import type { Socket } from 'node:net'
import type { Chance } from '../../e2e/support/random.ts'
import { FrameCutter, type Unit } from './frames.ts'

/** How a wire treats what it carries. Everything may change at any time. */
export interface Weather {
  /** Everything takes so much longer, each way, milliseconds. */
  delayMs: number
  /** At most so many bytes a second, each way; 0 for as many as come. */
  bytesPerSecond: number
  /** Lost for now, as IP shows it to TCP: nothing arrives until it is over. */
  isStalled: boolean
  /** A direction of a connection breaks after at most so many bytes, in the middle of them; 0 for never. */
  raggedBytes: number
  /** What happens to some frames that a server sends. */
  frames: 'kept' | 'doubled' | 'swapped'
  /** Breaks a connection in place of passing on an answer that has these bytes in it, once each time it is set. */
  cutBefore: Buffer | undefined
}

export const FAIR: Readonly<Weather> = {
  delayMs: 0,
  bytesPerSecond: 0,
  isStalled: false,
  raggedBytes: 0,
  frames: 'kept',
  cutBefore: undefined,
}

/** What a direction of a connection needs of the wire. */
export interface CarrierParts {
  readonly weather: Weather
  readonly chance: Chance
  /** True for what the server sends. */
  readonly isAnswer: boolean
  /** Both ends are reset. */
  breakUp(): void
  /** A frame has been doubled or swapped. */
  meddled(): void
}

const TICK_MS = 20
/** A sender is held back when so much is on its way. */
const MOST_WAITING = 256 * 1024
const MEDDLED_SHARE = 0.3

interface OnItsWay {
  bytes: Buffer
  readonly due: number
}

/** One direction of one connection. */
export class Carrier {
  readonly #to: Socket
  readonly #from: Socket
  readonly #parts: CarrierParts
  readonly #cutter: FrameCutter | undefined
  readonly #waiting: OnItsWay[] = []
  #waitingBytes = 0
  #held: Unit | undefined
  #timer: NodeJS.Timeout | undefined
  #leftBytes: number | undefined
  /** Everything is swallowed, for ever. */
  isDeaf = false

  constructor(from: Socket, to: Socket, parts: CarrierParts) {
    this.#from = from
    this.#to = to
    this.#parts = parts
    this.#cutter = parts.isAnswer ? new FrameCutter() : undefined
    from.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  /** The weather has changed. */
  flush(): void {
    this.#deliver()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting.length = 0
  }

  #take(chunk: Buffer): void {
    if (this.isDeaf) return
    const { weather, isAnswer, breakUp } = this.#parts
    if (isAnswer && weather.cutBefore !== undefined && chunk.includes(weather.cutBefore)) {
      weather.cutBefore = undefined
      breakUp()
      return
    }
    if (weather.raggedBytes > 0 && this.#tears(chunk)) return
    const units = this.#cutter?.cut(chunk) ?? [{ bytes: chunk, isFrame: false }]
    for (const unit of units) this.#meddle(unit)
    this.#deliver()
  }

  #tears(chunk: Buffer): boolean {
    const { weather, chance, breakUp } = this.#parts
    this.#leftBytes ??= chance.between(1, weather.raggedBytes)
    this.#leftBytes -= chunk.length
    if (this.#leftBytes > 0) return false
    this.#to.write(chunk.subarray(0, chance.between(0, chunk.length - 1)))
    setImmediate(breakUp)
    this.isDeaf = true
    return true
  }

  /** Some frames come twice, or after the next one. */
  #meddle(unit: Unit): void {
    const { weather, chance, meddled } = this.#parts
    const held = this.#held
    const isChosen = unit.isFrame && chance.next() < MEDDLED_SHARE
    if (weather.frames === 'swapped' && isChosen && held === undefined) {
      this.#held = unit
      return
    }
    this.#push(unit.bytes)
    if (held !== undefined) {
      this.#held = undefined
      this.#push(held.bytes)
      meddled()
    }
    if (weather.frames !== 'doubled' || !isChosen) return
    this.#push(unit.bytes)
    meddled()
  }

  #push(bytes: Buffer): void {
    this.#waiting.push({ bytes, due: performance.now() + this.#parts.weather.delayMs })
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > MOST_WAITING) this.#from.pause()
  }

  /** What has been held back for a frame that did not come goes when the next tick does. */
  #deliver(): void {
    const { isStalled, bytesPerSecond } = this.#parts.weather
    if (isStalled || this.isDeaf || this.#timer !== undefined || this.#to.destroyed) return
    const now = performance.now()
    let budget = bytesPerSecond === 0 ? Infinity : Math.ceil((bytesPerSecond * TICK_MS) / 1000)
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.due > now || budget <= 0) break
      const sent = next.bytes.subarray(0, budget)
      this.#to.write(sent)
      budget -= sent.length
      this.#waitingBytes -= sent.length
      next.bytes = next.bytes.subarray(sent.length)
      if (next.bytes.length === 0) this.#waiting.shift()
    }
    if (this.#waitingBytes <= MOST_WAITING) this.#from.resume()
    if (this.#waiting.length === 0 && this.#held === undefined) return
    this.#timer = setTimeout(() => this.#tick(), TICK_MS)
  }

  #tick(): void {
    this.#timer = undefined
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) this.#push(held.bytes)
    this.#deliver()
  }
}
