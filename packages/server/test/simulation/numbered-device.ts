import type { Connection, Item, Peer } from './connection.ts'
import type { Row } from './model-stream.ts'
import type { Network } from './sdk-device.ts'
import type { TimeClass, World } from './world.ts'

/** A client of the numbered protocol: it says method 20 with some time, shows what it is sent, and remembers nothing else. */
export class NumberedDevice implements Peer {
  readonly name: string
  readonly user: number
  running = true
  online = true
  connection: Connection | undefined
  /** What its own clock is ahead of the database's. */
  skew = 0
  readonly session: { readonly name: string; readonly createdAt: number }
  readonly #world: World
  readonly #network: Network & { clock(): number }
  readonly #times: readonly TimeClass[]
  #keys = 0
  #life = 0
  #open = new Map<string, number>()

  constructor(
    world: World,
    network: Network & { clock(): number },
    who: { name: string; user: number; times: readonly TimeClass[] },
  ) {
    this.#world = world
    this.#network = network
    this.name = who.name
    this.user = who.user
    this.#times = who.times
    this.session = { name: who.name, createdAt: network.clock() }
    const { records, time } = world
    records.push({
      kind: 'device',
      t: time.now,
      device: who.name,
      user: String(who.user),
      proof: 'server',
    })
  }

  start(): void {
    this.running = true
    this.#connect()
  }

  crash(): void {
    this.running = false
    this.#life += 1
    this.#giveUp()
    this.connection?.break()
    this.connection = undefined
  }

  setOnline(online: boolean): void {
    if (this.online === online) return
    this.online = online
    if (!online) this.connection?.break()
    else this.#connect()
  }

  wantsConnection(): boolean {
    return this.running && this.online && this.connection === undefined
  }

  connected(connection: Connection): void {
    this.connection = connection
    const since = this.#time()
    this.#world.time.after(connection.latency(), () => connection.door?.start(since))
  }

  received(connection: Connection, items: readonly Item[]): void {
    if (connection !== this.connection) return
    for (const item of items) {
      if (item.kind === 'events') this.#show(connection, item.events)
      else if (item.kind === 'ping') {
        const { payload } = item
        this.#world.time.after(connection.latency(), () => {
          if (connection.open) connection.door?.pong(payload)
        })
      } else if (item.kind === 'accepted') this.#settle(item.key, 'ok')
    }
  }

  dropped(connection: Connection): void {
    if (connection !== this.connection) return
    this.connection = undefined
    this.#giveUp()
    this.#connect()
  }

  /** Method 40, with a client_id; nobody repeats it. */
  compose(conversation: number): void {
    const { connection } = this
    if (connection === undefined) return
    this.#keys += 1
    const key = `0-${this.name}-${this.#keys}`
    const { records, time } = this.#world
    const stream = `m:${conversation}`
    records.push({ kind: 'invoke', t: time.now, device: this.name, stream, key })
    this.#open.set(key, conversation)
    this.#network.call(this, { kind: 'send', conversation, key }, (answer) => {
      if (answer?.kind === 'refused') this.#settle(key, 'fail')
      else if (answer?.kind !== 'done') this.#settle(key, 'unknown')
      else {
        if (answer.row !== undefined)
          connection.door?.feed({ kind: 'accepted', events: [answer.row] })
        connection.send({ kind: 'accepted', key })
      }
    })
  }

  #show(connection: Connection, events: readonly Row[]): void {
    const { records, time } = this.#world
    const stream = events[0]?.stream ?? ''
    records.push({
      kind: 'deliver',
      t: time.now,
      device: this.name,
      connection: connection.name,
      stream,
      events,
    })
  }

  #settle(key: string, kind: 'ok' | 'fail' | 'unknown'): void {
    const conversation = this.#open.get(key)
    if (conversation === undefined) return
    this.#open.delete(key)
    const { records, time } = this.#world
    records.push({ kind, t: time.now, device: this.name, stream: `m:${conversation}`, key })
  }

  #giveUp(): void {
    for (const key of [...this.#open.keys()]) this.#settle(key, 'unknown')
  }

  #connect(): void {
    if (!this.wantsConnection()) return
    const life = this.#life
    const { time, random } = this.#world
    time.after(random.between(20, 400), () => {
      if (life !== this.#life || !this.wantsConnection()) return
      this.#network.connect(this)
      if (this.connection === undefined) this.#connect()
    })
  }

  #time(): unknown {
    const now = this.#network.clock() + this.skew
    switch (this.#world.random.pick(this.#times)) {
      case 'now':
        return now
      case 'future':
        return now + 31_536_000_000
      case 'past':
        return now - this.#world.random.below(60_000)
      case 'zero':
        return 0
      case 'nan':
        return Number.NaN
      case 'text':
        return 'yesterday'
      case 'nothing':
        return undefined
      case 'negative':
        return -1
      case 'seconds':
        return Math.floor(now / 1000)
    }
  }
}
