import { setTimeout as pause } from 'node:timers/promises'
import { NOBODY, type Client } from '../client.ts'
import { memoryOf } from '../process.ts'
import { textOf } from '../scene.ts'
import type { Subject, Target } from '../subject.ts'
import { measureWindow } from '../window.ts'
import type { Workload } from '../workload.ts'
import { inTurns } from './in-turns.ts'

const PAIRS = 50
const TICK_MS = 50
/** How often the memory is looked at. */
const LOOK_MS = 1_000
/** For what is on its way at the end. */
const PATIENCE_MS = 30_000

/** A load that never changes: what grows over minutes is lost. */
export function steady(messagesASecond: number): Workload {
  return {
    name: `steady, ${messagesASecond} messages a second`,
    figure: 'memory growth MB',
    scene: { people: PAIRS * 2, talk: 'pairs', conversations: 20, messages: 0 },
    async measure(subject, ground, pace) {
      await using target = await subject.start(ground)
      const stream = await Stream.open(target, subject)
      const looks: number[] = []
      stream.start(messagesASecond)
      let looking: NodeJS.Timeout | undefined
      const begun = (): void => {
        looking = setInterval(() => looks.push(memoryOf(target.pid)), LOOK_MS)
      }
      const count = (): number => stream.received
      const window = await measureWindow(target, { ...pace, count, begun })
      clearInterval(looking)
      await stream.close()
      return {
        'memory growth MB': growth(looks) / 1e6,
        'messages a second': window.count / window.seconds,
        ...window.figures,
      }
    },
  }
}

/** From the first quarter to the last, of the least in each: between them is only what is garbage. */
function growth(looks: readonly number[]): number {
  const quarter = Math.max(1, Math.floor(looks.length / 4))
  return Math.min(...looks.slice(-quarter)) - Math.min(...looks.slice(0, quarter))
}

/** Messages at a given rate, in turns from all senders. */
class Stream {
  readonly #conversationIds: readonly string[]
  #senders: readonly Client[] = []
  #receivers: readonly Client[] = []
  #timer: NodeJS.Timeout | undefined
  #sent = 0
  received = 0

  private constructor(conversationIds: readonly string[]) {
    this.#conversationIds = conversationIds
  }

  static async open({ url, scene }: Target, { door }: Subject): Promise<Stream> {
    const stream = new Stream(scene.conversationIds)
    const received = (): void => {
      stream.received += 1
    }
    const of = (who: 0 | 1) => scene.tokens.filter((_, index) => index % 2 === who)
    stream.#receivers = await inTurns(of(1), (token) =>
      door.connect({ url, token, listener: { ...NOBODY, received }, receipts: true }),
    )
    stream.#senders = await inTurns(of(0), (token) =>
      door.connect({ url, token, listener: NOBODY, receipts: false }),
    )
    return stream
  }

  start(messagesASecond: number): void {
    const start = performance.now()
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - start) / 1000) * messagesASecond)
      while (this.#sent < due) this.#send()
    }, TICK_MS)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    const end = performance.now() + PATIENCE_MS
    while (this.received < this.#sent) {
      if (performance.now() > end)
        throw new Error(`${this.#sent - this.received} of ${this.#sent} messages never arrived`)
      await pause(10)
    }
    await Promise.all([...this.#senders, ...this.#receivers].map((client) => client.close()))
  }

  #send(): void {
    const at = this.#sent % PAIRS
    this.#sent += 1
    this.#senders[at]?.send(this.#conversationIds[at] ?? '', [textOf(this.#sent)])
  }
}
