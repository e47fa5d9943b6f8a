import type { Position } from '@tidings/protocol/sync'
import { TidingsError, type KnownCloseCode } from '@tidings/protocol/wire'
import type { LiveConnection } from '../../realtime/realtime.ts'
import type { Context, Source } from '../../rpc/context.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import { devicePositions, saveDeviceProgress } from '../../services/device-cursor.ts'
import type { Metrics } from '../metrics.ts'
import type { DoorSocket, SocketListener } from '../socket.ts'
import type { DoorTimings } from '../timings.ts'
import type { Wheel, Wheeled } from '../wheel.ts'
import { Calls, type CallsHost } from './calls.ts'
import { Delivery, type DeliveryHost } from './delivery.ts'
import { Follower } from './follower.ts'
import { OwnMessages } from './own-messages.ts'
import { ProofLedger } from './proof.ts'
import type { Place } from './receipts.ts'
import { Sends } from './sends.ts'
import type { StreamNames } from './stream-names.ts'

/** What the connections of one door share. */
export interface NumberedShared {
  readonly deps: Deps
  readonly names: StreamNames
  readonly wheel: Wheel<NumberedConnection>
  readonly timings: DoorTimings
  readonly metrics: Metrics
  /** By session: what its last connection has proven is being saved. */
  readonly saving: Map<number, Promise<void>>
  /** A connection is gone; what its device has proven is being saved. */
  readonly left: (saved: Promise<void>) => void
}

/** Who has connected, and how. */
export interface NumberedClient {
  readonly actor: Actor
  readonly source: Source
  readonly socket: DoorSocket
}

/** One client of the numbered protocol, which keeps nothing: its position is kept here, by device. */
export class NumberedConnection
  implements SocketListener, Wheeled, LiveConnection, CallsHost, DeliveryHost
{
  readonly isPresence = true
  readonly context: Context
  readonly socket: DoorSocket
  readonly sends = new Sends()
  readonly ownMessages: OwnMessages
  readonly #shared: NumberedShared
  readonly #actor: Actor
  readonly #ledger = new ProofLedger()
  readonly #calls: Calls
  readonly #opened: number
  #pinged = 0
  #saved: number
  /** Undefined when nothing is being saved. */
  #saving: Promise<void> | undefined
  #follower: Follower | undefined
  #starting = false

  constructor(shared: NumberedShared, { actor, source, socket }: NumberedClient) {
    const { deps } = shared
    this.#shared = shared
    this.#actor = actor
    this.socket = socket
    this.context = { deps, actor, source, transport: socket }
    this.#opened = deps.machine.elapsed()
    this.#saved = this.#opened
    this.ownMessages = new OwnMessages(actor.userId)
    this.#calls = new Calls(this)
  }

  start(): void {
    const { deps, wheel } = this.#shared
    this.socket.listen(this)
    deps.realtime.join(this)
    wheel.add(this)
    wheel.soon(this)
  }

  get userKey(): number {
    return this.#actor.userKey
  }

  get sessionKey(): number {
    return this.#actor.sessionKey
  }

  get userId(): string {
    return this.#actor.userId
  }

  get sessionId(): string {
    return this.#actor.sessionId
  }

  message(text: string): void {
    this.#calls.receive(text)
  }

  pong(payload: string): void {
    this.#ledger.pong(payload)
    this.#shared.wheel.soon(this)
  }

  congested(): void {
    this.#follower?.congested()
  }

  closed(): void {
    const { deps, wheel, left } = this.#shared
    deps.realtime.leave(this)
    wheel.delete(this)
    this.#follower?.stop()
    left(this.#saveLast())
  }

  /** A device that comes back at once waits for it, or would be sent again what it has proven. */
  async #saveLast(): Promise<void> {
    const { saving } = this.#shared
    const saved = this.#save()
    saving.set(this.sessionKey, saved)
    await saved
    if (saving.get(this.sessionKey) === saved) saving.delete(this.sessionKey)
  }

  tick(turn: boolean): void {
    const { deps, timings, wheel } = this.#shared
    if (turn) this.socket.checkAlive()
    if (turn) this.#follower?.look()
    const now = deps.machine.elapsed()
    if (this.#follower === undefined && !this.#starting && now - this.#opened >= timings.liveMs)
      this.#follow(undefined)
    this.#ping()
    if (this.#ledger.dirty && now - this.#saved >= timings.cursorMs) void this.#save()
    if (this.#follower === undefined || this.#ledger.open || this.#ledger.dirty) wheel.soon(this)
  }

  /** Events come through the follower's own subscription; this registration is for being closed with the session. */
  deliver(): void {
    // Nothing to do.
  }

  signal(): void {
    // As in `deliver`.
  }

  close(code: KnownCloseCode): void {
    this.#calls.clear()
    this.socket.close(code)
  }

  count(method: number, outcome: string): void {
    this.#shared.metrics.numberedCall(method, outcome)
  }

  placeOf(messageId: string): Place | undefined {
    return this.#ledger.placeOf(messageId)
  }

  /** Method 20. @throws what `toTidingsError` understands */
  async begin(since: unknown, tellCaughtUp: boolean): Promise<void> {
    const { deps } = this.#shared
    const actor = this.#actor
    const retryAfterMs = deps.auth.takeCall(actor.sessionId, 'session')
    if (retryAfterMs > 0) throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs })
    this.#starting = true
    try {
      await this.#rewind()
      this.#follow({ positions: await devicePositions(deps, actor, since), tellCaughtUp })
    } finally {
      this.#starting = false
    }
  }

  /** Ends what was followed so far, so that nothing of it comes after what begins now. */
  async #rewind(): Promise<void> {
    if (this.#follower !== undefined) {
      this.#follower.stop()
      await this.#follower.ended()
      this.#follower = undefined
      this.#ledger.restart()
      this.sends.forget()
    }
    await this.#save()
    await this.#shared.saving.get(this.sessionKey)
  }

  /** From the device's positions or, without, only what comes from now on. */
  #follow(
    from: { positions: ReadonlyMap<string, Position>; tellCaughtUp: boolean } | undefined,
  ): void {
    // Gone while its position was looked up: nobody would ever stop what began now.
    if (!this.socket.open) return
    const ledger = from === undefined ? undefined : this.#ledger
    const sink = new Delivery(this, { ledger, tellCaughtUp: from?.tellCaughtUp ?? false })
    const { names } = this.#shared
    const { context } = this
    this.#follower = new Follower({ context, names, sink, host: this, positions: from?.positions })
    void this.#follower.start()
  }

  failed(error: TidingsError): void {
    if (error.code === 'INTERNAL')
      this.#shared.deps.log.error({ err: error.cause }, 'a numbered connection failed')
    this.close(error.httpStatus === 401 ? 4403 : 1013)
  }

  receipt(messageId: unknown): void {
    if (typeof messageId !== 'string') return
    this.#ledger.receipt(messageId)
    if (this.#ledger.dirty) this.#shared.wheel.soon(this)
  }

  /** Something was sent: the first ping at once, further ones gathered. */
  prove(): void {
    const { deps, timings, wheel } = this.#shared
    if (deps.machine.elapsed() - this.#pinged >= timings.tickMs) this.#ping()
    wheel.soon(this)
  }

  #ping(): void {
    const payload = this.#ledger.startPing()
    if (payload === undefined) return
    this.#pinged = this.#shared.deps.machine.elapsed()
    this.socket.ping(payload)
  }

  /** One after the other; what could not be saved is tried again with the next, and costs repetitions at worst. */
  #save(): Promise<void> {
    const saving = this.#saveAfter(this.#saving).then(() => {
      if (this.#saving === saving) this.#saving = undefined
    })
    this.#saving = saving
    return saving
  }

  async #saveAfter(last: Promise<void> | undefined): Promise<void> {
    await last
    const { deps } = this.#shared
    this.#saved = deps.machine.elapsed()
    if (!this.#ledger.dirty) return
    const progress = this.#ledger.take()
    try {
      await saveDeviceProgress(deps, this.#actor, progress)
    } catch (thrown) {
      this.#ledger.giveBack(progress)
      deps.log.warn({ err: thrown }, 'the positions of a device were not saved')
    }
  }
}
