import { expandPull, type CompactPull, type Pull, type PullInput } from '@tidings/protocol/wire'
import type { Rpc } from './rpc.ts'

/** How a page of one stream begins that is not its last; all of it within so many characters. */
const HAS_MORE = /"streams":\[\{"stream":"([^"]+)","upTo":\{"seq":(\d+),"tag":(\d+)\},"more":true,/
const BEGINNING = 300

/**
 * Pages of streams. A page says first where it leads: the next one is asked for as soon as that has come, and made by the
 * server while this one is read. Whoever wants something else then has cost the server a page, and no more.
 */
export class Pages {
  readonly #rpc: Rpc
  /** Asked for before anybody wanted them, by the question. */
  readonly #ahead = new Map<string, Promise<CompactPull>>()
  readonly #wanted = new Set<string>()

  constructor(rpc: Rpc) {
    this.#rpc = rpc
  }

  /** @throws TidingsError */
  async pull(input: PullInput): Promise<Pull> {
    const question = JSON.stringify(input)
    this.#wanted.add(question)
    try {
      return expandPull(await (this.#ahead.get(question) ?? this.#ask(input, question)))
    } finally {
      this.#wanted.delete(question)
    }
  }

  /** What was asked for ahead answers the question that follows the page at once, and no later one. */
  drop(): void {
    this.#ahead.clear()
  }

  #ask(input: PullInput, question: string): Promise<CompactPull> {
    return this.#rpc('sync.pullCompact', input, (text) => {
      const [, stream, seq, tag] = HAS_MORE.exec(text.slice(0, BEGINNING)) ?? []
      // Behind a page that nobody wants, nobody wants another.
      if (stream === undefined || input.streams.length > 1 || !this.#wanted.has(question)) return
      const next = { ...input, streams: [{ stream, after: Number(seq), tag: Number(tag) }] }
      const nextQuestion = JSON.stringify(next)
      const answer = this.#ask(next, nextQuestion)
      // Whoever takes it hears of it.
      answer.catch(() => undefined)
      this.#ahead.set(nextQuestion, answer)
    })
  }
}
