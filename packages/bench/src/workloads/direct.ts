import { setTimeout as pause } from 'node:timers/promises'
import { NOBODY, type Client } from '../client.ts'
import { percentile } from '../figures.ts'
import { textOf } from '../scene.ts'
import type { Subject, Target } from '../subject.ts'
import { measureWindow } from '../window.ts'
import type { Bar, Workload } from '../workload.ts'

export interface DirectOptions {
  readonly pairs: number
  /** Messages of each sender that are not yet acknowledged and receipted. */
  readonly inFlight: number
  /** Conversations of each user. @default 20 */
  readonly conversations?: number | undefined
  /** Messages that are stored before. @default 0 */
  readonly stored?: number | undefined
}

/** People who write to one another, two and two. A message counts when its acknowledgement and its receipt are back. */
export function direct(options: DirectOptions, bar?: Bar): Workload {
  const { pairs, inFlight, conversations = 20, stored = 0 } = options
  return {
    name: nameOf(options),
    figure: 'messages a core-second',
    bar,
    scene: { people: pairs * 2, talk: 'pairs', conversations, messages: stored },
    async measure(subject, ground, pace) {
      await using target = await subject.start(ground)
      const all = await Promise.all(
        Array.from({ length: pairs }, (_, index) => Talk.open(target, subject, index)),
      )
      for (const talk of all) talk.send(inFlight)
      const count = (): number => all.reduce((sum, talk) => sum + talk.done, 0)
      const begun = (): void => {
        for (const talk of all) talk.latencies.length = 0
      }
      const window = await measureWindow(target, { ...pace, count, begun })
      const latencies = all.flatMap((talk) => talk.latencies)
      await Promise.all(all.map((talk) => talk.close()))
      return {
        'messages a core-second': window.count / window.serverCpuSeconds,
        'messages a second': window.count / window.seconds,
        'p50 ms': percentile(latencies, 0.5),
        'p99 ms': percentile(latencies, 0.99),
        ...window.figures,
      }
    },
  }
}

function nameOf({ pairs, inFlight, conversations, stored }: DirectOptions): string {
  return [
    `direct, ${pairs} ${pairs === 1 ? 'pair' : 'pairs'}, ${inFlight} in flight`,
    ...(conversations === undefined ? [] : [`${conversations} conversations each`]),
    ...(stored === undefined ? [] : [`${stored} stored`]),
  ].join(', ')
}

/** Latencies of the newest messages that are kept. */
const MAX_LATENCIES = 20_000

/** For what is in flight at the end. */
const PATIENCE_MS = 10_000

/** One pair: a sender who keeps so many messages in flight, and a receiver. */
class Talk {
  readonly #conversationId: string
  #sender: Client | undefined
  #receiver: Client | undefined
  readonly #sentAt: number[] = []
  /** Seqs that are acknowledged and not receipted. */
  readonly #acked: number[] = []
  #delivered = 0
  #free = 0
  #isOpen = true
  done = 0
  readonly latencies: number[] = []

  private constructor(conversationId: string) {
    this.#conversationId = conversationId
  }

  static async open(target: Target, { door }: Subject, index: number): Promise<Talk> {
    const { scene, url, urls = [url] } = target
    const at = (place: number): string => urls[place % urls.length] ?? url
    const talk = new Talk(scene.conversationIds[index] ?? '')
    const [sender = '', receiver = ''] = scene.tokens.slice(index * 2)
    const listener = {
      ...NOBODY,
      acked: (seq: number) => talk.#ack(seq),
      delivered: (seq: number) => talk.#receipt(seq),
    }
    const received = (text: string): void => talk.#receive(text)
    talk.#receiver = await door.connect({
      url: at(index + 1),
      token: receiver,
      listener: { ...NOBODY, received },
      receipts: true,
    })
    talk.#sender = await door.connect({ url: at(index), token: sender, listener, receipts: false })
    return talk
  }

  send(count: number): void {
    const now = performance.now()
    const texts = Array.from({ length: count }, () => textOf(this.#sentAt.push(now) - 1))
    this.#sender?.send(this.#conversationId, texts)
  }

  async close(): Promise<void> {
    this.#isOpen = false
    const end = performance.now() + PATIENCE_MS
    while (this.done < this.#sentAt.length) {
      if (performance.now() > end)
        throw new Error('not every message was acknowledged and receipted')
      await pause(10)
    }
    await this.#sender?.close()
    await this.#receiver?.close()
  }

  #receive(text: string): void {
    const sentAt = this.#sentAt[Number.parseInt(text, 10)] ?? 0
    if (this.latencies.length >= MAX_LATENCIES) this.latencies.length = 0
    this.latencies.push(performance.now() - sentAt)
  }

  #ack(seq: number): void {
    this.#acked.push(seq)
    this.#settle()
  }

  #receipt(seq: number): void {
    this.#delivered = Math.max(this.#delivered, seq)
    this.#settle()
  }

  /** What has come in with one frame is answered with one. */
  #settle(): void {
    let settled = 0
    while (settled < this.#acked.length && (this.#acked[settled] ?? 0) <= this.#delivered)
      settled += 1
    if (settled === 0) return
    this.#acked.splice(0, settled)
    this.done += settled
    if (this.#free === 0) setImmediate(() => this.#refill())
    this.#free += settled
  }

  #refill(): void {
    const count = this.#free
    this.#free = 0
    if (this.#isOpen) this.send(count)
  }
}
