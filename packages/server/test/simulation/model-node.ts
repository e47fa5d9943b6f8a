import {
  createPump,
  pump,
  type PumpEffect,
  type PumpInput,
  type PumpState,
} from '../../src/realtime/pump-state.ts'
import type { Connection } from './connection.ts'
import type { ModelDatabase } from './model-database.ts'
import { changeMembership, changeMessage, mark, send } from './model-services.ts'
import type { Process, Reply, Request } from './process.ts'
import type { ModelStream, Row } from './model-stream.ts'
import { SCALE, type World } from './world.ts'

/** What nodes share. */
export interface Cluster {
  readonly world: World
  readonly db: ModelDatabase
  /** Tells the other nodes. */
  publish(from: ModelNode, streamKey: number, head: number): void
}

/** One server process: the real pump, and around it the thinnest model of everything else. */
export class ModelNode implements Process {
  readonly cluster: Cluster
  readonly connections = new Set<Connection>()
  /** For the mistake of remembering clientMessageIds in a process. */
  readonly remembered = new Map<string, Row>()
  alive = false
  #incarnation = 0
  #pump: PumpState = createPump(0)
  #checkedAt = 0

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  start(): void {
    if (this.alive) return
    this.alive = true
    this.#incarnation += 1
    this.#checkedAt = this.cluster.db.now()
    this.remembered.clear()
    this.#pump = createPump(this.cluster.db.epoch, { soleWriter: false, readLimit: 10 })
    this.#scheduleCheck()
  }

  /** The process is gone, and with it everything that it had in memory. */
  crash(): void {
    if (!this.alive) return
    this.alive = false
    for (const connection of [...this.connections]) connection.break()
    this.connections.clear()
  }

  /** True as long as this same process lives. */
  life(): () => boolean {
    const incarnation = this.#incarnation
    return () => this.alive && this.#incarnation === incarnation
  }

  /** Runs `work` after a round trip to the database, if the process is still there. */
  soon(work: () => void): void {
    const isAlive = this.life()
    this.cluster.world.time.after(this.cluster.db.delay(), () => {
      if (isAlive()) work()
    })
  }

  /** A connection of an SDK device: registered first, then told to compare heads. */
  accept(connection: Connection): void {
    const { world, db } = this.cluster
    const { bug, random, time } = world
    if (bug === 'subscribe-after-fetch') {
      const isAlive = this.life()
      time.after(random.between(40, 160), () => {
        if (isAlive() && connection.open) this.connections.add(connection)
      })
    } else this.connections.add(connection)
    this.soon(() => {
      connection.send({ kind: 'ready', epoch: db.epoch, watermark: db.now() })
    })
  }

  handle(user: number, request: Request, reply: Reply): void {
    const { db } = this.cluster
    switch (request.kind) {
      case 'heads':
        this.soon(() => reply({ kind: 'heads', answer: db.heads(user, request) }))
        return
      case 'pull':
        this.soon(() => reply({ kind: 'pulled', answer: db.pull(user, request) }))
        return
      case 'send':
        send(this, { user, ...request }, reply)
        return
      case 'mark':
        mark(this, { user, ...request }, reply)
        return
      case 'change':
        changeMessage(this, { user, ...request }, reply)
        return
      case 'join':
      case 'leave':
        changeMembership(this, request, reply)
        return
    }
  }

  /** Rows that this process has committed. */
  committed(rows: readonly Row[]): void {
    if (rows.length === 0) return
    this.#feed({ kind: 'committed', rows })
    const heads = new Map<number, number>()
    for (const { streamKey, seq } of rows) heads.set(streamKey, seq)
    for (const [streamKey, head] of heads) this.cluster.publish(this, streamKey, head)
  }

  hint(streamKey: number, head: number): void {
    if (this.alive) this.#feed({ kind: 'hint', streamKey, head })
  }

  #feed(input: PumpInput<Row>): void {
    const { state, effects } = pump(this.#pump, input)
    this.#pump = state
    for (const effect of effects) this.#run(effect)
  }

  #run(effect: PumpEffect<Row>): void {
    switch (effect.kind) {
      case 'push':
        this.#push(this.cluster.db.byKey(effect.streamKey), effect.rows)
        return
      case 'read':
        this.#read(effect)
        return
      case 'epochChanged':
        for (const connection of [...this.connections]) connection.break()
        return
    }
  }

  #read({ streamKey, after, limit }: Extract<PumpEffect<Row>, { kind: 'read' }>): void {
    const { world, db } = this.cluster
    const { random, time, records, bug } = world
    this.soon(() => {
      if (world.layers.faults && random.chance(0.01)) {
        records.push({ kind: 'excuse', t: time.now, untilT: time.now })
        this.#feed({ kind: 'readFailed', streamKey })
        return
      }
      const stream = db.byKey(streamKey)
      const found = after === undefined ? this.#newest(stream) : rowsAfter(stream, after, limit)
      const rows = found.map((row) => db.stored(stream, row))
      const isAlive = this.life()
      time.after(random.below(4), () => {
        if (!isAlive()) return
        if (after !== undefined || bug !== 'pumped-after-connections') {
          this.#feed({ kind: 'read', streamKey, rows })
          return
        }
        this.#pump = pump(this.#pump, { kind: 'read' as const, streamKey, rows }).state
      })
    })
  }

  #newest({ log }: ModelStream): readonly Row[] {
    const newest = log.at(-1)
    if (newest === undefined) return []
    if (this.cluster.world.bug === 'first-look-newest-only') return [newest]
    let from = log.length - 1
    while (from > 0 && (log[from - 1]?.ts ?? 0) >= newest.ts - SCALE.firstLookMs) from -= 1
    return log.slice(from)
  }

  #push(stream: ModelStream, rows: readonly Row[]): void {
    const { world, db } = this.cluster
    if (!world.layers.push) return
    const { time, records, bug } = world
    for (const connection of this.connections) {
      const { user, name } = connection.peer
      if (bug === 'leaving-told-to-nobody' && stream.openSpan(user) === undefined) continue
      const visible = rows
        .filter(({ seq }) => stream.isVisible(user, seq))
        .map((row) => db.shownTo(user, stream, row))
      const last = visible.at(-1)
      if (last === undefined) continue
      if (connection.stalled) {
        connection.missed = true
        continue
      }
      records.push({ kind: 'push', t: time.now, device: name, stream: stream.name, seq: last.seq })
      if (connection.door === undefined) connection.send({ kind: 'events', events: visible })
      else connection.door.feed({ kind: 'events', events: visible })
    }
  }

  #scheduleCheck(): void {
    const { world } = this.cluster
    if (!world.layers.headCheck || world.bug === 'anti-entropy-off') return
    const isAlive = this.life()
    const { headCheckMs } = SCALE
    world.time.after(headCheckMs * (0.8 + 0.4 * world.random.next()), () => {
      if (!isAlive()) return
      this.soon(() => this.#check())
      this.#scheduleCheck()
    })
  }

  #check(): void {
    const { db, world } = this.cluster
    const now = db.now()
    // The clock may have gone back since the last check; what was committed after that is older than the check.
    const forgets = world.bug === 'check-forgets-clock'
    const from = forgets ? this.#checkedAt : Math.min(this.#checkedAt, now)
    this.#checkedAt = now
    const since = from - SCALE.headWindowMs
    const heads: (readonly [number, number])[] = []
    for (const stream of db.streams) {
      if (stream.lastTs >= since && stream.head > 0) heads.push([stream.key, stream.head])
    }
    this.#feed({ kind: 'checked', epoch: db.epoch, heads })
  }
}

function rowsAfter(stream: ModelStream, after: number, limit: number): readonly Row[] {
  const from = stream.indexAfter(after)
  return stream.log.slice(from, from + limit)
}
