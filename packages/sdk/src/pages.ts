import { expandPull, type CompactPull, type Pull, type PullInput } from '@tidings/protocol/wire'
import type { Rpc } from './rpc.ts'

/** How a page begins that is of one stream and not its last page. */
const HAS_MORE =
  /^\{"epoch":\d+,"streams":\[\{"stream":"([^"]+)","upTo":\{"seq":(\d+),"tag":(\d+)\},"more":true,/

/** A question under way. */
interface Asked {
  readonly answer: Promise<CompactPull>
  /** Somebody waits for the answer. */
  isWanted: boolean
}

/**
 * Pages of streams. A page says first where it leads: when a long one has come, the next is asked for before this one is read,
 * and made by the server meanwhile. Whoever wants something else then has cost the server a page, and no more.
 */
export class Pages {
  readonly #rpc: Rpc
  /** Asked for before anybody wanted them, by the question. */
  readonly #ahead = new Map<string, Asked>()

  constructor(rpc: Rpc) {
    this.#rpc = rpc
  }

  /** @throws TidingsError */
  async pull(input: PullInput): Promise<Pull> {
    const asked = this.#ahead.get(JSON.stringify(input)) ?? this.#ask(input)
    asked.isWanted = true
    try {
      return expandPull(await asked.answer)
    } finally {
      asked.isWanted = false
    }
  }

  /** What was asked for ahead answers the question that follows the page at once, and no later one. */
  drop(): void {
    this.#ahead.clear()
  }

  #ask(input: PullInput): Asked {
    const onBeginning = (text: string): void => {
      if (asked.isWanted) this.#askAhead(input, text)
    }
    const answer = this.#rpc('sync.pullCompact', input, onBeginning)
    // Whoever wants it hears of it.
    answer.catch(() => undefined)
    const asked: Asked = { answer, isWanted: false }
    return asked
  }

  #askAhead(input: PullInput, text: string): void {
    const [from, ...others] = input.streams
    const [, stream, seq, tag] = HAS_MORE.exec(text) ?? []
    const after = Number(seq)
    // One that leads nowhere is asked for again by the engine, after a pause.
    if (from === undefined || others.length > 0 || stream !== from.stream || after <= from.after)
      return
    const next = { ...input, streams: [{ stream, after, tag: Number(tag) }] }
    this.#ahead.set(JSON.stringify(next), this.#ask(next))
  }
}
