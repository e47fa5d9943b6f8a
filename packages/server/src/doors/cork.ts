import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** What was held in this turn of the event loop, over all connections: one callback lets all of it go. */
let held: Cork[] = []

function releaseAll(): void {
  const corks = held
  held = []
  for (const cork of corks) cork.release()
}

/**
 * Holds back what is written to one WebSocket until the end of the turn, so that all its frames leave in one write: a
 * system call costs more than the making of a frame. What is held counts as buffered.
 */
export class Cork {
  readonly #stream: Duplex | undefined
  #isHeld = false

  constructor(socket: WebSocket) {
    // `ws` does not show the stream beneath it. Without it, each frame is a write of its own.
    const stream: unknown = Reflect.get(socket, '_socket')
    this.#stream = stream instanceof Duplex ? stream : undefined
  }

  hold(): void {
    if (this.#isHeld || this.#stream === undefined) return
    this.#isHeld = true
    this.#stream.cork()
    if (held.length === 0) setImmediate(releaseAll)
    held.push(this)
  }

  /** Writes what is held, at once. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#stream?.uncork()
  }
}
