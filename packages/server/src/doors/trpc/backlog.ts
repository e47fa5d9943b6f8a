import type { DoorSocket } from '../socket.ts'
import { readFrame, type FrameItem } from './frames.ts'

/** The connection that has a backlog. */
export interface BacklogHost {
  readonly socket: DoorSocket
  /** It takes nothing for now. */
  readonly isBusy: boolean
  /** A call is under way, whose end drains the backlog. */
  readonly isCalling: boolean
  /** May put back what it does not get to. */
  receive(what: string | FrameItem): void
  /** Nothing waits any more: the host forgets the backlog, and reads again. */
  emptied(backlog: Backlog): void
}

/** What a connection has read and not begun yet, in order: frames, and the rest of a batch. Meanwhile nothing more is read. */
export class Backlog {
  readonly #host: BacklogHost
  readonly #waiting: (string | FrameItem)[] = []
  #isDraining = false

  constructor(host: BacklogHost) {
    this.#host = host
  }

  add(frame: string): void {
    this.#waiting.push(frame)
    this.#hold()
  }

  /** Of a frame that has been begun: before all others. */
  putBack(items: readonly FrameItem[]): void {
    this.#waiting.unshift(...items)
    this.#hold()
  }

  clear(): void {
    this.#waiting.length = 0
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  items(): FrameItem[] {
    return this.#waiting.flatMap(itemsOf)
  }

  /** Goes on, as far as the connection takes it. */
  drain(): void {
    while (!this.#host.isBusy) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#host.receive(next)
    }
    if (this.isEmpty) this.#host.emptied(this)
    else if (this.#host.socket.congested) this.#drainLater()
  }

  #hold(): void {
    const { socket, isCalling } = this.#host
    socket.hold()
    if (!isCalling && socket.congested) this.#drainLater()
  }

  /** Once the client has read what it was answered. */
  #drainLater(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    void this.#host.socket.drained().then(() => {
      this.#isDraining = false
      this.drain()
    })
  }
}

/** The calls of a frame, or of what is one already. */
export function itemsOf(what: string | FrameItem): readonly FrameItem[] {
  return typeof what === 'string' ? readFrame(what) : [what]
}
