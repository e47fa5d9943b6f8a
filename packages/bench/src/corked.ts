import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** What was held in this turn of the event loop: one callback lets all of it go. */
let held: Corked[] = []

function releaseAll(): void {
  const all = held
  held = []
  for (const corked of all) corked.release()
}

/** Frames that are sent in one turn of the event loop leave in one write, on either side and whatever the protocol. */
export class Corked {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  #isHeld = false

  constructor(socket: WebSocket) {
    // `ws` does not show the stream beneath it.
    const stream: unknown = Reflect.get(socket, '_socket')
    if (!(stream instanceof Duplex)) throw new Error('a WebSocket that is not connected')
    this.#socket = socket
    this.#stream = stream
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (!this.#isHeld) {
      this.#isHeld = true
      this.#stream.cork()
      if (held.length === 0) setImmediate(releaseAll)
      held.push(this)
    }
    this.#socket.send(text)
  }

  release(): void {
    this.#isHeld = false
    this.#stream.uncork()
  }
}
