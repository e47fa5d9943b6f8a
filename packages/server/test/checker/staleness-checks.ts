import type { HistoryRecord, LedgerEvent, Violation } from './history.ts'
import { wasOwed, type IndexedStream, type LedgerIndex } from './ledger-index.ts'

/** How late a live connection may hear of a commit, in ms. */
const STALENESS_MS = 3000

/** What one device was told and when it was listening. */
interface Listener {
  readonly device: string
  readonly user: string
  /** Alternating: live, down, live, down … */
  readonly turns: number[]
  /** For each stream: when it was told, and of which seq. */
  readonly told: Map<string, { readonly times: number[]; readonly seqs: number[] }>
}

/** I12: from a commit to a push of it, or of a later event of its stream, on every live connection. */
export function checkStaleness(index: LedgerIndex, records: readonly HistoryRecord[]): Violation[] {
  const violations: Violation[] = []
  const listeners = new Map<string, Listener>()
  const excuses: { readonly from: number; readonly to: number }[] = []
  for (const record of records) {
    if (record.kind === 'excuse') {
      excuses.push({ from: record.t - STALENESS_MS, to: record.untilT })
    } else if (record.kind === 'restore') {
      excuses.push({ from: record.t - STALENESS_MS, to: record.t })
    } else listen(listeners, record)
  }
  const end = records.at(-1)?.t ?? 0
  for (const stream of index.streams.values()) {
    for (const event of stream.stream.events) {
      if (event.t + STALENESS_MS > end) break
      if (excuses.some(({ from, to }) => event.t >= from && event.t <= to)) continue
      for (const listener of listeners.values()) {
        const violation = judge(stream, event, listener)
        if (violation !== undefined) violations.push(violation)
      }
    }
  }
  return violations
}

function listen(listeners: Map<string, Listener>, record: HistoryRecord): void {
  if (record.kind === 'device') {
    const { device, user } = record
    listeners.set(device, { device, user, turns: [], told: new Map() })
    return
  }
  if (!('device' in record)) return
  const listener = listeners.get(record.device)
  if (listener === undefined) return
  switch (record.kind) {
    case 'live':
      if (listener.turns.length % 2 === 0) listener.turns.push(record.t)
      return
    case 'down':
      if (listener.turns.length % 2 === 1) listener.turns.push(record.t)
      return
    case 'push':
      tell(listener, record, record.seq)
      return
    case 'apply':
      tell(listener, record, record.to)
      return
    case 'reset':
      tell(listener, record, record.to ?? 0)
      return
    case 'deliver':
      tell(listener, record, record.events.at(-1)?.seq ?? 0)
      return
    case 'invoke':
    case 'ok':
    case 'fail':
    case 'unknown':
    case 'revoke':
    case 'end':
      return
  }
}

function tell(
  { told }: Listener,
  { t, stream }: { readonly t: number; readonly stream: string },
  seq: number,
): void {
  const known = told.get(stream)
  if (known === undefined) {
    told.set(stream, { times: [t], seqs: [seq] })
    return
  }
  known.times.push(t)
  known.seqs.push(seq)
}

/** What is wrong, if anything, with when this listener was told of this event. */
function judge(
  { name, stream }: IndexedStream,
  event: LedgerEvent,
  listener: Listener,
): Violation | undefined {
  const deadline = event.t + STALENESS_MS
  if (!isLive(listener.turns, event.t, deadline)) return undefined
  const told = listener.told.get(name)
  if (told !== undefined && wasTold(told, event)) return undefined
  if (!wasOwed(stream, listener.user, event)) return undefined
  const detail = `${listener.device} was not told of ${name}:${event.seq} by ${deadline}`
  return { invariant: 'I12', detail }
}

/** The connection was open all the time from `from` to `to`. */
function isLive(turns: readonly number[], from: number, to: number): boolean {
  for (let at = 0; at < turns.length; at += 2) {
    const since = turns[at] ?? Infinity
    if (since > from) return false
    if ((turns[at + 1] ?? Infinity) > to) return true
  }
  return false
}

/** Of this event or a later one of its stream, in time. */
function wasTold(
  { times, seqs }: { readonly times: readonly number[]; readonly seqs: readonly number[] },
  { t, seq }: LedgerEvent,
): boolean {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? Infinity) < t) low = middle + 1
    else high = middle
  }
  for (let at = low; at < times.length && (times[at] ?? Infinity) <= t + STALENESS_MS; at += 1) {
    if ((seqs[at] ?? 0) >= seq) return true
  }
  return false
}
