import { CLIENT_LIMITS, type TidingsError } from '@tidings/protocol/wire'
import type { Environment } from './environment.ts'
import { networkError } from './errors.ts'
import {
  beginningOf,
  readFrame,
  writeCall,
  writeHello,
  writeInput,
  type Call,
  type Frame,
} from './frames.ts'
import { SmallMap } from './small-map.ts'
import type { WebSocketClass, WebSocketLike } from './websocket.ts'

/** Why a socket is over: the close code, or the error that the server gave before. */
export interface SocketEnd {
  readonly code: number
  readonly reason: string
  readonly error: TidingsError | undefined
}

/** The one subscription of a connection. */
export interface Subscription {
  readonly path: string
  readonly input: unknown
  readonly onData: (data: unknown) => void
}

export interface SocketOptions {
  /** With `?connectionParams=1`: the first frame says who connects. */
  readonly url: string
  readonly WebSocket: WebSocketClass
  readonly token: string
  readonly environment: Environment
  /** Quiet for so long: ask whether the other side is there. */
  readonly pingMs: number
  /** Quiet for so long after asking: it is not. */
  readonly pongMs: number
  readonly timeoutMs: number
  readonly subscription: Subscription
  /** Once, after everything under way has failed. */
  readonly onEnd: (end: SocketEnd) => void
}

interface Pending {
  readonly call: Call
  /** As it travels. */
  readonly input: string
  readonly resolve: (output: unknown) => void
  readonly reject: (error: TidingsError) => void
  /** When its time is up; Infinity while it waits its turn, and once it was up. */
  endsAt: number
}

type IdFrame = Extract<Frame, { readonly id: unknown }>

/** The call id of the subscription. */
const LIVE = 0

/** Characters of a frame that takes a while to read. */
const LONG = 16_384

/** How long the other side may take to say goodbye. */
const GOODBYE_MS = 1000

/**
 * One WebSocket that speaks tRPC's frames. It lives once: whatever ends it (the server, the network, silence, `end`) ends
 * it for good, and every call without an answer fails with NETWORK, because nobody knows what became of it.
 */
export class Socket {
  readonly #options: SocketOptions
  readonly #socket: WebSocketLike
  /** Called and unanswered, by call id. One that timed out stays: the server is still busy with it. */
  readonly #pending = new SmallMap<number, Pending>()
  #cancelTimer: (() => void) | undefined
  /** Calls that wait for the handshake, or their turn: the server answers so many at once and hears not even a ping beyond that. */
  readonly #waiting: Pending[] = []
  #lastId = LIVE
  #open = false
  #ended = false
  #frames = 0
  #heardAt: number
  #cancelWatch: () => void = () => undefined
  #gone: () => void = () => undefined

  constructor(options: SocketOptions) {
    this.#options = options
    this.#heardAt = options.environment.now()
    const socket = new options.WebSocket(options.url)
    this.#socket = socket
    socket.addEventListener('open', () => this.#start())
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    // A `close` follows, and says as much.
    socket.addEventListener('error', () => undefined)
    socket.addEventListener('close', ({ code, reason }) => {
      this.#finish({ code, reason, error: undefined })
      this.#gone()
    })
  }

  /** @throws TidingsError of the server; NETWORK when the socket ends or the time is up before the answer */
  call(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const input = writeInput(call.input)
      const pending: Pending = { call, input, resolve, reject, endsAt: Infinity }
      if (this.#ended) reject(networkError('the socket has ended'))
      else if (this.#open && this.#pending.size < CLIENT_LIMITS.concurrentCallsPerConnection)
        this.#send(pending)
      else this.#waiting.push(pending)
    })
  }

  /** Asks at once whether the other side is still there, for whoever has a reason to doubt it. */
  check(): void {
    if (!this.#open || this.#ended) return
    this.#cancelWatch()
    this.#ask()
  }

  /** Ends it from this side. Resolves when the other side knows, or does not answer. */
  end(end: SocketEnd): Promise<void> {
    if (this.#ended) return Promise.resolve()
    this.#finish(end)
    if (end.code === 1000) this.#socket.close(1000)
    else this.#drop()
    return new Promise((resolve) => {
      const cancel = this.#options.environment.after(GOODBYE_MS, () => {
        this.#drop()
        resolve()
      })
      this.#gone = () => {
        cancel()
        resolve()
      }
    })
  }

  #drop(): void {
    if (this.#socket.terminate === undefined) this.#socket.close()
    else this.#socket.terminate()
  }

  #start(): void {
    if (this.#ended) return
    this.#open = true
    const { token, subscription, pingMs } = this.#options
    const { path, input } = subscription
    this.#socket.send(writeHello(token))
    this.#socket.send(writeCall(LIVE, { type: 'subscription', path }, writeInput(input)))
    this.#watch(pingMs)
    this.#drain()
  }

  /** Sends what waits, as soon and as far as the server hears it. */
  #drain(): void {
    while (this.#open && this.#pending.size < CLIENT_LIMITS.concurrentCallsPerConnection) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#send(next)
    }
  }

  #send(pending: Pending): void {
    const { environment, timeoutMs } = this.#options
    this.#lastId += 1
    this.#pending.set(this.#lastId, pending)
    pending.endsAt = environment.now() + timeoutMs
    if (this.#cancelTimer === undefined) this.#limit(timeoutMs)
    this.#socket.send(writeCall(this.#lastId, pending.call, pending.input))
  }

  /** One timer for all calls, set anew only when it fires: their time is up in the order in which they were made. */
  #limit(ms: number): void {
    const { environment, pongMs } = this.#options
    const dueAt = environment.now() + ms
    this.#cancelTimer = environment.after(ms, () => {
      this.#cancelTimer = undefined
      const now = environment.now()
      // Late by far: this program stood still, and the answers may lie unread behind this very timer.
      if (now - dueAt > GOODBYE_MS) {
        this.#limit(pongMs)
        return
      }
      let isLate = false
      let unanswered = 0
      for (const pending of this.#pending.values()) {
        if (pending.endsAt !== Infinity) {
          if (pending.endsAt > now) {
            this.#limit(pending.endsAt - now)
            break
          }
          pending.endsAt = Infinity
          isLate = true
          pending.reject(networkError(`no answer in time: ${pending.call.path}`))
        }
        unanswered += 1
      }
      if (!isLate) return
      if (unanswered < CLIENT_LIMITS.concurrentCallsPerConnection) this.check()
      // Not one of them will ever make room for those that wait.
      else this.#endBy(1006, 'no answer in time')
    })
  }

  #receive(data: unknown): void {
    if (this.#ended) return
    this.#frames += 1
    this.#heardAt = this.#options.environment.now()
    if (typeof data === 'string' && data.length > LONG) this.#show(data)
    const frame = readFrame(data)
    if (frame.kind === 'ping') this.#socket.send('PONG')
    else if (frame.kind === 'reconnect') this.#endBy(1012, 'the server asked for it')
    else if (!('id' in frame)) return
    else if (frame.id === LIVE) this.#receiveLive(frame)
    else this.#receiveAnswer(frame)
  }

  /** Whoever can do something with the beginning of an answer need not wait until it is read. */
  #show(text: string): void {
    const { id, data } = beginningOf(text)
    this.#pending.get(id)?.call.onBeginning?.(data)
  }

  #endBy(code: number, reason: string, error?: TidingsError): void {
    void this.end({ code, reason, error })
  }

  /** A subscription that ends while its socket lives is no reason to trust the socket. */
  #receiveLive(frame: IdFrame): void {
    if (frame.kind === 'data') this.#options.subscription.onData(frame.data)
    else if (frame.kind === 'error') this.#endBy(1006, frame.error.message, frame.error)
    else if (frame.kind === 'stopped') this.#endBy(1012, 'the subscription ended')
  }

  #receiveAnswer(frame: IdFrame): void {
    // The server says why and then closes; the reason is worth more than the code.
    if (frame.id === null) {
      if (frame.kind === 'error') this.#endBy(1006, frame.error.message, frame.error)
      return
    }
    const pending = this.#pending.get(frame.id)
    if (pending === undefined) return
    this.#pending.delete(frame.id)
    if (frame.kind === 'error') pending.reject(frame.error)
    else pending.resolve(frame.kind === 'data' ? frame.data : undefined)
    this.#drain()
  }

  /** One timer a connection, set anew only when it fires: hearing something costs nothing. */
  #watch(ms: number): void {
    const { environment, pingMs } = this.#options
    this.#cancelWatch = environment.after(ms, () => {
      const quietMs = environment.now() - this.#heardAt
      if (quietMs >= pingMs) this.#ask()
      else this.#watch(pingMs - quietMs)
    })
  }

  #ask(): void {
    const { environment, pingMs, pongMs } = this.#options
    const askedAt = environment.now()
    const heard = this.#frames
    this.#socket.send('PING')
    this.#cancelWatch = environment.after(pongMs, () => {
      // Late by far: this program stood still, and the answer may lie unread behind this very timer.
      const stoodStill = environment.now() - askedAt > pongMs + GOODBYE_MS
      if (this.#frames > heard) this.#watch(pingMs)
      else if (stoodStill) this.#ask()
      else this.#endBy(1006, 'no sign of life')
    })
  }

  #finish(end: SocketEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelWatch()
    this.#cancelTimer?.()
    const error = networkError(end.error ?? `${end.code} ${end.reason}`)
    for (const { reject } of [...this.#pending.values(), ...this.#waiting]) reject(error)
    this.#pending.clear()
    this.#waiting.length = 0
    this.#options.onEnd(end)
  }
}
