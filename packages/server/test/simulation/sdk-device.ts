import {
  createSync,
  step,
  type Effect,
  type Input,
  type Mark,
  type Position,
  type SyncOptions,
  type SyncState,
} from '@tidings/protocol/sync'
import type { Connection, Item, Peer } from './connection.ts'
import { fromEngine, toEngine } from './device-engine.ts'
import type { Answer, Request } from './process.ts'
import type { Row } from './model-stream.ts'
import type { World } from './world.ts'

/** The way to the servers. */
export interface Network {
  /** One request to any node; `reply` comes at most once, undefined when there was no answer in time. */
  call(device: Peer, request: Request, reply: (answer: Answer | undefined) => void): void
  connect(device: Peer): void
}

interface OutboxEntry {
  readonly conversation: number
  readonly key: string
  sending: boolean
}

/** What survives a crash. */
interface Disk {
  mark: Mark | undefined
  readonly positions: Map<string, Position>
  /** Highest seq of each conversation's messages that was applied. */
  readonly applied: Map<string, number>
  outbox: OutboxEntry[]
}

/** A device with a store of its own: the real engine, a disk that can lag behind it, and an outbox. */
export class SdkDevice implements Peer {
  readonly name: string
  readonly user: number
  /** Running, and wanting to be connected. */
  running = false
  online = true
  connection: Connection | undefined
  readonly disk: Disk = { mark: undefined, positions: new Map(), applied: new Map(), outbox: [] }
  readonly #world: World
  readonly #network: Network
  readonly #options: Partial<SyncOptions>
  #life = 0
  #state: SyncState<Row>
  #unwritten: Effect<Row>[] = []
  readonly #timers = new Map<string, object>()
  #backoff = 50
  #keys = 0
  readonly #ordinal: number

  constructor(
    world: World,
    network: Network,
    who: { name: string; user: number; ordinal: number; options: Partial<SyncOptions> },
  ) {
    this.#world = world
    this.#network = network
    this.name = who.name
    this.user = who.user
    this.#ordinal = who.ordinal
    this.#options = who.options
    this.#state = createSync<Row>({ mark: undefined, positions: [] }, this.#options)
    const { records, time } = world
    records.push({
      kind: 'device',
      t: time.now,
      device: who.name,
      user: String(who.user),
      proof: 'position',
    })
  }

  start(): void {
    if (this.running) return
    this.running = true
    this.#life += 1
    this.#unwritten = []
    this.#timers.clear()
    this.#backoff = 50
    for (const entry of this.disk.outbox) entry.sending = false
    this.#state = createSync<Row>(this.disk, this.#options)
    this.#connect()
    this.#drainOutbox()
  }

  /** Everything in memory is gone, what was not yet written to the disk too. */
  crash(): void {
    if (!this.running) return
    this.running = false
    this.#life += 1
    this.connection?.break()
    this.connection = undefined
  }

  setOnline(online: boolean): void {
    if (this.online === online) return
    this.online = online
    if (!online) this.connection?.break()
    else if (this.running && this.connection === undefined) this.#connect()
  }

  received(connection: Connection, items: readonly Item[]): void {
    if (connection !== this.connection) return
    for (const item of items) {
      switch (item.kind) {
        case 'ready':
          this.#backoff = 50
          if (!connection.stalled) this.#world.listens(this.name)
          this.#feed(item)
          break
        case 'events':
        case 'behind':
          this.#feed(item)
          break
        case 'ping':
        case 'accepted':
          break
      }
    }
  }

  dropped(connection: Connection): void {
    if (connection !== this.connection) return
    this.connection = undefined
    this.#feed({ kind: 'disconnected' })
    this.#connect()
  }

  /** The network let us in. */
  connected(connection: Connection): void {
    this.connection = connection
  }

  wantsConnection(): boolean {
    return this.running && this.online && this.connection === undefined
  }

  /** The user sends a message; from here on it must end well. */
  compose(conversation: number): void {
    if (!this.running) return
    this.#keys += 1
    // Alike for different users, as counters on their devices would be.
    const key = `${this.#ordinal}-${this.#keys}`
    const { records, time } = this.#world
    const stream = `m:${conversation}`
    records.push({ kind: 'invoke', t: time.now, device: this.name, stream, key })
    this.disk.outbox.push({ conversation, key, sending: false })
    this.#drainOutbox()
  }

  /** Marks what has been applied as delivered, and part of it as read. */
  markRead(conversation: number, unread: number): void {
    if (!this.running) return
    const applied = this.disk.applied.get(`m:${conversation}`) ?? 0
    const delivered = applied
    const read = Math.max(0, applied - unread)
    this.#ask({ kind: 'mark', conversation, delivered, read }, 3)
  }

  /** A request that is simply repeated until something comes back. */
  ask(request: Request): void {
    if (this.running) this.#ask(request, 3)
  }

  #ask(request: Request, tries: number): void {
    this.#call(request, (answer) => {
      if (tries === 0 || (answer !== undefined && answer.kind !== 'unavailable')) return
      this.#later(100, () => this.#ask(request, tries - 1))
    })
  }

  #connect(): void {
    if (!this.wantsConnection()) return
    const wait = this.#world.random.below(this.#backoff)
    this.#backoff = Math.min(1000, this.#backoff * 2)
    this.#later(wait, () => {
      if (!this.wantsConnection()) return
      this.#network.connect(this)
      if (this.connection === undefined) this.#connect()
    })
  }

  #later(ms: number, work: () => void): void {
    const life = this.#life
    this.#world.time.after(ms, () => {
      if (life === this.#life) work()
    })
  }

  #call(request: Request, reply: (answer: Answer | undefined) => void): void {
    const life = this.#life
    const guarded: (answer: Answer | undefined) => void = (answer) => {
      if (life === this.#life) reply(answer)
    }
    if (this.online) this.#network.call(this, request, guarded)
    else this.#later(200, () => reply(undefined))
  }

  #feed(told: Input<Row>): void {
    const input = toEngine(this.#world, told)
    const { state, effects } = step(this.#state, input)
    this.#state = state
    for (const effect of fromEngine(this.#world, input, effects)) this.#run(effect)
  }

  #run(effect: Effect<Row>): void {
    switch (effect.kind) {
      case 'apply':
      case 'reset':
      case 'saveMark':
        this.#write(effect)
        return
      case 'requestHeads':
      case 'requestPull':
        if (effect.waitMs === 0) this.#request(effect)
        else
          this.#later(effect.waitMs * (0.5 + this.#world.random.next()), () =>
            this.#request(effect),
          )
        return
      case 'setTimer':
        this.#setTimer(effect.timer, effect.afterMs)
        return
      case 'cancelTimer':
        this.#timers.delete(effect.timer)
        return
      case 'resubscribe':
        this.connection?.break()
        return
    }
  }

  #request(effect: Extract<Effect<Row>, { readonly request: number }>): void {
    const { request } = effect
    const reply = (answer: Answer | undefined) => {
      if (answer?.kind === 'heads') this.#feed({ kind: 'heads', request, answer: answer.answer })
      else if (answer?.kind === 'pulled')
        this.#feed({ kind: 'pulled', request, answer: answer.answer })
      else this.#feed({ kind: 'failed', request })
    }
    if (effect.kind === 'requestHeads') {
      const { changedSince, after, limit } = effect
      this.#call({ kind: 'heads', changedSince, after, limit }, reply)
    } else {
      const { epoch, streams, limit } = effect
      this.#call({ kind: 'pull', epoch, streams, limit }, reply)
    }
  }

  #setTimer(timer: string, afterMs: number): void {
    const token = {}
    this.#timers.set(timer, token)
    this.#later(afterMs, () => {
      if (this.#timers.get(timer) !== token) return
      this.#timers.delete(timer)
      this.#feed({ kind: 'timer', timer })
    })
  }

  /** The disk takes its time, in order; a crash before that loses it. */
  #write(effect: Effect<Row>): void {
    this.#unwritten.push(effect)
    if (this.#unwritten.length > 1) return
    const { random } = this.#world
    const delay = random.chance(0.05) ? random.below(60) : random.below(3)
    this.#later(delay, () => {
      const writes = this.#unwritten
      this.#unwritten = []
      for (const written of writes) this.#save(written)
    })
  }

  #save(effect: Effect<Row>): void {
    const { records, time, bug } = this.#world
    const { disk, name } = this
    if (effect.kind === 'saveMark') disk.mark = effect.mark
    else if (effect.kind === 'reset') {
      const { stream, position } = effect
      if (position === undefined) disk.positions.delete(stream)
      else disk.positions.set(stream, position)
      disk.applied.set(stream, position?.seq ?? 0)
      records.push({ kind: 'reset', t: time.now, device: name, stream, to: position?.seq ?? null })
    } else if (effect.kind === 'apply') {
      disk.positions.set(effect.stream, effect.position)
      if (bug === 'position-before-events') this.#later(15, () => this.#saveEvents(effect))
      else this.#saveEvents(effect)
    }
  }

  #saveEvents({ stream, events, position }: Extract<Effect<Row>, { kind: 'apply' }>): void {
    const { records, time } = this.#world
    const { disk, name } = this
    disk.applied.set(stream, position.seq)
    records.push({ kind: 'apply', t: time.now, device: name, stream, events, to: position.seq })
  }

  /** One in flight for each conversation, in order; the entry stays until there is a definite answer. */
  #drainOutbox(): void {
    const { bug } = this.#world
    const blocked = new Set<number>()
    for (const entry of [...this.disk.outbox]) {
      const waits = bug === 'outbox-not-fifo' ? entry.sending : blocked.has(entry.conversation)
      blocked.add(entry.conversation)
      if (waits || entry.sending) continue
      entry.sending = true
      if (bug === 'outbox-cleared-on-send') this.#forget(entry)
      this.#send(entry)
    }
  }

  #send(entry: OutboxEntry): void {
    const { conversation, key } = entry
    const { connection } = this
    this.#call({ kind: 'send', conversation, key }, (answer) => {
      entry.sending = false
      if (answer?.kind === 'done' || answer?.kind === 'refused') {
        this.#settle(entry, answer)
        // One that was asked on another connection may be of another history.
        const event = answer.kind === 'done' ? answer.row : undefined
        if (event !== undefined && connection === this.connection) {
          this.#feed({ kind: 'accepted', events: [event] })
        }
        this.#drainOutbox()
        return
      }
      this.#record('unknown', entry)
      this.#later(100 + this.#world.random.below(200), () => this.#drainOutbox())
    })
  }

  #settle(entry: OutboxEntry, answer: Extract<Answer, { kind: 'done' | 'refused' }>): void {
    this.#forget(entry)
    this.#record(answer.kind === 'done' ? 'ok' : 'fail', entry)
  }

  #forget(entry: OutboxEntry): void {
    this.disk.outbox = this.disk.outbox.filter((other) => other !== entry)
  }

  #record(kind: 'ok' | 'fail' | 'unknown', { conversation, key }: OutboxEntry): void {
    const { records, time } = this.#world
    records.push({ kind, t: time.now, device: this.name, stream: `m:${conversation}`, key })
  }
}
