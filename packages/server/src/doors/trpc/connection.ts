import { LIMITS, TidingsError, type KnownCloseCode } from '@tidings/protocol/wire'
import type { LiveConnection } from '../../realtime/realtime.ts'
import type { Context, Source } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import { sendCall } from '../../rpc/hot-calls.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import { callProcedure, procedureType } from '../procedure.ts'
import type { Urgency } from '../cork.ts'
import type { ConnectionCaps, Release } from '../connection-caps.ts'
import type { Late } from '../late.ts'
import { Mistakes } from '../mistakes.ts'
import type { DoorSocket, SocketListener } from '../socket.ts'
import type { Wheel, Wheeled } from '../wheel.ts'
import { Backlog, itemsOf, type BacklogHost } from './backlog.ts'
import type { Credential } from './credential.ts'
import { Entry, type EntryHost } from './entry.ts'
import {
  writeData,
  writeError,
  writeRefusal,
  type FrameItem,
  type RequestFrame,
  type RequestId,
} from './frames.ts'
import { mayBeLate } from './late-answer.ts'
import { OwnSends } from './own-sends.ts'
import { LiveSubscription, type SubscriptionHost } from './subscription.ts'

/** What the connections of one door share. */
export interface TrpcShared {
  readonly deps: Deps
  readonly caps: ConnectionCaps
  readonly authenticateMs: number
  readonly wheel: Wheel<TrpcConnection>
  readonly late: Late
}

const NO_SUBSCRIPTIONS: readonly LiveSubscription[] = []

/**
 * One client of the tRPC protocol over WebSocket. Beyond what tRPC's own adapter does: every call and subscription is
 * counted, a bad item of a batch fails alone, a connection that does not authenticate or whose session ends is closed
 * with its code, and nothing is read from a client that does not read.
 *
 * Most connections are idle nearly always, so what only a busy one needs is made when it is needed.
 */
export class TrpcConnection
  implements SocketListener, Wheeled, LiveConnection, SubscriptionHost, BacklogHost, EntryHost
{
  /** Who only calls is not online; `sync.live` is. */
  readonly isPresence = false
  readonly socket: DoorSocket
  readonly #shared: TrpcShared
  readonly #deadline: number
  /** Replaced by each change. */
  #subscriptions = NO_SUBSCRIPTIONS
  /** Of the calls under way; undefined while there are none. */
  #calls: Set<RequestId> | undefined
  /** Present for a client that wants no echo of what it says. */
  #ownSends: OwnSends | undefined
  #mistakes: Mistakes | undefined
  /** What came before the connection was authenticated, or while it was busy; undefined while there is none. */
  #backlog: Backlog | undefined
  /** In nobody's name until the client has been let in. */
  #context: Context
  /** Undefined once the client has been let in. */
  #entry: Entry | undefined
  /** Subscriptions that are registered in its place. */
  #standIns = 0
  #release: Release | undefined

  constructor(shared: TrpcShared, socket: DoorSocket, source: Source) {
    const { deps, authenticateMs } = shared
    this.#shared = shared
    this.socket = socket
    this.#deadline = deps.machine.elapsed() + authenticateMs
    this.#context = { deps, actor: null, source, transport: socket }
    this.#entry = new Entry(this, deps.auth)
  }

  start(credential: Credential): void {
    const { wheel } = this.#shared
    this.socket.listen(this)
    wheel.add(this)
    wheel.soon(this)
    this.#entry?.start(credential)
  }

  message(text: string): void {
    if (text === 'PONG') return
    if (text === 'PING') this.send('PONG')
    else if (this.#entry?.expectsParams === true) this.#entry.introduce(text)
    else if (this.isBusy || this.#backlog !== undefined) this.#keep().add(text)
    else this.receive(text)
  }

  /** Not let in yet; or enough is under way, or its answers are not being read. */
  get isBusy(): boolean {
    if (this.#entry !== undefined || this.socket.congested) return true
    return (this.#calls?.size ?? 0) >= LIMITS.concurrentCallsPerConnection
  }

  get isCalling(): boolean {
    return this.#calls !== undefined
  }

  pong(): void {
    // Nothing of this protocol depends on it.
  }

  closed(): void {
    const { deps, wheel } = this.#shared
    deps.realtime.leave(this)
    this.#release?.()
    this.#backlog?.clear()
    for (const subscription of this.#subscriptions) subscription.stop()
    wheel.delete(this)
  }

  /** True until somebody has signed in over this connection. */
  get anonymous(): boolean {
    return this.#context.actor === null
  }

  tick(turn: boolean): void {
    const { deps, wheel } = this.#shared
    if (turn) this.socket.checkAlive()
    const endsAt = this.#context.actor?.endsAt
    if (endsAt !== undefined) {
      if (deps.clock.now() >= endsAt) this.close(4401)
      else wheel.soon(this)
    }
    if (!this.anonymous) return
    if (deps.machine.elapsed() >= this.#deadline) this.close(4408)
    else wheel.soon(this)
  }

  get userKey(): number {
    return this.#context.actor?.userKey ?? 0
  }

  get sessionKey(): number {
    return this.#context.actor?.sessionKey ?? 0
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
    this.#backlog?.clear()
    this.socket.close(code)
  }

  send(frame: string, urgency?: Urgency): void {
    this.socket.send(frame, urgency)
    if (urgency === 'late') this.#shared.late.add(this.socket)
  }

  bufferedAmount(): number {
    return this.socket.bufferedAmount()
  }

  standsIn(): void {
    this.#standIns += 1
    this.#shared.deps.realtime.leave(this)
  }

  standsDown(): void {
    this.#standIns -= 1
    if (this.#standIns === 0 && this.socket.open) this.#shared.deps.realtime.join(this)
  }

  withoutEcho(): OwnSends {
    return (this.#ownSends ??= new OwnSends(this.#shared.deps.machine))
  }

  ended(subscription: LiveSubscription, last: string): void {
    // Freed before it is told, so that the client may use the id again at once.
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    this.send(last)
  }

  /** @throws TidingsError TOO_MANY_CONNECTIONS */
  enter(actor: Actor | null): void {
    const { caps, deps } = this.#shared
    if (!this.socket.open) return
    if (actor !== null) {
      this.#release = caps.takeUser(actor.userKey)
      this.#context = { ...this.#context, actor }
      deps.realtime.join(this)
      if (actor.endsAt !== undefined) this.#shared.wheel.soon(this)
    }
    this.#entry = undefined
    this.#backlog?.drain()
  }

  waiting(): readonly FrameItem[] {
    return this.#backlog?.items() ?? []
  }

  #keep(): Backlog {
    return (this.#backlog ??= new Backlog(this))
  }

  emptied(backlog: Backlog): void {
    if (backlog !== this.#backlog) return
    this.#backlog = undefined
    this.socket.release()
  }

  receive(what: string | FrameItem): void {
    const items = itemsOf(what)
    for (const [index, item] of items.entries()) {
      if (!this.socket.open) return
      // The rest of a long batch waits, and so do the frames behind it.
      if (this.isBusy) return this.#keep().putBack(items.slice(index))
      if ('problem' in item) this.#refuse(writeRefusal(item))
      else if (item.method === 'subscription.stop') this.#subscriptionOf(item.id)?.stop()
      else this.#begin(item)
    }
  }

  #subscriptionOf(id: RequestId): LiveSubscription | undefined {
    return this.#subscriptions.find((subscription) => subscription.id === id)
  }

  #begin(request: RequestFrame): void {
    const { id, path, method } = request
    if (this.#calls?.has(id) === true || this.#subscriptionOf(id) !== undefined) {
      const error = new TidingsError('INVALID_INPUT', 'This id is in use by another call.')
      this.#refuse(writeError(request, error))
    } else if (procedureType(path) !== method) {
      const error = new TidingsError('NOT_FOUND', 'There is no such procedure.')
      this.#refuse(writeError(request, error))
    } else if (method === 'subscription') this.#subscribe(request)
    else void this.#call(request)
  }

  async #call(request: RequestFrame): Promise<void> {
    const { id, path, input } = request
    const calls = (this.#calls ??= new Set())
    calls.add(id)
    const sends = path === sendCall.path ? this.#ownSends : undefined
    const sending = sends?.begin(input)
    try {
      const output = await callProcedure(this.#context, { path, input })
      if (sending !== undefined) sends?.end(sending, output)
      this.send(writeData(request, output), mayBeLate(request) ? 'late' : 'turn')
    } catch (thrown) {
      if (sending !== undefined) sends?.end(sending, undefined)
      this.send(writeError(request, toTidingsError(thrown)))
    }
    calls.delete(id)
    if (calls.size === 0) this.#calls = undefined
    if (this.#backlog?.isEmpty === false) this.#backlog.drain()
  }

  #subscribe(request: RequestFrame): void {
    if (this.#subscriptions.length >= LIMITS.subscriptionsPerConnection) {
      this.#refuse(writeError(request, new TidingsError('TOO_MANY_SUBSCRIPTIONS')))
      return
    }
    const subscription = new LiveSubscription(this, this.#shared.deps, request)
    this.#subscriptions = this.#subscriptions.concat(subscription)
    void subscription.start(this.#context, request)
  }

  /** Mistakes are answered; a client that makes nothing else is cut. */
  #refuse(frame: string): void {
    this.send(frame)
    const { machine } = this.#shared.deps
    this.#mistakes ??= new Mistakes(() => machine.elapsed())
    if (this.#mistakes.add()) this.close(1008)
  }
}
