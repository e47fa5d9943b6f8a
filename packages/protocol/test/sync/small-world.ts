import fc from 'fast-check'
import {
  createSync,
  step,
  type HeadsAnswer,
  type Input,
  type Mark,
  type PullAnswer,
  type PullFrom,
  type SyncOptions,
  type SyncState,
} from '../../src/sync/index.ts'
import { type TestEffect, type TestEvent } from './engine-under-test.ts'

/** One user's streams on a server that is small, right, and can be put back to an older copy. */
class Server {
  epoch = 1
  clock = 1_000_000
  readonly streams = new Map<
    string,
    {
      log: (TestEvent & { readonly visible: boolean; readonly ts: number })[]
      floor: number
      gone: boolean
    }
  >()
  #tag = 0

  stream(name: string) {
    const known = this.streams.get(name) ?? { log: [], floor: 0, gone: false }
    this.streams.set(name, known)
    return known
  }
  append(name: string, visible: boolean): TestEvent {
    const { log } = this.stream(name)
    this.#tag += 1
    this.clock += 1
    const event = { stream: name, seq: log.length + 1, tag: this.#tag, visible, ts: this.clock }
    log.push(event)
    return event
  }
  newest(name: string) {
    return this.stream(name).log.findLast(({ visible }) => visible)
  }
  heads(changedSince: number | undefined, after: string | undefined): HeadsAnswer {
    const since = changedSince === undefined ? 0 : changedSince - 60_000
    const all = [...this.streams.entries()]
      .filter(
        ([name, { log, gone }]) => !gone && (log.at(-1)?.ts ?? 0) >= since && name > (after ?? ''),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const page = all.slice(0, 2).map(([stream, { floor }]) => {
      const newest = this.newest(stream)
      return { stream, head: newest?.seq ?? 0, tag: newest?.tag ?? 0, floor }
    })
    const next = all.length > 2 ? (page.at(-1)?.stream ?? null) : null
    return { epoch: this.epoch, watermark: this.clock, heads: page, next }
  }
  pull(streams: readonly PullFrom[], limit: number): PullAnswer<TestEvent> {
    let room = limit
    const items = streams.map(({ stream, after, tag }) => {
      const { log, floor, gone } = this.stream(stream)
      const newest = this.newest(stream)
      const refuse = (reason: 'floor' | 'future' | 'tag' | 'gone') => ({
        stream,
        reset: { reason, head: newest?.seq ?? 0, tag: newest?.tag ?? 0, floor },
      })
      if (gone) return refuse('gone')
      if (after > (newest?.seq ?? 0)) return refuse('future')
      const deleted = log.some(({ seq, visible }) => visible && seq > after && seq <= floor)
      if (deleted) return refuse('floor')
      if (after > floor && (log[after - 1]?.tag ?? 0) !== tag) return refuse('tag')
      const visible = log.filter((event) => event.seq > after && event.visible)
      const events = visible.slice(0, room)
      room -= events.length
      const more = events.length < visible.length
      const last = more ? events.at(-1) : (newest ?? undefined)
      const upTo = last !== undefined && last.seq > after ? last : { seq: after, tag }
      return { stream, events, upTo: { seq: upTo.seq, tag: upTo.tag }, more }
    })
    return { epoch: this.epoch, streams: items }
  }
}

/** A client with a disk; it checks every effect against the server as it goes. */
class Client {
  readonly disk = {
    applied: new Map<string, Map<number, number>>(),
    positions: new Map<string, { seq: number; tag: number }>(),
    starts: new Map<string, number>(),
  }
  mark: Mark | undefined
  state: SyncState<TestEvent>
  requests: TestEffect[] = []
  timers = new Set<string>()
  live = false
  readonly server: Server
  readonly options: Partial<SyncOptions>

  constructor(server: Server, options: Partial<SyncOptions>) {
    this.server = server
    this.options = options
    this.state = createSync<TestEvent>({ mark: undefined, positions: [] }, options)
  }
  crash(): void {
    this.state = createSync<TestEvent>(
      { mark: this.mark, positions: this.disk.positions },
      this.options,
    )
    this.requests = []
    this.timers.clear()
    this.live = false
  }
  feed(input: Input<TestEvent>): void {
    if (input.kind === 'ready' || input.kind === 'disconnected') {
      this.live = input.kind === 'ready'
      this.requests = []
    }
    const next = step(this.state, input)
    this.state = next.state
    for (const effect of next.effects) this.run(effect)
    let held = 0
    for (const busy of this.state.busy.values()) held += busy.held.length
    if (this.state.pulls > 2 || this.state.held !== held) throw new Error('the book-keeping is off')
  }
  run(effect: TestEffect): void {
    switch (effect.kind) {
      case 'apply': {
        const { stream, events, position } = effect
        const before = this.disk.positions.get(stream)?.seq ?? 0
        const { log, floor } = this.server.stream(stream)
        const known = before > 0 || floor === 0 || (events[0]?.seq ?? 0) <= 1
        const from = known ? before : Math.max(before, floor)
        const owed = log.filter(({ seq, visible }) => visible && seq > from && seq <= position.seq)
        const got = events.filter(({ seq }) => seq > from)
        if (got.map(({ tag }) => tag).join() !== owed.map(({ tag }) => tag).join()) {
          throw new Error(`${stream} from ${from} to ${position.seq}: a hole or an order`)
        }
        if (position.seq < before) throw new Error(`${stream} went back to ${position.seq}`)
        const applied = this.disk.applied.get(stream) ?? new Map<number, number>()
        for (const { seq, tag } of events) {
          if (applied.has(seq)) throw new Error(`${stream}:${seq} was applied twice`)
          applied.set(seq, tag)
        }
        this.disk.applied.set(stream, applied)
        this.disk.positions.set(stream, position)
        if (!this.disk.starts.has(stream)) this.disk.starts.set(stream, from)
        break
      }
      case 'reset':
        this.disk.applied.delete(effect.stream)
        this.disk.positions.delete(effect.stream)
        this.disk.starts.delete(effect.stream)
        if (effect.position === undefined) break
        this.disk.positions.set(effect.stream, effect.position)
        this.disk.starts.set(effect.stream, effect.position.seq)
        break
      case 'saveMark':
        this.mark = effect.mark
        break
      case 'requestHeads':
      case 'requestPull':
        this.requests.push(effect)
        break
      case 'resubscribe':
        this.live = false
        break
      case 'setTimer':
        this.timers.add(effect.timer)
        break
      case 'cancelTimer':
        this.timers.delete(effect.timer)
        break
    }
  }
  answer(index: number): void {
    const [request] = this.requests.splice(index, 1)
    if (request?.kind === 'requestHeads') {
      const answer = this.server.heads(request.changedSince, request.after)
      this.feed({ kind: 'heads', request: request.request, answer })
    } else if (request?.kind === 'requestPull') {
      const answer = this.server.pull(request.streams, 3)
      this.feed({ kind: 'pulled', request: request.request, answer })
    }
  }
  fail(index: number): void {
    const [request] = this.requests.splice(index, 1)
    if (request !== undefined && 'request' in request)
      this.feed({ kind: 'failed', request: request.request })
  }
}

const stream = fc.constantFrom('m:a', 'm:b', 'r:a', 'u:x', 'm:c')
const index = fc.nat({ max: 20 })
/** One thing that happens to the user's streams, to the client or to what lies between. */
export const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream,
      visible: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('push' as const), index, twice: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('fail' as const, 'timer' as const, 'lose' as const),
      index,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'ready' as const,
        'ready' as const,
        'disconnect' as const,
        'crash' as const,
        'behind' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('retain' as const, 'hide' as const), stream }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('restore' as const),
      newEpoch: fc.boolean(),
      keep: fc.nat({ max: 5 }),
    }),
  },
)
export type Command = typeof command extends fc.Arbitrary<infer C> ? C : never

export class World {
  readonly server = new Server()
  readonly client: Client
  pushes: TestEvent[] = []
  /**
   * The database was put back without a new epoch. Then the fork shows in a tag, which a client can only compare with the
   * event that has it: from here on this test loses no pushes of an open subscription, keeps their order, and hides and
   * deletes no events.
   */
  forked = false

  constructor(options: Partial<SyncOptions>) {
    this.client = new Client(this.server, options)
  }
  connect(): void {
    this.pushes = []
    this.client.feed({ kind: 'ready', epoch: this.server.epoch, watermark: this.server.clock })
  }
  disconnect(): void {
    this.pushes = []
    this.client.feed({ kind: 'disconnected' })
  }
  run(command: Command): void {
    const { server, client } = this
    switch (command.do) {
      case 'append': {
        const visible = command.visible || this.forked
        const event = server.append(command.stream, visible)
        if (visible && client.live && !server.stream(command.stream).gone) this.pushes.push(event)
        break
      }
      case 'push': {
        const at = this.forked ? 0 : command.index % Math.max(1, this.pushes.length)
        const event = this.pushes[at]
        if (event === undefined || !client.live) break
        if (!command.twice) this.pushes.splice(at, 1)
        client.feed(
          command.index % 5 === 0
            ? { kind: 'accepted', events: [event] }
            : { kind: 'events', events: [event] },
        )
        break
      }
      case 'lose':
        if (this.forked) break
        this.pushes.splice(command.index % Math.max(1, this.pushes.length), 1)
        break
      case 'answer':
        client.answer(command.index % Math.max(1, client.requests.length))
        break
      case 'fail':
        client.fail(command.index % Math.max(1, client.requests.length))
        break
      case 'timer': {
        const timer = [...client.timers][command.index % Math.max(1, client.timers.size)]
        if (timer === undefined) break
        client.timers.delete(timer)
        client.feed({ kind: 'timer', timer })
        break
      }
      case 'ready':
        this.connect()
        break
      case 'disconnect':
        this.disconnect()
        break
      case 'crash':
        this.pushes = []
        client.crash()
        break
      case 'behind':
        client.feed({ kind: 'behind' })
        break
      case 'retain':
        // Before its first mark a client does not know the epoch of its positions, only their tags.
        if (this.forked || client.mark?.epoch !== server.epoch) break
        server.stream(command.stream).floor = Math.max(
          0,
          server.stream(command.stream).log.length - 2,
        )
        break
      case 'hide':
        server.stream(command.stream).gone = !server.stream(command.stream).gone
        this.disconnect()
        break
      case 'restore':
        this.disconnect()
        for (const { log } of server.streams.values())
          log.length = Math.max(0, log.length - command.keep)
        for (const it of server.streams.values()) it.floor = Math.min(it.floor, it.log.length)
        if (command.newEpoch) server.epoch += 1
        else this.forked = true
        break
    }
  }
  /** Everything heals: answers come, and every stream's newest event is pushed once more, as the head check would. */
  heal(): void {
    const { client, server } = this
    if (!client.live) this.connect()
    client.feed({ kind: 'events', events: this.pushes })
    for (let round = 0; round < 12; round += 1) {
      this.answerAll()
      for (const timer of [...client.timers]) {
        // A full comparison with no mutation in between changes nothing: two of them are enough.
        if (timer === 'compare' && round > 2) continue
        client.timers.delete(timer)
        client.feed({ kind: 'timer', timer })
      }
      if (round > 2) continue
      for (const [name, { gone }] of server.streams) {
        const event = server.newest(name)
        if (event !== undefined && !gone) client.feed({ kind: 'events', events: [event] })
      }
    }
    this.answerAll()
  }
  answerAll(): void {
    for (let answers = 0; this.client.requests.length > 0; answers += 1) {
      if (answers > 1000) throw new Error('it asks for ever')
      this.client.answer(0)
    }
  }
  /** What the client's disk holds and should not, or the other way round. */
  problems(): string[] {
    const { disk, mark, state } = this.client
    const problems: string[] = []
    for (const [name, { log, floor, gone }] of this.server.streams) {
      const newest = this.server.newest(name)
      if (gone || newest === undefined || newest.seq <= floor) continue
      const position = disk.positions.get(name)
      if (position?.seq !== newest.seq || position.tag !== newest.tag) {
        problems.push(`${name} stands at ${JSON.stringify(position)}, not at ${newest.seq}`)
      }
      const from = disk.starts.get(name) ?? floor
      const owed = log.filter(({ seq, visible }) => visible && seq > from)
      const applied = [...(disk.applied.get(name) ?? [])].filter(([seq]) => seq > from)
      if (applied.join(' ') !== owed.map(({ seq, tag }) => [seq, tag]).join(' ')) {
        problems.push(
          `${name} has ${applied.join(' ')}, not ${owed.map(({ seq }) => seq).join(' ')}`,
        )
      }
    }
    if (mark?.epoch !== this.server.epoch) problems.push('the mark is of another epoch')
    if (state.queue.size + state.pulls > 0) problems.push('pulls are left over')
    return problems
  }
}
