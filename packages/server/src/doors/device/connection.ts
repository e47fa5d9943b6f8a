import type { Position } from '@tidings/protocol/sync'
import type { KnownCloseCode, TidingsError } from '@tidings/protocol/wire'
import type { LiveConnection } from '../../realtime/realtime.ts'
import type { Context, Source } from '../../rpc/context.ts'
import { toTidingsError } from '../../rpc/errors.ts'
import type { Actor } from '../../services/actor.ts'
import { limitCall } from '../../services/call-limit.ts'
import type { Deps } from '../../services/deps.ts'
import { devicePositions, PROVEN, saveDeviceProgress } from '../../services/device-cursor.ts'
import type { Metrics } from '../metrics.ts'
import { Mistakes } from '../mistakes.ts'
import type { DoorSocket, SocketListener } from '../socket.ts'
import type { DoorTimings } from '../timings.ts'
import type { Wheel, Wheeled } from '../wheel.ts'
import type { Dialect, DialectHost, Place } from './dialect.ts'
import { Follower } from './follower.ts'
import { ProofLedger } from './proof.ts'
import type { StreamNames } from './stream-names.ts'

/** What the connections of one door share. */
export interface DeviceShared {
  readonly deps: Deps
  readonly names: StreamNames
  readonly wheel: Wheel<DeviceConnection>
  readonly timings: DoorTimings
  readonly metrics: Metrics
  /** By session: what its last connection has proven is being saved. */
  readonly saving: Map<number, Promise<void>>
  /** A connection is gone; what its device has proven is being saved. */
  readonly left: (saved: Promise<void>) => void
}

/** Who has connected, and how. */
export interface DeviceClient {
  readonly actor: Actor
  readonly source: Source
  readonly socket: DoorSocket
  /** What it speaks. */
  readonly speak: (host: DialectHost) => Dialect
}

/** One client that keeps nothing, whatever it speaks: its position is kept here, by device. */
export class DeviceConnection implements SocketListener, Wheeled, LiveConnection, DialectHost {
  readonly isPresence: boolean
  readonly context: Context
  readonly socket: DoorSocket
  readonly #shared: DeviceShared
  readonly #actor: Actor
  readonly #ledger = new ProofLedger()
  readonly #dialect: Dialect
  readonly #opened: number
  #pinged = 0
  #saved: number
  /** Undefined when nothing is being saved. */
  #saving: Promise<void> | undefined
  #follower: Follower | undefined
  #starting = false
  /** What is followed began where the device had got to, and not at the heads. */
  #begun = false
  /** Most clients make none. */
  #mistakes: Mistakes | undefined

  constructor(shared: DeviceShared, { actor, source, socket, speak }: DeviceClient) {
    const { deps } = shared
    this.#shared = shared
    this.#actor = actor
    this.isPresence = actor.grant === undefined
    this.socket = socket
    this.context = { deps, actor, source, transport: socket }
    this.#opened = deps.machine.elapsed()
    this.#saved = this.#opened
    this.#dialect = speak(this)
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

  get actor(): Actor {
    return this.#actor
  }

  message(text: string): void {
    this.#dialect.receive(text)
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
    const { endsAt } = this.#actor
    if (endsAt !== undefined && deps.clock.now() >= endsAt) return this.close(4401)
    if (turn) this.socket.checkAlive()
    if (turn) this.#follower?.look()
    const now = deps.machine.elapsed()
    if (this.#follower === undefined && !this.#starting && now - this.#opened >= timings.liveMs)
      this.#follow(undefined)
    this.#ping()
    if (this.#ledger.dirty && now - this.#saved >= timings.cursorMs) void this.#save()
    const isBusy = this.#follower === undefined || this.#ledger.open || this.#ledger.dirty
    if (isBusy || endsAt !== undefined) wheel.soon(this)
  }

  /** Events come through the follower's own subscription; this registration is for being closed with the session. */
  deliver(): void {
    // Nothing to do.
  }

  signal(): void {
    // As in `deliver`.
  }

  close(code: KnownCloseCode): void {
    this.#dialect.clear()
    this.socket.close(code)
  }

  count(method: number, outcome: string): void {
    this.#shared.metrics.numberedCall(method, outcome)
  }

  placeOf(messageId: string): Place | undefined {
    return this.#ledger.placeOf(messageId)
  }

  /** For a client that does not say from where: from where its device has got to. */
  follow(): void {
    this.begin(PROVEN, false).catch((thrown: unknown) => this.failed(toTidingsError(thrown)))
  }

  async begin(since: unknown, tellCaughtUp: boolean): Promise<void> {
    const limited = this.#charge()
    if (limited !== undefined) throw limited
    this.#starting = true
    try {
      await this.#rewind()
      const positions = await devicePositions(this.#shared.deps, this.#actor, since)
      this.#follow({ positions, tellCaughtUp })
    } finally {
      this.#starting = false
    }
  }

  /** For what no procedure charges. Answers why the client may not call now, if it may not. */
  #charge(): TidingsError | undefined {
    return limitCall(this.#shared.deps, this.#actor.sessionId, 'session')
  }

  mistake(error: TidingsError, tell: (answer: TidingsError) => void): void {
    const { machine } = this.#shared.deps
    tell(this.#charge() ?? error)
    this.#mistakes ??= new Mistakes(() => machine.elapsed())
    if (this.#mistakes.add()) this.close(1008)
  }

  /** Ends what was followed so far, so that nothing of it comes after what begins now. */
  async #rewind(): Promise<void> {
    this.#begun = false
    if (this.#follower !== undefined) {
      this.#follower.stop()
      await this.#follower.ended()
      this.#follower = undefined
      this.#ledger.restart()
      this.#dialect.rewound()
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
    const sink = this.#dialect.sink({ ledger, tellCaughtUp: from?.tellCaughtUp ?? false })
    const { names } = this.#shared
    const { context } = this
    this.#begun = from !== undefined
    this.#follower = new Follower({ context, names, sink, host: this, positions: from?.positions })
    void this.#follower.start()
  }

  /** Live from the heads it would hear what comes now, and not know what it has missed: it is to come again. */
  notBegun(error: TidingsError): void {
    if (!this.#begun) this.failed(error)
  }

  failed(error: TidingsError): void {
    if (error.code === 'INTERNAL')
      this.#shared.deps.log.error({ err: error.cause }, 'the connection of a device failed')
    this.close(error.httpStatus === 401 ? 4403 : 1013)
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
