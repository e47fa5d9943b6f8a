import type { WebSocket } from 'ws'

/** Frames that are sent in one turn of the event loop leave in one write, whatever the client's protocol. */
export class Corked {
  readonly #socket: WebSocket
  #isCorked = false

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#raw.cork()
      setImmediate(() => {
        this.#isCorked = false
        this.#raw.uncork()
      })
    }
    this.#socket.send(text)
  }

  get #raw(): { cork(): void; uncork(): void } {
    // ws keeps it as a private field, and offers nothing in its place.
    return (this.#socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket
  }
}
