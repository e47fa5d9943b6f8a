import { NOBODY, type Client } from '../client.ts'
import { percentile } from '../figures.ts'
import { textOf } from '../scene.ts'
import type { Subject, Target } from '../subject.ts'
import { measureWindow } from '../window.ts'
import type { Workload } from '../workload.ts'

/** One group whose first member writes; the next message when every other member, all connected, has the last one. */
export function group(members: number): Workload {
  return {
    name: `group of ${members}`,
    figure: 'deliveries a core-second',
    scene: { people: members, pairs: false, groups: 20, groupSize: members, messages: 0 },
    async measure(target, subject, { warmUpMs, windowMs }) {
      const round = await Round.open(target, subject, members)
      round.next()
      const count = (): number => round.deliveries
      const window = await measureWindow(target, { warmUpMs, ms: windowMs, count })
      await round.close()
      return {
        'deliveries a core-second': window.count / window.serverCpuSeconds,
        'deliveries a second': window.count / window.seconds,
        'last member p50 ms': percentile(round.latencies, 0.5),
        'last member p99 ms': percentile(round.latencies, 0.99),
        'server CPU': window.serverCpuSeconds / window.seconds,
        'load CPU': window.loadShare,
        'memory MB': window.memoryBytes / 1e6,
      }
    },
  }
}

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
    const clients: Client[] = []
    for (const [index, token] of scene.tokens.entries()) {
      const heard = index === 0 ? NOBODY : listener
      clients.push(await door.connect({ url, token, listener: heard, receipts: false }))
    }
    round.#clients = clients
    return round
  }

  next(): void {
    if (!this.#isOpen) return
    this.#missing = this.#others
    this.#sentAt = performance.now()
    this.#number += 1
    this.#clients[0]?.send(this.#conversationId, [textOf(this.#number)])
  }

  async close(): Promise<void> {
    this.#isOpen = false
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
