import type { Ledger, LedgerEvent, LedgerSpan, LedgerStream } from './history.ts'

/** One stream with what the checks look up again and again. */
export interface IndexedStream {
  readonly name: string
  readonly stream: LedgerStream
  /** By seq. */
  readonly bySeq: ReadonlyMap<number, LedgerEvent>
  /** `seq tag` of every event that a restored copy has lost. */
  readonly lost: ReadonlySet<string>
  /** Edits and the deletion of each message, by its seq, ascending. */
  readonly changes: ReadonlyMap<number, readonly LedgerEvent[]>
  /** Seqs of messages whose changes a restored copy has lost. */
  readonly lostChanges: ReadonlySet<number>
}

export interface LedgerIndex {
  readonly streams: ReadonlyMap<string, IndexedStream>
}

export function indexLedger(ledger: Ledger): LedgerIndex {
  const streams = new Map<string, IndexedStream>()
  for (const stream of ledger.streams) {
    const bySeq = new Map<number, LedgerEvent>()
    for (const event of stream.events) bySeq.set(event.seq, event)
    const lost = new Set<string>()
    for (const { seq, tag } of stream.lost) lost.add(`${seq} ${tag}`)
    const changes = changesOf(stream.events)
    const lostChanges = new Set(changesOf(stream.lost).keys())
    streams.set(stream.name, { name: stream.name, stream, bySeq, lost, changes, lostChanges })
  }
  return { streams }
}

function changesOf(events: readonly LedgerEvent[]): ReadonlyMap<number, readonly LedgerEvent[]> {
  const changes = new Map<number, LedgerEvent[]>()
  for (const event of events) {
    const { seq, says } = event
    if (says === undefined || says.of === seq) continue
    const earlier = changes.get(says.of)
    if (earlier === undefined) changes.set(says.of, [event])
    else earlier.push(event)
  }
  return changes
}

/** True when one of the user's spans covers the seq. */
export function isVisible(stream: LedgerStream, user: string, seq: number): boolean {
  return isCovered(stream.spans, user, seq)
}

/** True when the user may see the seq, or could before the database was put back. */
export function wasVisible(stream: LedgerStream, user: string, seq: number): boolean {
  return isCovered(stream.spans, user, seq) || isCovered(stream.lostSpans, user, seq)
}

function isCovered(spans: readonly LedgerSpan[], user: string, seq: number): boolean {
  for (const span of spans) {
    if (span.user === user && seq >= span.from && (span.to === null || seq <= span.to)) return true
  }
  return false
}

/** True when the user could see the event when it was committed, and not only since he joined later. */
export function wasOwed(stream: LedgerStream, user: string, event: LedgerEvent): boolean {
  for (const span of stream.spans) {
    const covers = event.seq >= span.from && (span.to === null || event.seq <= span.to)
    if (span.user === user && covers && (span.since ?? 0) <= event.t) return true
  }
  return false
}

/** The last event that the user may see, or 0. */
export function visibleHead(stream: LedgerStream, user: string): number {
  for (let at = stream.events.length - 1; at >= 0; at -= 1) {
    const seq = stream.events[at]?.seq ?? 0
    if (isVisible(stream, user, seq)) return seq
  }
  return 0
}
