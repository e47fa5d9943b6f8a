import {
  createSync,
  step,
  type Effect,
  type Input,
  type Position,
  type SyncState,
} from '@tidings/protocol/sync'
import type { Connection, Door } from './connection.ts'
import type { ModelDatabase } from './model-database.ts'
import type { ModelStream, Row } from './model-stream.ts'
import { SCALE, type World } from './world.ts'

/** The node's side of a numbered device: it runs the engine for a client that keeps no position. */
export class NumberedDoor implements Door {
  readonly #world: World
  readonly #db: ModelDatabase
  readonly #connection: Connection
  readonly #session: { readonly name: string; readonly createdAt: number }
  #state: SyncState<Row> | undefined
  /** Written since the last ping, and before it. */
  #sent = new Map<string, Position>()
  #pinged: Map<string, Position> | undefined
  #proven = new Map<string, Position>()
  #ping = 0
  #saving = false
  readonly #timers = new Map<string, object>()

  constructor(
    world: World,
    db: ModelDatabase,
    client: { connection: Connection; session: { name: string; createdAt: number } },
  ) {
    this.#world = world
    this.#db = db
    this.#connection = client.connection
    this.#session = client.session
  }

  /** Method 20. */
  start(since: unknown): void {
    this.#soon(() => {
      const positions = this.#positions(since)
      const options = {
        mode: 'from-start' as const,
        maxPulls: 1,
        pullLimit: 20,
        compareEveryMs: this.#world.layers.compareEveryMs,
      }
      this.#state = createSync<Row>({ mark: undefined, positions }, options)
      this.#sent.clear()
      this.#pinged = undefined
      this.#subscribe()
    })
  }

  feed(input: Input<Row>): void {
    if (this.#state === undefined || !this.#connection.open) return
    const { state, effects } = step(this.#state, input)
    this.#state = state
    for (const effect of effects) this.#run(effect)
  }

  /** The client's network stack has answered: whatever was written before the ping has arrived. */
  pong(payload: number): void {
    if (this.#pinged === undefined || payload !== this.#ping) return
    for (const [stream, position] of this.#pinged) this.#prove(stream, position)
    this.#pinged = undefined
    this.#startPing()
  }

  /** Saves what is proven; also when the connection ends. */
  save(): void {
    const { cursors } = this.#db
    const own = cursors.get(this.#session.name) ?? new Map<number, Position>()
    cursors.set(this.#session.name, own)
    for (const [name, position] of this.#proven) {
      const { key } = this.#db.stream(name)
      if ((own.get(key)?.seq ?? -1) < position.seq) own.set(key, position)
    }
    this.#proven.clear()
  }

  #subscribe(): void {
    if (!this.#connection.stalled) this.#world.listens(this.#connection.peer.name)
    this.feed({ kind: 'ready', epoch: this.#db.epoch, watermark: this.#db.now() })
  }

  #soon(work: () => void, waitMs = 0): void {
    this.#world.time.after(waitMs + this.#db.delay(), () => {
      if (this.#connection.open) work()
    })
  }

  #run(effect: Effect<Row>): void {
    switch (effect.kind) {
      case 'apply':
        this.#write(effect)
        return
      case 'reset':
        this.#refuse(effect.stream)
        return
      case 'requestHeads':
        this.#soon(() => {
          const answer = this.#db.heads(this.#connection.peer.user, effect)
          this.feed({ kind: 'heads', request: effect.request, answer })
        }, effect.waitMs)
        return
      case 'requestPull':
        this.#soon(() => {
          const answer = this.#db.pull(this.#connection.peer.user, effect)
          this.feed({ kind: 'pulled', request: effect.request, answer })
        }, effect.waitMs)
        return
      case 'setTimer':
        this.#setTimer(effect.timer, effect.afterMs)
        return
      case 'cancelTimer':
        this.#timers.delete(effect.timer)
        return
      case 'resubscribe':
        this.feed({ kind: 'disconnected' })
        this.#soon(() => this.#subscribe())
        return
      case 'saveMark':
        return
    }
  }

  #write({ stream, events, position }: Extract<Effect<Row>, { kind: 'apply' }>): void {
    if (events.length > 0) this.#connection.send({ kind: 'events', events })
    if (this.#world.bug === 'cursor-on-write') this.#prove(stream, position)
    this.#sent.set(stream, position)
    this.#startPing()
  }

  #refuse(stream: string): void {
    this.#sent.delete(stream)
    this.#pinged?.delete(stream)
    this.#proven.delete(stream)
    this.#db.cursors.get(this.#session.name)?.delete(this.#db.stream(stream).key)
  }

  #startPing(): void {
    if (this.#pinged !== undefined || this.#sent.size === 0) return
    this.#pinged = this.#sent
    this.#sent = new Map()
    this.#ping += 1
    this.#connection.send({ kind: 'ping', payload: this.#ping })
  }

  #prove(stream: string, position: Position): void {
    this.#proven.set(stream, position)
    if (this.#saving) return
    this.#saving = true
    this.#world.time.after(SCALE.saveCursorsMs, () => {
      this.#saving = false
      if (this.#connection.open) this.save()
    })
  }

  #setTimer(timer: string, afterMs: number): void {
    const token = {}
    this.#timers.set(timer, token)
    this.#world.time.after(afterMs, () => {
      if (this.#timers.get(timer) !== token) return
      this.#timers.delete(timer)
      this.feed({ kind: 'timer', timer })
    })
  }

  #positions(since: unknown): Map<string, Position> {
    const { bug } = this.#world
    const own = this.#db.cursors.get(this.#session.name)
    const asked = this.#timeOf(since)
    const born = this.#session.createdAt - SCALE.marginMs
    const positions = new Map<string, Position>()
    for (const stream of this.#db.streams) {
      if ((stream.spans[this.#connection.peer.user]?.length ?? 0) === 0) continue
      const cursor = bug === 'time-instead-of-cursor' ? undefined : own?.get(stream.key)
      const byTimeAlone =
        cursor !== undefined ||
        bug === 'missing-cursor-read-as-time' ||
        bug === 'time-instead-of-cursor'
      const place = this.#placeAt(stream, byTimeAlone ? asked : Math.min(asked, born))
      positions.set(stream.name, cursor !== undefined && cursor.seq <= place.seq ? cursor : place)
    }
    return positions
  }

  #timeOf(since: unknown): number {
    if (this.#world.bug === 'time-not-clamped') return Number(since) - SCALE.marginMs
    if (typeof since !== 'number' || !Number.isFinite(since) || since < 0) return 0
    return Math.min(since, this.#db.now()) - SCALE.marginMs
  }

  #placeAt(stream: ModelStream, time: number): Position {
    const place = this.#db.placeAt(stream, time)
    const head = stream.visibleHead(this.#connection.peer.user)
    if (place.seq > head || head <= stream.floor) return { seq: head, tag: stream.tagAt(head) }
    return place.seq < stream.floor ? { seq: stream.floor, tag: 0 } : place
  }
}
