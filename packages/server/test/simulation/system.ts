import { ModelBroker } from './broker.ts'
import { Connection, type Peer } from './connection.ts'
import { ModelDatabase } from './model-database.ts'
import { ModelNode } from './model-node.ts'
import type { Answer, Request } from './process.ts'
import { NumberedDevice } from './numbered-device.ts'
import { NumberedDoor } from './numbered-door.ts'
import { SdkDevice, type Network } from './sdk-device.ts'
import { SCALE, type World } from './world.ts'

export const USERS = 4
export const CONVERSATIONS = 3
const NODES = 3

export type Device = SdkDevice | NumberedDevice

/** Three nodes on one database, a broker between them, and the devices of four users. */
export class System implements Network {
  readonly world: World
  readonly db: ModelDatabase
  readonly broker: ModelBroker
  readonly nodes: readonly ModelNode[]
  readonly devices: Device[] = []
  #connections = 0

  constructor(world: World) {
    this.world = world
    this.db = new ModelDatabase(world, { users: USERS, conversations: CONVERSATIONS })
    this.broker = new ModelBroker(world, () => this.nodes)
    const cluster = {
      world,
      db: this.db,
      publish: (from: ModelNode, streamKey: number, head: number) => {
        this.broker.publish(from, streamKey, head)
      },
    }
    this.nodes = Array.from({ length: NODES }, () => new ModelNode(cluster))
    for (const node of this.nodes) node.start()
    this.#openSpans()
    this.#makeDevices()
  }

  clock(): number {
    return this.db.now()
  }

  call(device: Peer, request: Request, reply: (answer: Answer | undefined) => void): void {
    const { time, random } = this.world
    let open = true
    const settle = (answer: Answer | undefined) => {
      if (!open) return
      open = false
      reply(answer)
    }
    time.after(SCALE.requestTimeoutMs, () => settle(undefined))
    if (random.chance(this.world.loss)) return
    const node = random.pick(this.nodes)
    time.after(this.#latency(), () => {
      if (!node.alive) {
        settle(undefined)
        return
      }
      node.handle(device.user, request, (answer) => {
        // The answer is lost on its way as easily as the request was.
        if (!random.chance(this.world.loss)) time.after(this.#latency(), () => settle(answer))
      })
    })
  }

  connect(peer: Peer): void {
    const { random } = this.world
    const node = random.pick(this.nodes)
    const device = this.devices.find(({ name }) => name === peer.name)
    if (!node.alive || device === undefined || random.chance(this.world.loss)) return
    this.#connections += 1
    const connection = new Connection(this.world, `c${this.#connections}`, {
      peer,
      onBroken: (broken) => {
        // A connection that ends well saves what is proven; one that ends with its node does not.
        if (node.alive) broken.door?.save()
        node.connections.delete(broken)
      },
    })
    if (device instanceof NumberedDevice) {
      const { session } = device
      connection.door = new NumberedDoor(this.world, this.db, { connection, session })
      node.connections.add(connection)
    } else node.accept(connection)
    device.connected(connection)
  }

  /** Every process of ours is gone, and the database is an older copy of itself. */
  restore(): void {
    const { records, time, random } = this.world
    for (const node of this.nodes) node.crash()
    if (this.db.restore()) records.push({ kind: 'restore', t: time.now })
    for (const node of this.nodes) time.after(random.between(20, 300), () => node.start())
  }

  #latency(): number {
    const { random } = this.world
    return random.chance(0.04) ? random.between(20, 250) : 1 + random.below(10)
  }

  /** Everybody sees his own stream; the first conversation has all users, the others some. */
  #openSpans(): void {
    const { random } = this.world
    for (let user = 0; user < USERS; user += 1) {
      this.db.stream(`u:${user}`).spans[user]?.push({ from: 1, to: undefined, since: 0 })
      for (let conversation = 0; conversation < CONVERSATIONS; conversation += 1) {
        if (conversation > 0 && random.chance(0.4)) continue
        this.db.stream(`m:${conversation}`).spans[user]?.push({ from: 1, to: undefined, since: 0 })
        this.db.stream(`r:${conversation}`).spans[user]?.push({ from: 1, to: undefined, since: 0 })
      }
    }
  }

  #makeDevices(): void {
    const { random, world } = { random: this.world.random, world: this.world }
    const numbered = random.below(3)
    const count = random.between(4, 8) - numbered
    for (let at = 0; at < count; at += 1) {
      const user = at % USERS
      const ordinal = Math.floor(at / USERS)
      const options = {
        mode: random.chance(0.6) ? ('from-head' as const) : ('from-start' as const),
        maxCatchUp: random.pick([5, 20, 1000]),
        compareEveryMs: world.layers.compareEveryMs,
        headsLimit: random.pick([2, 4, 100]),
        pullLimit: random.pick([3, 10, 100]),
        maxStreamsPerPull: random.pick([2, 100]),
        // What does not fit must be pulled.
        maxHeldPerStream: world.layers.gapPull ? random.pick([2, 100]) : 100,
      }
      const name = `device-${at}`
      this.devices.push(new SdkDevice(world, this, { name, user, ordinal, options }))
    }
    for (let at = 0; at < numbered; at += 1) {
      // Half of them are as the clients that there are: they send their own now.
      const all = world.layers.times
      const times = random.chance(0.5) && all.includes('now') ? (['now'] as const) : all
      const user = random.below(USERS)
      this.devices.push(new NumberedDevice(world, this, { name: `numbered-${at}`, user, times }))
    }
    for (const device of this.devices) world.time.after(random.below(200), () => device.start())
  }
}
