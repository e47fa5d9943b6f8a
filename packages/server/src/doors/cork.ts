import { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { textFrame } from './text-frame.ts'

/**
 * When a frame leaves: `news` at once behind all that their commit brings, since their readers have nothing else to go by;
 * `late` with whatever comes next, or when `releaseLate` is called; anything else at the end of the `turn` of the event loop,
 * so that it keeps nobody's news waiting.
 */
export type Urgency = 'news' | 'turn' | 'late'

/** Connections that get their news ahead of the answers: whoever writes to a large group would wait for all its members. */
const MAX_AHEAD = 64

/** What is held, over all connections: one callback lets all of it go. */
let news: Cork[] = []
let turn: Cork[] = []

function releaseNews(): void {
  const corks = news
  news = []
  for (const cork of corks) {
    if (corks.length > MAX_AHEAD) cork.wait('turn')
    else cork.release()
  }
}

function releaseTurn(): void {
  const corks = turn
  turn = []
  for (const cork of corks) cork.release()
}

/**
 * Holds back what is written to one WebSocket until the end of the turn, or a little longer where nobody waits for it, so
 * that all its frames leave in one write: a system call costs more than the making of a frame. The frames are made here and
 * go past `ws`, whose way takes two buffers, a callback and a request for each of them.
 */
export class Cork {
  readonly #socket: WebSocket
  readonly #stream: Duplex | undefined
  /** Undefined while nothing is held: most connections are idle. */
  #frames: Buffer[] | undefined
  #bytes = 0
  /** What it waits for; undefined while it holds nothing. */
  #waits: Urgency | undefined

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

  send(text: string, urgency: Urgency = 'turn'): void {
    if (this.#stream === undefined) {
      this.#socket.send(text)
      return
    }
    const frame = textFrame(text)
    this.#bytes += frame.length
    if (this.#frames === undefined) this.#frames = [frame]
    else this.#frames.push(frame)
    this.wait(urgency)
  }

  /** Has itself released then, unless it already will be: once for all that it holds. */
  wait(urgency: Urgency): void {
    if (this.#waits === 'turn' || this.#waits === urgency) return
    if (this.#waits !== undefined && urgency === 'late') return
    this.#waits = urgency
    if (urgency === 'news') {
      // Behind all that the commit brings, and before those whom it answers hear of it.
      if (news.length === 0) queueMicrotask(releaseNews)
      news.push(this)
    } else if (urgency === 'turn') {
      // Behind everything that this turn still settles, and before anything else is read or committed.
      if (turn.length === 0) process.nextTick(releaseTurn)
      turn.push(this)
    }
  }

  /** Writes what is held, unless it goes sooner by now. */
  releaseLate(): void {
    if (this.#waits === 'late') this.release()
  }

  /** Writes what is held, at once. */
  release(): void {
    const frames = this.#frames
    const bytes = this.#bytes
    this.#frames = undefined
    this.#bytes = 0
    this.#waits = undefined
    // Nothing may follow the frame that closes.
    if (frames === undefined || this.#socket.readyState !== WebSocket.OPEN) return
    this.#stream?.write(frames.length === 1 ? frames[0] : Buffer.concat(frames, bytes))
  }
}
