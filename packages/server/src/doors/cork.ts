import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { textFrame } from './text-frame.ts'

/** What was held in this turn of the event loop, over all connections: one callback lets all of it go. */
let held: Cork[] = []

function releaseAll(): void {
  const corks = held
  held = []
  for (const cork of corks) cork.release()
}

/**
 * Holds back what is written to one WebSocket until the end of the turn, so that all its frames leave in one write: a
 * system call costs more than the making of a frame. The frames are made here and go past `ws`, whose way takes two
 * buffers, a callback and a request for each of them.
 */
export class Cork {
  readonly #socket: WebSocket
  readonly #stream: Duplex | undefined
  /** Undefined while nothing is held: most connections are idle. */
  #frames: Buffer[] | undefined
  #bytes = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    // `ws` does not show the stream beneath it. Without it, each frame is a write of its own.
    const stream: unknown = Reflect.get(socket, '_socket')
    this.#stream = stream instanceof Duplex ? stream : undefined
  }

  /** Bytes held back. */
  get bytes(): number {
    return this.#bytes
  }

  send(text: string): void {
    if (this.#stream === undefined) {
      this.#socket.send(text)
      return
    }
    const frame = textFrame(text)
    this.#bytes += frame.length
    if (this.#frames !== undefined) {
      this.#frames.push(frame)
      return
    }
    this.#frames = [frame]
    // Behind everything that this turn still settles, and before anything else is read or committed.
    if (held.length === 0) process.nextTick(releaseAll)
    held.push(this)
  }

  /** Writes what is held, at once. */
  release(): void {
    const frames = this.#frames
    if (frames === undefined) return
    const bytes = this.#bytes
    this.#frames = undefined
    this.#bytes = 0
    // Nothing may follow the frame that closes.
    if (this.#socket.readyState !== WebSocket.OPEN) return
    const [only] = frames
    this.#stream?.write(frames.length === 1 ? only : Buffer.concat(frames, bytes))
  }
}
