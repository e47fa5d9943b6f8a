import { CLOSE_CODES, LIMITS, type KnownCloseCode } from '@tidings/protocol/wire'
import type { Realtime } from '../realtime/realtime.ts'
import type { SlowReader } from '../realtime/slow-readers.ts'
import type { Transport } from '../rpc/context.ts'
import { Cork, type Urgency } from './cork.ts'
import type { DoorWebSocket, WebSocketListener } from './web-socket.ts'

/** What a door does with its socket's frames. */
export interface SocketListener {
  /** A text frame. Binary frames are refused before. */
  message(text: string): void
  /** The client has answered a ping that carried a payload. */
  pong(payload: string): void
  /** From now on more is waiting to be sent than a reader may have waiting; see `drained`. */
  congested?(): void
  /** Once, whoever closed it. */
  closed(): void
}

/** What is held back for the end of the turn is written sooner when it has grown to this: it may not pass for a backlog. */
const HELD_BYTES = LIMITS.bufferedBytes / 4

/**
 * One WebSocket with the limits that `ws` leaves to its user. While its reader does not keep up, nothing more is read
 * from it, so that a client cannot make the server buffer by asking and never listening; one that has not drained after
 * `LIMITS.slowReaderMs` is closed with 1013.
 */
export class DoorSocket implements Transport, SlowReader, WebSocketListener {
  readonly #socket: DoorWebSocket
  readonly #realtime: Realtime
  readonly #cork: Cork
  #listener: SocketListener | undefined
  #unwatch: (() => void) | undefined
  #held = false
  #waiters: (() => void)[] | undefined
  #alive = true

  constructor(socket: DoorWebSocket, realtime: Realtime) {
    this.#socket = socket
    this.#realtime = realtime
    this.#cork = new Cork(socket)
  }

  listen(listener: SocketListener): void {
    this.#listener = listener
    this.#socket.tell(this)
  }

  frame(data: Buffer, isBinary: boolean): void {
    if (isBinary) this.close(1003)
    else if (this.open) this.#listener?.message(data.toString('utf8'))
  }

  pinged(payload: Buffer): void {
    this.#alive = true
    // A flood of pings from somebody who does not read: unanswered, and not buffered.
    if (this.open && this.#socket.bufferedAmount <= LIMITS.bufferedBytes) this.#socket.pong(payload)
  }

  ponged(payload: Buffer): void {
    this.#alive = true
    if (payload.length > 0) this.#listener?.pong(payload.toString('latin1'))
  }

  closing(): void {
    this.#cork.release()
  }

  gone(): void {
    this.#stopWatching()
    this.#wake()
    this.#listener?.closed()
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** More is waiting to be sent than a reader may have waiting. */
  get congested(): boolean {
    return this.#unwatch !== undefined
  }

  /** Writes what is held back for whatever comes next. */
  releaseLate(): void {
    this.#cork.releaseLate()
  }

  /** The frames of one turn of the event loop leave together, at its end; news before that, and what is late after it. */
  send(text: string, urgency?: Urgency): void {
    if (!this.open) return
    this.#cork.send(text, urgency)
    if (this.bufferedAmount() <= HELD_BYTES) return
    this.#cork.release()
    if (this.#socket.bufferedAmount <= LIMITS.bufferedBytes || this.congested) return
    this.#unwatch = this.#realtime.watch(this)
    this.#socket.pause()
    this.#listener?.congested?.()
  }

  /** Resolves when there is room again, or the socket is closed. */
  drained(): Promise<void> {
    if (!this.congested || !this.open) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters ??= []
      this.#waiters.push(resolve)
    })
  }

  /** No further frame is read until `release`; what has been read already may still arrive. */
  hold(): void {
    this.#held = true
    this.#socket.pause()
  }

  release(): void {
    this.#held = false
    if (!this.congested) this.#socket.resume()
  }

  /** The answer comes to `pong`. */
  ping(payload: string): void {
    // Whoever answers has everything that was sent before: it may not overtake what is held.
    this.#cork.release()
    if (this.open) this.#socket.ping(payload)
  }

  /** One turn of the keep-alive: cuts a connection that has not answered the last ping, else pings. */
  checkAlive(): void {
    // One that is not being read from cannot answer; slow readers are looked after elsewhere.
    if (this.congested || this.#held) return
    if (!this.#alive) {
      this.#socket.terminate()
      return
    }
    this.#alive = false
    if (this.open) this.#socket.ping()
  }

  bufferedAmount(): number {
    return this.#socket.bufferedAmount + this.#cork.bytes
  }

  close(code: KnownCloseCode): void {
    if (!this.open) return
    this.#socket.close(code, CLOSE_CODES[code].reason)
    // Else the client's answer to the close would never be read.
    this.#socket.resume()
  }

  terminate(): void {
    this.#cork.release()
    this.#socket.terminate()
  }

  resume(): void {
    this.#stopWatching()
    if (!this.#held) this.#socket.resume()
    this.#wake()
  }

  giveUp(): void {
    this.#stopWatching()
    this.close(1013)
  }

  #stopWatching(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
  }

  #wake(): void {
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const wake of waiters) wake()
  }
}
