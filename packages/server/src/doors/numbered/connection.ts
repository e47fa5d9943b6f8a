import type { Position } from '@tidings/protocol/sync'
import { TidingsError, type KnownCloseCode } from '@tidings/protocol/wire'
import type { LiveConnection } from '../../realtime/realtime.ts'
import type { Context, Source } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import type { Actor } from '../../services/actor.ts'
import type { Deps } from '../../services/deps.ts'
import { devicePositions, saveDeviceProgress } from '../../services/device-cursor.ts'
import type { Metrics } from '../metrics.ts'
import { Mistakes } from '../mistakes.ts'
import { createCaller } from '../procedure.ts'
import type { DoorSocket, SocketListener } from '../socket.ts'
import type { DoorTimings } from '../timings.ts'
import type { Wheel, Wheeled } from '../wheel.ts'
import { Calls } from './calls.ts'
import { Delivery } from './delivery.ts'
import { Follower } from './follower.ts'
import { OwnMessages } from './own-messages.ts'
import { ProofLedger } from './proof.ts'
import { Sends } from './sends.ts'

export interface NumberedOptions {
  readonly deps: Deps
  readonly actor: Actor
  readonly socket: DoorSocket
  readonly source: Source
  readonly wheel: Wheel<NumberedConnection>
  readonly timings: DoorTimings
  readonly metrics: Metrics
  /** By session: what its last connection has proven is being saved. */
  readonly saving: Map<number, Promise<void>>
}

/** What a connection follows, and until when. */
interface Following {
  readonly follower: Follower
  readonly ended: Promise<void>
}

/** One client of the numbered protocol, which keeps nothing: its position is kept here, by device. */
export class NumberedConnection implements SocketListener, Wheeled, LiveConnection {
  readonly userKey: number
  readonly sessionKey: number
  readonly isPresence = true
  readonly #options: NumberedOptions
  readonly #context: Context
  readonly #sends = new Sends()
  readonly #ledger = new ProofLedger()
  readonly #ownMessages: OwnMessages
  readonly #calls: Calls
  readonly #opened: number
  #pinged = 0
  #saved: number
  #saving: Promise<void> = Promise.resolve()
  #ended: () => void = () => undefined
  #following: Following | undefined
  #starting = false
  #leave: () => void = () => undefined

  constructor(options: NumberedOptions) {
    const { deps, actor, source, socket, metrics } = options
    this.#options = options
    this.#opened = deps.machine.elapsed()
    this.#saved = this.#opened
    this.userKey = actor.userKey
    this.sessionKey = actor.sessionKey
    this.#context = { deps, actor, source, transport: socket }
    this.#ownMessages = new OwnMessages(actor.userId)
    this.#calls = new Calls({
      context: this.#context,
      userId: actor.userId,
      sessionId: actor.sessionId,
      socket,
      sends: this.#sends,
      now: () => deps.clock.now(),
      start: (since, tellCaughtUp) => this.#start(since, tellCaughtUp),
      receipt: (messageId) => this.#receipt(messageId),
      placeOf: (messageId) => this.#ledger.placeOf(messageId),
      count: (method, outcome) => metrics.numberedCall(method, outcome),
      mistakes: new Mistakes(() => deps.machine.elapsed()),
    })
  }

  /** Resolves when the socket is closed and what the device has proven is saved. */
  async run(): Promise<void> {
    const { deps, socket, wheel } = this.#options
    const closed = new Promise<void>((resolve) => {
      this.#ended = resolve
    })
    socket.listen(this)
    this.#leave = deps.realtime.register(this)
    wheel.add(this)
    wheel.soon(this)
    await closed
    // A device that comes back at once waits for it, or would be sent again what it has proven.
    const saved = this.#save()
    const { saving } = this.#options
    saving.set(this.sessionKey, saved)
    await saved
    if (saving.get(this.sessionKey) === saved) saving.delete(this.sessionKey)
  }

  message(text: string): void {
    this.#calls.receive(text)
  }

  pong(payload: string): void {
    this.#ledger.pong(payload)
    this.#options.wheel.soon(this)
  }

  congested(): void {
    this.#following?.follower.congested()
  }

  closed(): void {
    this.#leave()
    this.#options.wheel.delete(this)
    this.#following?.follower.stop()
    this.#ended()
  }

  tick(turn: boolean): void {
    const { deps, socket, timings, wheel } = this.#options
    if (turn) socket.checkAlive()
    const now = deps.machine.elapsed()
    if (this.#following === undefined && !this.#starting && now - this.#opened >= timings.liveMs)
      this.#follow(undefined)
    this.#ping()
    if (this.#ledger.dirty && now - this.#saved >= timings.cursorMs) void this.#save()
    if (this.#following === undefined || this.#ledger.open || this.#ledger.dirty) wheel.soon(this)
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
    this.#options.socket.close(code)
  }

  async #start(since: unknown, tellCaughtUp: boolean): Promise<void> {
    const { deps, actor } = this.#options
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
    if (this.#following !== undefined) {
      this.#following.follower.stop()
      await this.#following.ended
      this.#following = undefined
      this.#ledger.restart()
      this.#sends.forget()
    }
    await this.#save()
    await this.#options.saving.get(this.sessionKey)
  }

  /** From the device's positions or, without, only what comes from now on. */
  #follow(
    from: { positions: ReadonlyMap<string, Position>; tellCaughtUp: boolean } | undefined,
  ): void {
    const { deps, actor, socket } = this.#options
    // Gone while its position was looked up: nobody would ever stop what began now.
    if (!socket.open) return
    const context = this.#context
    const delivery = new Delivery({
      userId: actor.userId,
      socket,
      caller: createCaller(context),
      sends: this.#sends,
      ownMessages: this.#ownMessages,
      ledger: from === undefined ? undefined : this.#ledger,
      onSent: () => this.#prove(),
      now: () => deps.clock.now(),
      tellCaughtUp: from?.tellCaughtUp ?? false,
    })
    const follower = new Follower({ context, sink: delivery, positions: from?.positions })
    const ended = follower.run().catch((thrown: unknown) => this.#fail(thrown))
    this.#following = { follower, ended }
  }

  #fail(thrown: unknown): void {
    const error = toTidingsError(thrown)
    if (error.code === 'INTERNAL')
      this.#options.deps.log.error({ err: error.cause }, 'a numbered connection failed')
    this.close(error.httpStatus === 401 ? 4403 : 1013)
  }

  #receipt(messageId: unknown): void {
    if (typeof messageId !== 'string') return
    this.#ledger.receipt(messageId)
    if (this.#ledger.dirty) this.#options.wheel.soon(this)
  }

  /** Something was sent: the first ping at once, further ones gathered. */
  #prove(): void {
    const { deps, timings, wheel } = this.#options
    if (deps.machine.elapsed() - this.#pinged >= timings.tickMs) this.#ping()
    wheel.soon(this)
  }

  #ping(): void {
    const payload = this.#ledger.startPing()
    if (payload === undefined) return
    const { deps, socket } = this.#options
    this.#pinged = deps.machine.elapsed()
    socket.ping(payload)
  }

  /** One after the other; what could not be saved is tried again with the next, and costs repetitions at worst. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const { deps, actor } = this.#options
      this.#saved = deps.machine.elapsed()
      if (!this.#ledger.dirty) return
      const progress = this.#ledger.take()
      try {
        await saveDeviceProgress(deps, actor, progress)
      } catch (thrown) {
        this.#ledger.giveBack(progress)
        deps.log.warn({ err: thrown }, 'the positions of a device were not saved')
      }
    })
    return this.#saving
  }
}
