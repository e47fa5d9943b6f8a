import type { CloseLike, Readable, WebSocketClass, WebSocketLike } from '@tidings/sdk'
import { Value } from './value.ts'

type Listener = (event: { readonly data: unknown } & CloseLike) => void
type EventName = 'open' | 'message' | 'error' | 'close'

/** What a socket ends with when its wire is gone and nobody has said goodbye. */
const LOST = { code: 1006, reason: '' }

/**
 * The wire of one person: everything that his clients send goes through this `WebSocket` and this `fetch`. Cutting it
 * closes what is open, whose last answers are lost, and lets nothing new out until it is put together again.
 */
export class Network {
  readonly up: Readable<boolean>
  readonly WebSocket: WebSocketClass
  readonly fetch: typeof globalThis.fetch
  readonly #up = new Value(true)
  readonly #sockets = new Set<WireSocket>()
  #cut = new AbortController()

  constructor() {
    this.up = this.#up
    const wire = {
      isUp: () => this.#up.get(),
      added: (socket: WireSocket) => this.#sockets.add(socket),
      gone: (socket: WireSocket) => this.#sockets.delete(socket),
    }
    this.WebSocket = class extends WireSocket {
      constructor(url: string) {
        super(url, wire)
      }
    }
    this.fetch = (input, init) => {
      if (!this.#up.get()) return Promise.reject(new TypeError('The network is cut.'))
      const signals = [this.#cut.signal, init?.signal].filter(
        (signal) => signal instanceof AbortSignal,
      )
      return globalThis.fetch(input, { ...init, signal: AbortSignal.any(signals) })
    }
  }

  /** Cuts the wire, or puts it together again. */
  set(up: boolean): void {
    if (up === this.#up.get()) return
    this.#up.set(up)
    if (up) {
      this.#cut = new AbortController()
      return
    }
    this.#cut.abort(new TypeError('The network is cut.'))
    for (const socket of this.#sockets) socket.lose()
  }
}

interface Wire {
  isUp(): boolean
  added(socket: WireSocket): void
  gone(socket: WireSocket): void
}

/** A real WebSocket, as long as the wire holds. */
class WireSocket implements WebSocketLike {
  readonly #listeners = new Map<EventName, Listener[]>()
  readonly #wire: Wire
  #socket: WebSocket | undefined

  constructor(url: string, wire: Wire) {
    this.#wire = wire
    if (!wire.isUp()) {
      // Later, as a browser does it: whoever opens a socket listens to it afterwards.
      queueMicrotask(() => this.#tell('close', LOST))
      return
    }
    const socket = new WebSocket(url)
    this.#socket = socket
    wire.added(this)
    socket.addEventListener('open', () => this.#pass(socket, 'open', {}))
    socket.addEventListener('error', () => this.#pass(socket, 'error', {}))
    socket.addEventListener('message', ({ data }) => this.#pass(socket, 'message', { data }))
    socket.addEventListener('close', ({ code, reason }) => {
      wire.gone(this)
      this.#pass(socket, 'close', { code, reason })
    })
  }

  get readyState(): number {
    return this.#socket?.readyState ?? WebSocket.CLOSED
  }

  send(text: string): void {
    this.#socket?.send(text)
  }

  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason)
  }

  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: CloseLike) => void): void
  addEventListener(type: EventName, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  /** From here on nothing comes through, whatever is still under way. */
  lose(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#wire.gone(this)
    socket?.close()
    this.#tell('close', LOST)
  }

  #pass(from: WebSocket, type: EventName, event: { data?: unknown } & Partial<CloseLike>): void {
    if (from === this.#socket) this.#tell(type, event)
  }

  #tell(type: EventName, event: { data?: unknown } & Partial<CloseLike>): void {
    const whole = { data: undefined, ...LOST, ...event }
    for (const listener of this.#listeners.get(type) ?? []) listener(whole)
  }
}
