import { isAbout, isCovered, seqOfMessage, toEvent, withoutBody } from '../journal/event.ts'
import type { StoredEvent } from '../journal/journal.ts'
import { Audiences, type Span } from './audiences.ts'
import type { Hub } from './hub.ts'
import { type LiveEvent, toLiveEvent } from './live-event.ts'
import type { SignalCast } from './realtime.ts'
import type { Retry } from './retry.ts'

/** Rows of one stream that wait for an audience; beyond, the oldest go, and clients find the hole and pull. */
const MAX_WAITING = 1000

export interface FanoutOptions {
  readonly hub: Hub
  readonly retry: Retry
  /**
   * No other process appends. Then commits arrive here in the order in which they were made, over all streams, and a
   * receipts stream's audience can be kept until its conversation's next coming or going.
   */
  readonly soleWriter: boolean
  /** Everybody whose span on the stream is open or ends after a seq. */
  readAudience(streamKey: number, after: number): Promise<readonly Span[]>
  /** A row has been handed to everybody here who may see it. */
  onPushed(row: StoredEvent): void
}

/** A stream whose audience is being read. */
interface Waiting {
  /** They came after the reading began. */
  rows: StoredEvent[]
  /** How often somebody came or went meanwhile. */
  changes: number
}

/** Hands rows to the connections whose users may see them: those whose span covers the row's seq. */
export class Fanout {
  readonly #options: FanoutOptions
  readonly #audiences: Audiences
  readonly #waiting = new Map<string, Waiting>()
  /** Audiences that are being read for signals. */
  readonly #reading = new Map<string, Promise<readonly Span[]>>()

  constructor(options: FanoutOptions, audiences: Audiences = new Audiences()) {
    this.#options = options
    this.#audiences = audiences
  }

  /** Rows of one stream, ascending; a stream's rows are handed out in the order of these calls. */
  push(rows: readonly StoredEvent[]): void {
    const [first] = rows
    if (first === undefined) return
    for (const row of rows) this.#noteMembership(row)
    const waiting = this.#waiting.get(first.stream)
    if (waiting !== undefined) {
      waiting.rows = [...waiting.rows, ...rows].slice(-MAX_WAITING)
      return
    }
    if (!this.#deliverNow(rows)) void this.#deliverLater(rows)
  }

  /** As last known; 0 for a stream that is not in use. */
  audienceSize(stream: string): number {
    return this.#audiences.findLatest(stream)?.length ?? 0
  }

  /** To every connection here whose user is in the conversation now. */
  async signal(cast: SignalCast): Promise<void> {
    const stream = `m:${cast.signal.body.conversationId}`
    // One that comes while they are being read for another waits as well, and so stays behind it.
    const spans =
      this.#reading.get(stream) ??
      this.#audiences.findLatest(stream) ??
      this.#readForSignal(stream, cast.streamKey)
    for (const { userKey, toSeq } of spans instanceof Promise ? await spans : spans) {
      if (toSeq !== null || userKey === cast.exceptUserKey) continue
      this.#options.hub.visit(userKey, (connection) => connection.signal(cast.signal))
    }
  }

  #readForSignal(stream: string, streamKey: number): Promise<readonly Span[]> {
    const reading = this.#options.readAudience(streamKey, Number.MAX_SAFE_INTEGER)
    this.#reading.set(stream, reading)
    reading.then(
      (spans) => this.#keepForSignals(stream, reading, spans),
      () => this.#keepForSignals(stream, reading, undefined),
    )
    return reading
  }

  #keepForSignals(
    stream: string,
    reading: Promise<readonly Span[]>,
    spans: readonly Span[] | undefined,
  ): void {
    // Somebody has come or gone meanwhile.
    if (this.#reading.get(stream) !== reading) return
    this.#reading.delete(stream)
    if (spans === undefined || this.#audiences.findLatest(stream) !== undefined) return
    // Good for signals only: no row tells how new it is, so the first row reads it again.
    this.#audiences.keep(stream, spans, -1)
  }

  /** Joining and leaving change who sees the messages and the receipts of the conversation. */
  #noteMembership({ type, stream }: StoredEvent): void {
    if (type !== 'member.joined' && type !== 'member.left') return
    this.#outdate(stream)
    this.#outdate(`r:${stream.slice(2)}`)
  }

  #outdate(stream: string): void {
    this.#audiences.forget(stream)
    this.#reading.delete(stream)
    const waiting = this.#waiting.get(stream)
    if (waiting !== undefined) waiting.changes += 1
  }

  /** False when the audience must be read first. */
  #deliverNow(rows: readonly StoredEvent[]): boolean {
    const [first] = rows
    const last = rows.at(-1)
    if (first === undefined || last === undefined) return true
    const spans = this.#audiences.find(first.stream, first.seq, last.seq)
    // Who may see an edited message is decided by older spans than an audience holds.
    if (rows.some(tellsOfEarlier)) return false
    if (spans !== undefined) this.#deliver(rows, spans)
    return spans !== undefined
  }

  /**
   * Reads the audience after the rows have committed, and so with every coming and going that could matter for them:
   * later ones only begin or end spans beyond. Rows that come in meanwhile have their own turn.
   */
  async #deliverLater(rows: readonly StoredEvent[]): Promise<void> {
    const stream = rows[0]?.stream ?? ''
    const waiting: Waiting = { rows: [...rows], changes: 0 }
    this.#waiting.set(stream, waiting)
    while (waiting.rows.length > 0) {
      const batch = waiting.rows
      waiting.rows = []
      if (!this.#deliverNow(batch)) await this.#readAndDeliver(batch, waiting)
    }
    this.#waiting.delete(stream)
  }

  async #readAndDeliver(batch: readonly StoredEvent[], waiting: Waiting): Promise<void> {
    const [first] = batch
    const last = batch.at(-1)
    if (first === undefined || last === undefined) return
    const { changes } = waiting
    const spans = await this.#options.retry(() =>
      this.#options.readAudience(first.streamKey, oldestConcerned(batch) - 1),
    )
    if (spans === undefined) return
    const sorted = spans.toSorted((a, b) => a.fromSeq - b.fromSeq)
    if (waiting.changes === changes && this.#mayKeep(first.stream))
      this.#audiences.keep(first.stream, sorted.filter(endsAfter(first.seq - 1)), last.seq)
    this.#deliver(batch, sorted)
  }

  /**
   * With several writers a row of receipts can arrive before the row, in the messages stream, that tells who has come or
   * gone: its audience is read anew each time, after the row's commit.
   */
  #mayKeep(stream: string): boolean {
    return this.#options.soleWriter || !stream.startsWith('r:')
  }

  #deliver(rows: readonly StoredEvent[], spans: readonly Span[]): void {
    let events: readonly LiveEvent[] | undefined
    const forSome = rows.some(tellsOfEarlier) ? new ChangesForSome(spans) : undefined
    for (const span of spans) {
      if (!this.#options.hub.has(span.userKey)) continue
      events ??= rows.map((row) => toLiveEvent(toEvent(row)))
      const covered = cut(events, span)
      if (covered.length === 0) continue
      const visible = forSome?.shownTo(span.userKey, covered) ?? covered
      this.#options.hub.visit(span.userKey, (connection) => connection.deliver(visible))
    }
    for (const row of rows) this.#options.onPushed(row)
  }
}

/** The events inside a span; the very array when that is all of them, so that it is shared. */
function cut(events: readonly LiveEvent[], { fromSeq, toSeq }: Span): readonly LiveEvent[] {
  const to = toSeq ?? Infinity
  const first = events[0]?.event.seq ?? 0
  const last = events.at(-1)?.event.seq ?? 0
  if (fromSeq <= first && last <= to) return events
  return events.filter(({ event: { seq } }) => fromSeq <= seq && seq <= to)
}

function tellsOfEarlier({ type }: StoredEvent): boolean {
  return type === 'message.edited' || type === 'message.reacted'
}

/** The lowest seq that decides who may see what of these rows. */
function oldestConcerned(rows: readonly StoredEvent[]): number {
  return Math.min(...rows.map((row) => earlierSeqOf(row) ?? row.seq))
}

function earlierSeqOf(row: StoredEvent): number | undefined {
  if (!tellsOfEarlier(row)) return undefined
  const event = toEvent(row)
  return isAbout(event) ? seqOfMessage(event) : undefined
}

function endsAfter(seq: number): (span: Span) => boolean {
  return ({ toSeq }) => toSeq === null || toSeq > seq
}

/** Edits and reactions as those get them who may, and who may not, see the message. */
class ChangesForSome {
  readonly #spans: ReadonlyMap<number, readonly Span[]>
  readonly #hidden = new Map<LiveEvent, LiveEvent>()

  /** @param spans all that end after the oldest of those messages */
  constructor(spans: readonly Span[]) {
    const byUser = new Map<number, Span[]>()
    for (const span of spans) byUser.set(span.userKey, [...(byUser.get(span.userKey) ?? []), span])
    this.#spans = byUser
  }

  shownTo(userKey: number, events: readonly LiveEvent[]): readonly LiveEvent[] {
    const spans = this.#spans.get(userKey) ?? []
    return events.map((live) => {
      const { event } = live
      if (!isAbout(event) || isCovered(spans, seqOfMessage(event))) return live
      const hidden = this.#hidden.get(live) ?? toLiveEvent(withoutBody(event))
      this.#hidden.set(live, hidden)
      return hidden
    })
  }
}
