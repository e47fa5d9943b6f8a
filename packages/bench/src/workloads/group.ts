import { setTimeout as pause } from 'node:timers/promises'
import { NOBODY, type Client } from '../client.ts'
import { percentile } from '../figures.ts'
import { textOf } from '../scene.ts'
import type { Subject, Target } from '../subject.ts'
import { measureWindow } from '../window.ts'
import type { Bar, Workload } from '../workload.ts'
import { inTurns } from './in-turns.ts'

/** One group whose first member writes; the next message when every other member, all connected, has the last one. */
export function group(members: number, bar?: Bar): Workload {
  return {
    name: `group of ${members}`,
    figure: 'deliveries a core-second',
    bar,
    scene: { people: members, talk: 'group', conversations: 20, messages: 0 },
    async measure(subject, ground, pace) {
      await using target = await subject.start(ground)
      const round = await Round.open(target, subject, members)
      round.next()
      const count = (): number => round.deliveries
      const begun = (): void => {
        round.latencies.length = 0
      }
      const window = await measureWindow(target, { ...pace, count, begun })
      await round.close()
      return {
        'deliveries a core-second': window.count / window.serverCpuSeconds,
        'deliveries a second': window.count / window.seconds,
        'last member p50 ms': percentile(round.latencies, 0.5),
        'last member p99 ms': percentile(round.latencies, 0.99),
        ...window.figures,
      }
    },
  }
}

/** For the last message. */
const PATIENCE_MS = 10_000

class Round {
  readonly #others: number
  readonly #conversationId: string
  #clients: readonly Client[] = []
  #missing = 0
  #number = 0
  #sentAt = 0
  #isOpen = true
  deliveries = 0
  readonly latencies: number[] = []

  private constructor(conversationId: string, others: number) {
    this.#conversationId = conversationId
    this.#others = others
  }

  static async open({ url, scene }: Target, { door }: Subject, members: number): Promise<Round> {
    const round = new Round(scene.conversationIds[0] ?? '', members - 1)
    const listener = { ...NOBODY, received: () => round.#receive() }
    round.#clients = await inTurns(scene.tokens, (token, index) =>
      door.connect({ url, token, listener: index === 0 ? NOBODY : listener, receipts: false }),
    )
    return round
  }

  next(): void {
    if (!this.#isOpen) return
    this.#missing = this.#others
    this.#sentAt = performance.now()
    this.#number += 1
    this.#clients[0]?.send(this.#conversationId, [textOf(this.#number)])
  }

  /** What is under way arrives first. */
  async close(): Promise<void> {
    this.#isOpen = false
    const end = performance.now() + PATIENCE_MS
    while (this.#missing > 0) {
      if (performance.now() > end) throw new Error('not everybody has the last message')
      await pause(10)
    }
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #receive(): void {
    this.deliveries += 1
    this.#missing -= 1
    if (this.#missing > 0) return
    this.latencies.push(performance.now() - this.#sentAt)
    setImmediate(() => this.next())
  }
}
