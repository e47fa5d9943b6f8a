import { closeCodeOf, PROTOCOL_VERSION, TidingsError, type LiveItem } from '@tidings/protocol/wire'
import { backoffMs, type Pace } from './backoff.ts'
import type { ConnectionState, DisconnectReason } from './connection-state.ts'
import { createDeferred, type Deferred } from './deferred.ts'
import type { Environment } from './environment.ts'
import { isSignedOut, toTidingsError } from './errors.ts'
import type { Call } from './frames.ts'
import { isRecord } from './record.ts'
import { Socket, type SocketEnd } from './socket.ts'
import type { Tokens } from './tokens.ts'
import type { WebSocketClass } from './websocket.ts'

/** How patient a connection is; milliseconds. */
export interface ConnectionTimings {
  readonly pingMs: number
  readonly pongMs: number
  readonly connectMs: number
  readonly callMs: number
}

export interface ConnectionOptions {
  readonly url: string
  readonly loadWebSocket: () => Promise<WebSocketClass>
  readonly tokens: Tokens
  readonly environment: Environment
  readonly timings: ConnectionTimings
  /** Reads what is kept of who connects, and asks who that is when it is not known. Awaited before anything is told. */
  readonly prepare: () => Promise<void>
  /** Whether it is known who connects, so that nothing has to be asked to read what is kept. */
  readonly isKnown: () => boolean
  readonly onState: (state: ConnectionState) => void
  readonly onLive: (items: readonly LiveItem[]) => void
}

/** A connection that lasted this long was a good one: the next failure is the first again. */
const STABLE_MS = 5_000

const CLOSED: SocketEnd = { code: 1000, reason: '', error: undefined }

/**
 * Keeps one live subscription open over one WebSocket at a time. Never gives up by itself: only the server's definite
 * refusal, signing out and `close` end it.
 */
export class Connection {
  readonly #options: ConnectionOptions
  #state: ConnectionState = { state: 'disconnected', reason: 'idle', error: undefined }
  /** Number of the try; what belongs to an earlier one is ignored. */
  #run = 0
  #attempt = 0
  #socket: Socket | undefined
  #connectedAt = 0
  #isLevel = false
  /** Present while the connection is asked whose it is: what it has told meanwhile. */
  #held: (readonly LiveItem[])[] | undefined
  /** The token was renewed and nothing has come of it yet. */
  #renewed = false
  #cancelTimer: () => void = () => undefined
  #waiting: Deferred<void> | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Resolves when caught up; rejects when the server refuses or `disconnect` comes first. */
  connect(): Promise<void> {
    this.#socket?.check()
    if (this.#isLevel) return Promise.resolve()
    this.#waiting ??= createDeferred()
    const { promise } = this.#waiting
    // An app that watches the state need not watch the promise too.
    promise.catch(() => undefined)
    if (this.#state.state === 'disconnected') {
      this.#attempt = 0
      this.#renewed = false
      this.#try(undefined)
    } else if (this.#state.state === 'connecting' && this.#state.retryInMs > 0) {
      this.#try(this.#state.error)
    }
    return promise
  }

  /** Everything that had happened when the connection was made has been told. */
  caughtUp(): void {
    if (this.#state.state !== 'connected') return
    this.#isLevel = true
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  /** Resolves when the server knows. */
  disconnect(reason: DisconnectReason, error?: TidingsError): Promise<void> {
    const socket = this.#leave()
    this.#set({ state: 'disconnected', reason, error })
    this.#waiting?.reject(error ?? new TidingsError('CLOSED'))
    this.#waiting = undefined
    return socket?.end(CLOSED) ?? Promise.resolve()
  }

  /** Drops the connection there is, if any, for a new one. */
  reconnect(): void {
    if (this.#state.state === 'disconnected') return
    const socket = this.#leave()
    this.#try(undefined)
    void socket?.end(CLOSED)
  }

  /** The answer of a call over the connection; undefined when there is none to send it over. */
  call(call: Call): Promise<unknown> | undefined {
    const isAsking = this.#held !== undefined && call.path === 'account.get'
    return isAsking || this.#state.state === 'connected' ? this.#socket?.call(call) : undefined
  }

  #leave(): Socket | undefined {
    const socket = this.#socket
    this.#run += 1
    this.#cancelTimer()
    this.#socket = undefined
    this.#held = undefined
    this.#isLevel = false
    return socket
  }

  #set(state: ConnectionState): void {
    this.#state = state
    this.#options.onState(state)
  }

  #try(error: TidingsError | undefined): void {
    this.#leave()
    const run = this.#run
    this.#attempt += 1
    this.#set({ state: 'connecting', attempt: this.#attempt, retryInMs: 0, error })
    if (run !== this.#run) return
    this.#open(run).catch((thrown: unknown) => {
      if (run === this.#run) this.#failed(toTidingsError(thrown))
    })
  }

  async #open(run: number): Promise<void> {
    const { tokens, prepare, isKnown, loadWebSocket } = this.#options
    const token = await tokens.get()
    if (token === undefined) throw new TidingsError('UNAUTHENTICATED')
    // Where a WebSocket cannot be had, who knows himself sees at least what is kept: later tries ask over HTTP first.
    const isAsking = this.#attempt === 1 && !isKnown()
    if (!isAsking) await prepare()
    const WebSocket = await loadWebSocket()
    if (run !== this.#run) return
    const socket = this.#connect(WebSocket, token)
    if (isAsking) await this.#ask(socket)
  }

  #connect(WebSocket: WebSocketClass, token: string): Socket {
    const { url, environment, timings } = this.#options
    const run = this.#run
    const { pingMs, pongMs, connectMs, callMs } = timings
    const socket = new Socket({
      ...{ url, WebSocket, token, environment, pingMs, pongMs, timeoutMs: callMs },
      subscription: {
        path: 'sync.live',
        input: { version: PROTOCOL_VERSION, echo: false },
        onData: (data) => {
          if (run === this.#run) this.#receive(data)
        },
      },
      onEnd: (end) => {
        if (run === this.#run) this.#ended(end, token)
      },
    })
    this.#socket = socket
    this.#cancelTimer = environment.after(connectMs, () => {
      void socket.end({ code: 1006, reason: 'no answer in time', error: undefined })
    })
    return socket
  }

  /** Asks over the connection itself whose it is: a request of its own before would cost as much again. */
  async #ask(socket: Socket): Promise<void> {
    const held: (readonly LiveItem[])[] = []
    this.#held = held
    try {
      await this.#options.prepare()
    } catch (thrown) {
      const error = toTidingsError(thrown)
      void socket.end({ code: 1006, reason: error.message, error })
    }
    // Neither when it has ended, nor in another one's place.
    if (this.#held !== held) return
    this.#held = undefined
    const run = this.#run
    for (const items of held) if (run === this.#run) this.#take(items)
  }

  #receive(data: unknown): void {
    if (!isLiveItems(data)) return
    if (this.#held === undefined) this.#take(data)
    else this.#held.push(data)
  }

  #take(data: readonly LiveItem[]): void {
    if (this.#state.state !== 'connected' && data.some(({ kind }) => kind === 'ready')) {
      this.#cancelTimer()
      this.#connectedAt = this.#options.environment.now()
      this.#renewed = false
      const run = this.#run
      this.#set({ state: 'connected' })
      if (run !== this.#run) return
    }
    this.#options.onLive(data)
  }

  #ended(end: SocketEnd, token: string): void {
    const wasConnected = this.#state.state === 'connected'
    const stable = this.#options.environment.now() - this.#connectedAt >= STABLE_MS
    if (wasConnected && stable) this.#attempt = 0
    this.#leave()
    const error = end.error ?? errorOfClose(end)
    const { reconnect } = closeCodeOf(end.code)
    if (error.code === 'TOKEN_EXPIRED' || error.code === 'UNAUTHENTICATED')
      this.#renew(error, token)
    else if (end.error !== undefined) this.#failed(end.error)
    else if (reconnect === 'never') void this.disconnect('refused', error)
    else this.#retry(reconnect, error)
  }

  #renew(error: TidingsError, token: string): void {
    if (this.#renewed) {
      void this.disconnect('refused', error)
      return
    }
    this.#renewed = true
    const run = this.#run
    this.#set({ state: 'connecting', attempt: this.#attempt + 1, retryInMs: 0, error })
    this.#options.tokens.renew(token).then(
      () => {
        if (run === this.#run) this.#try(error)
      },
      (thrown: unknown) => {
        if (run !== this.#run) return
        this.#renewed = false
        this.#failed(toTidingsError(thrown))
      },
    )
  }

  #failed(error: TidingsError): void {
    // While servers are replaced one after the other, the next one may be of the later version.
    const passes = error.retryable || error.code === 'UNSUPPORTED_VERSION'
    if (isSignedOut(error) || !passes) void this.disconnect('refused', error)
    else this.#retry(error.code === 'NETWORK' ? 'soon' : 'later', error)
  }

  #retry(pace: Pace, error: TidingsError): void {
    const { environment } = this.#options
    const wait = backoffMs(this.#attempt, pace, () => environment.random())
    // The server's word is a minimum; nobody who heard the same one should come at the same moment.
    const retryInMs = wait + (error.details.retryAfterMs ?? 0)
    this.#leave()
    const run = this.#run
    this.#set({ state: 'connecting', attempt: this.#attempt + 1, retryInMs, error })
    if (run === this.#run) this.#cancelTimer = environment.after(retryInMs, () => this.#try(error))
  }
}

function errorOfClose({ code, reason }: SocketEnd): TidingsError {
  if (code === 4401) return new TidingsError('UNAUTHENTICATED')
  if (code === 4403) return new TidingsError('SESSION_REVOKED')
  const said = reason === '' ? closeCodeOf(code).reason : reason
  return new TidingsError('NETWORK', `The connection was closed: ${said} (${code}).`)
}

/** The server keeps its own contract; see `rpc.ts`. */
function isLiveItems(data: unknown): data is readonly LiveItem[] {
  return Array.isArray(data) && data.every((item) => isRecord(item))
}
