/** A part of a stream that a user may see; `toSeq` is null while it goes on. */
export interface Span {
  readonly userKey: number
  readonly fromSeq: number
  readonly toSeq: number | null
}

/** Who sees a stream, as it was known at one time. */
interface Audience {
  readonly spans: readonly Span[]
  /** Nobody has come or gone up to here, but for what `spans` holds. */
  upTo: number
}

/** Spans kept over all streams, about 56 bytes each. */
const MAX_SPANS = 500_000
/** What an entry weighs beside its spans. */
const ENTRY_WEIGHT = 8

/**
 * The audiences of the streams used lately, by name. An audience holds for a row when every row between the two is known
 * to have changed nothing: those who come and go are told in the stream itself. So it serves a run of rows without a
 * hole, and is forgotten at a hole and whenever somebody comes or goes.
 */
export class Audiences {
  readonly #maxSpans: number
  readonly #known = new Map<string, Audience>()
  #weight = 0

  constructor(maxSpans: number = MAX_SPANS) {
    this.#maxSpans = maxSpans
  }

  get size(): number {
    return this.#known.size
  }

  /** The audience of rows `from` to `to`, or undefined when it must be read anew. */
  find(stream: string, from: number, to: number): readonly Span[] | undefined {
    const audience = this.#known.get(stream)
    if (audience === undefined || from > audience.upTo + 1) return undefined
    audience.upTo = Math.max(audience.upTo, to)
    this.#use(stream, audience)
    return audience.spans
  }

  /** As last known, for signals, which may go astray for a moment. */
  findLatest(stream: string): readonly Span[] | undefined {
    return this.#known.get(stream)?.spans
  }

  /** Keeps an audience that was read after row `upTo` had committed. */
  keep(stream: string, spans: readonly Span[], upTo: number): void {
    this.forget(stream)
    this.#known.set(stream, { spans, upTo })
    this.#weight += spans.length + ENTRY_WEIGHT
    for (const [oldest] of this.#known) {
      if (this.#weight <= this.#maxSpans) break
      this.forget(oldest)
    }
  }

  forget(stream: string): void {
    const audience = this.#known.get(stream)
    if (audience === undefined) return
    this.#known.delete(stream)
    this.#weight -= audience.spans.length + ENTRY_WEIGHT
  }

  #use(stream: string, audience: Audience): void {
    this.#known.delete(stream)
    this.#known.set(stream, audience)
  }
}
