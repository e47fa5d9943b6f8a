import type { Input } from '@tidings/protocol/sync'
import type { Row } from './model-stream.ts'
import type { World } from './world.ts'

/** What a node writes to a connection. */
export type Item =
  | { readonly kind: 'ready'; readonly epoch: number; readonly watermark: number }
  | { readonly kind: 'events'; readonly events: readonly Row[] }
  | { readonly kind: 'behind' }
  | { readonly kind: 'ping'; readonly payload: number }
  | { readonly kind: 'accepted'; readonly key: string }

/** The device's end. */
export interface Peer {
  readonly name: string
  readonly user: number
  received(connection: Connection, items: readonly Item[]): void
  dropped(connection: Connection): void
}

/** The node's side of a client that keeps no position. */
export interface Door {
  /** Method 20. */
  start(since: unknown): void
  feed(input: Input<Row>): void
  pong(payload: number): void
  save(): void
}

/** A live WebSocket: what is written arrives in order, or not at all. */
export class Connection {
  readonly name: string
  readonly peer: Peer
  open = true
  /** The client does not read; the node skips it and tells it afterwards. */
  stalled = false
  missed = false
  /** Set on connections of numbered devices. */
  door: Door | undefined
  readonly #world: World
  readonly #onBroken: (connection: Connection) => void
  #arrival = 0
  #queue: Item[] = []

  constructor(
    world: World,
    name: string,
    ends: { peer: Peer; onBroken: (it: Connection) => void },
  ) {
    this.#world = world
    this.name = name
    this.peer = ends.peer
    this.#onBroken = ends.onBroken
  }

  send(item: Item): void {
    if (!this.open) return
    this.#queue.push(item)
    if (this.#queue.length > 1) return
    const { time } = this.#world
    this.#arrival = Math.max(this.#arrival, time.now + this.latency())
    time.at(this.#arrival, () => {
      const items = this.#queue
      this.#queue = []
      if (this.open) this.peer.received(this, items)
    })
  }

  latency(): number {
    const { random } = this.#world
    return random.chance(0.04) ? random.between(30, 300) : 1 + random.below(12)
  }

  /** Breaks for both ends. What is under way is lost, and the client may notice only later. */
  break(): void {
    if (!this.open) return
    this.open = false
    this.#queue = []
    this.#onBroken(this)
    const { time, random, records } = this.#world
    records.push({ kind: 'down', t: time.now, device: this.peer.name })
    const noticed = random.chance(0.7) ? random.below(30) : random.below(1500)
    time.after(noticed, () => this.peer.dropped(this))
  }

  /** The client stops reading for a while. */
  stall(ms: number): void {
    if (!this.open || this.stalled) return
    this.stalled = true
    const { time, records, bug } = this.#world
    records.push({ kind: 'down', t: time.now, device: this.peer.name })
    time.after(ms, () => {
      this.stalled = false
      if (!this.open) return
      this.#world.listens(this.peer.name)
      if (!this.missed) return
      this.missed = false
      if (bug === 'behind-not-told') return
      if (this.door === undefined) this.send({ kind: 'behind' })
      else this.door.feed({ kind: 'behind' })
    })
  }
}
