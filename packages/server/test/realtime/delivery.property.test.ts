import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runsOf } from '../support/runs.ts'
import { createExchange, createMemoryBroker, type Exchange } from './support/memory-broker.ts'
import { FakeDatabase, type Place } from './support/fake-database.ts'
import { openTestNode, settle, type TestNode } from './support/nodes.ts'
import { RecordingConnection } from './support/recording-connection.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 60_000

/** ann, bob and cat, who is not a member at first. */
const USERS = [1, 2, 3]
const MEMBERS = [1, 2]

type Act = 'send' | 'receipt' | 'join' | 'leave' | 'connect' | 'disconnect'

interface Step {
  readonly act: Act
  readonly userKey: number
  readonly node: number
  /** How much of what is under way may go on afterwards. */
  readonly steps: number
}

const step = (nodes: number): fc.Arbitrary<Step> =>
  fc.record({
    act: fc.constantFrom<Act>('send', 'send', 'receipt', 'join', 'leave', 'connect', 'disconnect'),
    userKey: fc.constantFrom(...USERS),
    node: fc.nat(nodes - 1),
    steps: fc.nat(4),
  })

/** A connection, and the heads when it was registered: what is later is owed to it. */
interface Watch {
  readonly connection: RecordingConnection
  readonly heads: ReadonlyMap<string, number>
}

class World {
  readonly database: FakeDatabase
  readonly place: Place
  readonly nodes: TestNode[] = []
  readonly #watches: Watch[] = []
  readonly #connected = new Set<Watch>()

  constructor(database: FakeDatabase) {
    this.database = database
    this.place = database.createConversation(MEMBERS)
  }

  take({ act, userKey, node: at }: Step): void {
    const { database, place } = this
    const node = this.nodes[at]
    if (node === undefined) return
    if (act === 'connect') this.#connect(node, userKey)
    else if (act === 'disconnect') this.#disconnect(userKey)
    else if (act === 'send' && !database.isMember(place, userKey)) return
    else node.announce(database[act](place, userKey))
  }

  #connect(node: TestNode, userKey: number): void {
    const connection = new RecordingConnection(userKey).register(node.realtime)
    const heads = [...this.database.streams].map(
      ([key, { name }]) => [name, this.database.head(key)] as const,
    )
    const watch = { connection, heads: new Map(heads) }
    this.#watches.push(watch)
    this.#connected.add(watch)
  }

  #disconnect(userKey: number): void {
    for (const watch of this.#connected) {
      if (watch.connection.userKey !== userKey) continue
      watch.connection.leave()
      this.#connected.delete(watch)
      return
    }
  }

  /** What is wrong, in words. */
  problems(): readonly string[] {
    const seen = this.#watches.flatMap((watch) => this.#problemsOfSeen(watch))
    return [...seen, ...[...this.#connected].flatMap((watch) => this.#problemsOfMissing(watch))]
  }

  #problemsOfSeen({ connection }: Watch): readonly string[] {
    const { userKey } = connection
    const foreign = connection.events
      .filter(({ stream, seq }) => !this.database.mayRead(stream, seq, userKey))
      .map(({ stream, seq }) => `user ${userKey} got ${stream} ${seq}`)
    const disordered = [...this.database.streams.values()]
      .map(({ name }) => connection.seqs(name))
      .filter((seqs) => seqs.some((seq, at) => seq <= (seqs[at - 1] ?? 0)))
      .map((seqs) => `user ${userKey} got ${seqs.join(', ')}`)
    return [...foreign, ...disordered]
  }

  #problemsOfMissing({ connection, heads }: Watch): readonly string[] {
    return [...this.database.streams.values()].flatMap(({ name, rows }) => {
      const got = new Set(connection.seqs(name))
      return rows
        .filter(({ seq }) => seq > (heads.get(name) ?? 0) && this.#mayRead(name, seq, connection))
        .filter(({ seq }) => !got.has(seq))
        .map(({ seq }) => `user ${connection.userKey} lacks ${name} ${seq}`)
    })
  }

  #mayRead(stream: string, seq: number, { userKey }: RecordingConnection): boolean {
    return this.database.mayRead(stream, seq, userKey)
  }
}

async function finish(scheduler: fc.Scheduler): Promise<void> {
  do {
    await scheduler.waitIdle()
    await settle()
  } while (scheduler.count() > 0)
}

async function play(options: {
  readonly scheduler: fc.Scheduler
  readonly steps: readonly Step[]
  readonly soleWriter: boolean
  readonly exchange: Exchange | undefined
  readonly nodes: number
}): Promise<readonly string[]> {
  const { scheduler, steps, soleWriter, exchange } = options
  const database = new FakeDatabase({
    soleWriter,
    delay: (what) => scheduler.schedule(Promise.resolve(), what),
  })
  const world = new World(database)
  for (let count = 0; count < options.nodes; count += 1) {
    world.nodes.push(await openTestNode(database, exchange && createMemoryBroker(exchange)))
  }
  const arrivals = USERS.map((userKey): Step => {
    return { act: 'connect', userKey, node: userKey % options.nodes, steps: 0 }
  })
  for (const step of [...arrivals, ...steps]) {
    world.take(step)
    for (let count = 0; count < step.steps && scheduler.count() > 0; count += 1)
      await scheduler.waitNext(1)
    await settle()
  }
  await finish(scheduler)
  // The head check, which the timers would bring.
  for (const listener of exchange?.listeners ?? []) listener.missed()
  await settle()
  await finish(scheduler)
  const problems = world.problems()
  const closed = Promise.all(world.nodes.map((node) => node.realtime.close()))
  await finish(scheduler)
  await closed
  return problems
}

test(
  '[LIV1] [LIV2] one writer: everybody gets each event inside his spans once and in order, and nobody more',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step(1), { maxLength: 40 }),
        async (scheduler, steps) => {
          const options = { soleWriter: true, exchange: undefined, nodes: 1 }
          expect(await play({ scheduler, steps, ...options })).toEqual([])
        },
      ),
      { numRuns: runsOf({ everyDay: 100, long: 500 }) },
    )
  },
  PATIENCE,
)

test(
  '[LIV1] [LIV2] [LIV5] two nodes, news of commits late and in any order, hints lost, doubled and late: the same',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step(2), { maxLength: 40 }),
        fc.infiniteStream(fc.constantFrom(0, 0, 1, 1, 1, 2)),
        async (scheduler, steps, copies) => {
          const exchange = createExchange((_message, deliver) => {
            for (let count = copies.next().value; count > 0; count -= 1) {
              void scheduler.schedule(Promise.resolve(), 'hint').then(deliver)
            }
          })
          const options = { soleWriter: false, exchange, nodes: 2 }
          expect(await play({ scheduler, steps, ...options })).toEqual([])
        },
      ),
      { numRuns: runsOf({ everyDay: 150, long: 800 }) },
    )
  },
  PATIENCE,
)
