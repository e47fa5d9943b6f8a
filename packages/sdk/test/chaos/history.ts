import type {
  HistoryRecord,
  LedgerEvent,
  LedgerStream,
} from '../../../server/test/checker/history.ts'
import type { Durable, DurableSpan } from '../../../server/test/e2e/support/durable.ts'
import type { Event } from '../../src/index.ts'
import type { Note } from './clients/notes.ts'
import type { Member } from './crowd.ts'
import type { LostOfStream } from './restores.ts'

/** A device and everything that it has noted. */
export interface Noted {
  readonly member: Member
  readonly notes: readonly Note[]
}

type Told = Extract<Note, { kind: 'told' }>

/**
 * The checker's records of one device. What it was told counts from the moment at which it was kept: what a killed
 * process was told and had not kept is told again.
 */
class Telling {
  readonly records: HistoryRecord[] = []
  readonly #device: string
  readonly #waiting = new Map<string, Told[]>()

  constructor(device: string) {
    this.#device = device
  }

  told(note: Told): void {
    const waiting = this.#waiting.get(note.stream) ?? []
    this.#waiting.set(note.stream, waiting)
    waiting.push(note)
  }

  kept(t: number, stream: string, seq: number): void {
    const waiting = this.#waiting.get(stream) ?? []
    // In the order in which they were told: what is not covered by the position is still owed.
    const covered = waiting.findLastIndex((told) => told.seq <= seq) + 1
    const events = waiting.splice(0, covered).map((told) => ({ seq: told.seq, tag: told.tag }))
    this.records.push({ kind: 'apply', t, device: this.#device, stream, events, to: seq })
  }

  died(t: number, positions: readonly (readonly [string, number])[]): void {
    // A write may have become durable without the process having lived to note it.
    for (const [stream, seq] of positions)
      if (this.#waiting.get(stream)?.some((told) => told.seq <= seq) === true)
        this.kept(t, stream, seq)
    this.#waiting.clear()
  }

  reset(t: number, stream: string, reason: string): void {
    this.#waiting.delete(stream)
    // These devices replay: they begin again at the floor.
    const to = reason === 'gone' ? null : 0
    this.records.push({ kind: 'reset', t, device: this.#device, stream, to })
  }
}

/** A device's notes as the checker reads them. `isPrompt`: whether every push came in time is judged too. */
export function recordsOf({ member, notes }: Noted, isPrompt: boolean): readonly HistoryRecord[] {
  const device = member.name
  const telling = new Telling(device)
  const { records } = telling
  const begun = new Set<string>()
  const settled = new Set<string>()
  /** Kept and not settled, by key. */
  const left = new Map<string, string>()
  const invoke = (t: number, stream: string, key: string): void => {
    // Taken back while it was being kept.
    if (begun.has(key) || settled.has(key)) return
    left.set(key, stream)
    begun.add(key)
    records.push({ kind: 'invoke', t, device, stream, key })
  }
  records.push({ kind: 'device', t: 0, device, user: member.userId, proof: 'position' })
  for (const note of notes) {
    const { t } = note
    switch (note.kind) {
      case 'boot':
        telling.died(t, note.positions)
        for (const { stream, key } of note.outbox) invoke(t, stream, key)
        // Forgotten by a process that did not live to note it.
        for (const { key } of note.outbox) left.delete(key)
        for (const [key, stream] of left) {
          records.push({ kind: 'fail', t, device, stream, key })
          settled.add(key)
        }
        left.clear()
        for (const { stream, key } of note.outbox) left.set(key, stream)
        if (isPrompt) records.push({ kind: 'down', t, device })
        break
      case 'out':
        invoke(t, note.stream, note.key)
        break
      case 'ok':
      case 'fail':
        settled.add(note.key)
        left.delete(note.key)
        records.push({ kind: note.kind, t, device, stream: note.stream, key: note.key })
        break
      case 'gone':
        // Of an earlier process, whose promise is gone: the client says that it is settled.
        left.delete(note.key)
        if (!settled.has(note.key))
          records.push({ kind: 'fail', t, device, stream: note.stream, key: note.key })
        break
      case 'told':
        telling.told(note)
        break
      case 'kept':
        for (const [stream, seq] of note.positions) if (seq !== null) telling.kept(t, stream, seq)
        break
      case 'reset':
        telling.reset(t, note.stream, note.reason)
        break
      case 'live':
      case 'down':
        if (isPrompt) records.push({ kind: note.kind, t, device })
        break
      case 'said':
      case 'acked':
      case 'heard':
      case 'change':
      case 'changed':
      case 'error':
      case 'broken':
        break
    }
  }
  return records
}

/** The database as the checker reads it. Times are of use to `isPrompt` alone, and only while no calendar is wrong. */
export function ledgerOf(
  durable: Durable,
  lost: ReadonlyMap<string, LostOfStream>,
  isPrompt: boolean,
): readonly LedgerStream[] {
  const spansOf = (spans: readonly DurableSpan[]) =>
    spans.map(({ userId, from, to }) => ({ user: userId, from, to }))
  const names = new Set([...durable.streams.keys(), ...lost.keys()])
  return [...names].map((name) => {
    const stream = durable.streams.get(name)
    const gone = lost.get(name)
    return {
      name,
      events: (stream?.events ?? []).map((event) => ledgerEventOf(event, isPrompt)),
      lost: (gone?.events ?? []).map((event) => ledgerEventOf(event, isPrompt)),
      spans: spansOf(stream?.spans ?? []),
      lostSpans: spansOf(gone?.spans ?? []),
      floor: 0,
      highestFloor: 0,
    }
  })
}

function ledgerEventOf(event: Event, isPrompt: boolean): LedgerEvent {
  const { seq, tag } = event
  const timestamp = isPrompt ? event.timestamp : 0
  if (event.type !== 'message.created') return { seq, tag, t: timestamp }
  const { senderId, clientMessageId } = event.body.message
  const sent = clientMessageId === null ? undefined : { user: senderId, key: clientMessageId }
  return { seq, tag, t: timestamp, sent }
}
