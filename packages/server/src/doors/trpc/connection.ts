import { LIMITS, TidingsError, type KnownCloseCode } from '@tidings/protocol/wire'
import type { LiveConnection } from '../../realtime/realtime.ts'
import type { Context, Source } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import { callProcedure, procedureType } from '../procedure.ts'
import type { ConnectionCaps } from '../connection-caps.ts'
import { Mistakes } from '../mistakes.ts'
import type { DoorSocket, SocketListener } from '../socket.ts'
import type { Wheel, Wheeled } from '../wheel.ts'
import { closeCodeFor, type Credential } from './credential.ts'
import {
  readConnectionParams,
  readFrame,
  writeData,
  writeError,
  writeRefusal,
  writeState,
  type FrameItem,
  type RequestFrame,
  type RequestId,
} from './frames.ts'
import { runSubscription } from './subscription.ts'

export interface ConnectionOptions {
  readonly deps: Deps
  readonly socket: DoorSocket
  readonly source: Source
  readonly caps: ConnectionCaps
  readonly authenticateMs: number
  readonly wheel: Wheel<TrpcConnection>
}

/**
 * One client of the tRPC protocol over WebSocket. Beyond what tRPC's own adapter does: every call and subscription is
 * counted, a bad item of a batch fails alone, a connection that does not authenticate or whose session ends is closed
 * with its code, and nothing is read from a client that does not read.
 */
export class TrpcConnection implements SocketListener, Wheeled, LiveConnection {
  /** Who only calls is not online; `sync.live` is. */
  readonly isPresence = false
  readonly #options: ConnectionOptions
  readonly #deadline: number
  readonly #subscriptions = new Map<RequestId, AbortController>()
  readonly #calls = new Set<RequestId>()
  readonly #mistakes: Mistakes
  /** What came before the connection was authenticated, or while too many calls were under way: frames, and calls. */
  readonly #waiting: (string | FrameItem)[] = []
  #context: Context | undefined
  #expectsParams = false
  #draining = false
  #leave: () => void = () => undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#mistakes = new Mistakes(() => options.deps.machine.elapsed())
    this.#deadline = options.deps.machine.elapsed() + options.authenticateMs
  }

  start(credential: Credential): void {
    const { socket, wheel } = this.#options
    socket.listen(this)
    wheel.add(this)
    wheel.soon(this)
    this.#expectsParams = credential.kind === 'first-frame'
    if (!this.#expectsParams)
      this.#admit(credential.kind === 'token' ? credential.token : undefined)
  }

  message(text: string): void {
    if (text === 'PONG') return
    if (text === 'PING') this.#options.socket.send('PONG')
    else if (this.#expectsParams) this.#introduce(text)
    else if (this.#context === undefined || this.#waiting.length > 0 || this.#busy) this.#wait(text)
    else this.#receive(this.#context, text)
  }

  /** Enough is under way, or its answers are not being read. */
  get #busy(): boolean {
    const { socket } = this.#options
    return this.#calls.size >= LIMITS.concurrentCallsPerConnection || socket.congested
  }

  pong(): void {
    // Nothing of this protocol depends on it.
  }

  closed(): void {
    this.#leave()
    this.#waiting.length = 0
    for (const subscription of this.#subscriptions.values()) subscription.abort()
    this.#options.wheel.delete(this)
  }

  /** True until somebody has signed in over this connection. */
  get anonymous(): boolean {
    return (this.#context?.actor ?? null) === null
  }

  tick(turn: boolean): void {
    const { deps, socket, wheel } = this.#options
    if (turn) socket.checkAlive()
    if (!this.anonymous) return
    if (deps.machine.elapsed() >= this.#deadline) this.close(4408)
    else wheel.soon(this)
  }

  get userKey(): number {
    return this.#context?.actor?.userKey ?? 0
  }

  get sessionKey(): number {
    return this.#context?.actor?.sessionKey ?? 0
  }

  /** Events are for `sync.live`, which registers itself; this one is registered to be closed with its session. */
  deliver(): void {
    // Nothing to do.
  }

  signal(): void {
    // As in `deliver`.
  }

  close(code: KnownCloseCode): void {
    // What has been read and not begun would still be done in the name of a session that may have ended.
    this.#waiting.length = 0
    this.#options.socket.close(code)
  }

  #introduce(text: string): void {
    this.#expectsParams = false
    const params = readConnectionParams(text)
    if (params === undefined) {
      const problem = 'The first frame must hold the connectionParams.'
      this.#reject(new TidingsError('UNAUTHENTICATED', problem))
    } else this.#admit(params.token)
  }

  #admit(token: string | undefined): void {
    const { auth } = this.#options.deps
    const who = token === undefined ? Promise.resolve(null) : auth.authenticate(token)
    who
      .then((actor) => this.#enter(actor))
      .catch((thrown: unknown) => this.#reject(toTidingsError(thrown)))
  }

  /** @throws TidingsError TOO_MANY_CONNECTIONS */
  #enter(actor: Actor | null): void {
    const { caps, deps, source, socket } = this.#options
    if (!socket.open) return
    const release = actor === null ? undefined : caps.takeUser(actor.userKey)
    this.#context = { deps, actor, source, transport: socket }
    if (release !== undefined) {
      const leave = deps.realtime.register(this)
      this.#leave = () => {
        leave()
        release()
      }
    }
    this.#drain()
  }

  /** A definite answer, then the close code: a client that waits for its first call must not wait for ever. */
  #reject(error: TidingsError): void {
    const { socket } = this.#options
    socket.send(writeError({ id: null }, error))
    // As tRPC does: who waits under an id of his own learns nothing from an error without one.
    for (const item of this.#waiting.flatMap(itemsOf)) {
      // A stranger may have sent thousands, and read none of this.
      if (socket.congested) break
      if (!('problem' in item) && item.method !== 'subscription.stop')
        socket.send(writeError(item, error))
    }
    this.close(closeCodeFor(error))
  }

  #wait(text: string): void {
    this.#waiting.push(text)
    this.#hold()
  }

  #hold(): void {
    const { socket } = this.#options
    socket.hold()
    if (this.#calls.size === 0 && socket.congested) this.#drainLater()
  }

  #drain(): void {
    const { socket } = this.#options
    const context = this.#context
    while (context !== undefined && !this.#busy) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      this.#receive(context, next)
    }
    if (this.#waiting.length === 0) socket.release()
    else if (socket.congested) this.#drainLater()
  }

  /** Once the client has read what it was answered. */
  #drainLater(): void {
    if (this.#draining) return
    this.#draining = true
    void this.#options.socket.drained().then(() => {
      this.#draining = false
      this.#drain()
    })
  }

  #receive(context: Context, what: string | FrameItem): void {
    const { socket } = this.#options
    const items = itemsOf(what)
    for (const [index, item] of items.entries()) {
      if (!socket.open) return
      if (this.#busy) {
        // The rest of a long batch waits, and so do the frames behind it.
        this.#waiting.unshift(...items.slice(index))
        this.#hold()
        return
      }
      if ('problem' in item) this.#refuse(writeRefusal(item))
      else if (item.method === 'subscription.stop') this.#subscriptions.get(item.id)?.abort()
      else this.#begin(context, item)
    }
  }

  #begin(context: Context, request: RequestFrame): void {
    const { id, path, method } = request
    if (this.#calls.has(id) || this.#subscriptions.has(id)) {
      const error = new TidingsError('INVALID_INPUT', 'This id is in use by another call.')
      this.#refuse(writeError(request, error))
    } else if (procedureType(path) !== method) {
      const error = new TidingsError('NOT_FOUND', 'There is no such procedure.')
      this.#refuse(writeError(request, error))
    } else if (method === 'subscription') this.#subscribe(context, request)
    else void this.#call(context, request)
  }

  async #call(context: Context, request: RequestFrame): Promise<void> {
    const { id, path, input } = request
    this.#calls.add(id)
    const { socket } = this.#options
    try {
      const output = await callProcedure(context, { path, input })
      socket.send(writeData(request, output))
    } catch (thrown) {
      socket.send(writeError(request, toTidingsError(thrown)))
    }
    this.#calls.delete(id)
    if (this.#waiting.length > 0) this.#drain()
  }

  #subscribe(context: Context, request: RequestFrame): void {
    const { id } = request
    if (this.#subscriptions.size >= LIMITS.subscriptionsPerConnection) {
      this.#refuse(writeError(request, new TidingsError('TOO_MANY_SUBSCRIPTIONS')))
      return
    }
    const controller = new AbortController()
    this.#subscriptions.set(id, controller)
    const { socket } = this.#options
    void runSubscription({ context, socket, request, signal: controller.signal }).then((last) => {
      // Freed before it is told, so that the client may use the id again at once.
      this.#subscriptions.delete(id)
      socket.send(last ?? writeState(request, 'stopped'))
    })
  }

  /** Mistakes are answered; a client that makes nothing else is cut. */
  #refuse(frame: string): void {
    const { socket } = this.#options
    socket.send(frame)
    if (this.#mistakes.add()) this.close(1008)
  }
}

function itemsOf(what: string | FrameItem): readonly FrameItem[] {
  return typeof what === 'string' ? readFrame(what) : [what]
}
