import { expect } from 'vitest'
import { check } from '../../../../server/test/checker/check.ts'
import type {
  HistoryRecord,
  LedgerEvent,
  LedgerStream,
} from '../../../../server/test/checker/history.ts'
import type {
  Durable,
  DurableSpan,
  DurableStream,
} from '../../../../server/test/e2e/support/durable.ts'
import type { Event } from '../../../src/index.ts'
import type { Device, Note } from './device.ts'

/** A run of devices, and what is to be held against what they saw. */
export interface Run {
  readonly devices: readonly Device[]
  readonly durable: Durable
  /** Events that the database had before it was put back to an older copy, by stream, and when that was. */
  readonly lost?: ReadonlyMap<string, readonly Event[]> | undefined
  readonly restoredAt?: number | undefined
  /** Judges too whether every live connection heard of each commit within 3 s. */
  readonly isPrompt?: boolean | undefined
}

/** Everything that must hold once every fault is over and every device has caught up. */
export function expectProven(run: Run): void {
  const { devices, durable, lost = new Map() } = run
  expect(check(historyOf(run))).toEqual([])
  for (const stream of durable.streams.values()) expectSound(stream)
  for (const device of devices) {
    expectSent(device, durable, lost)
    expectLevel(device, durable)
  }
  expectNothingElse(run)
}

function visibleEvents({ events, spans }: DurableStream, userId: string): readonly Event[] {
  const own = spans.filter((span) => span.userId === userId)
  return events.filter(({ seq }) => own.some((span) => covers(span, seq)))
}

function covers({ from, to }: DurableSpan, seq: number): boolean {
  return seq >= from && (to === null || seq <= to)
}

/** Numbers without a gap from 1, times that grow, tags that are tags, marks that never shrink. */
export function expectSound({ name, head, headTag, events }: DurableStream): void {
  const seqs = events.map(({ seq }) => seq)
  expect(seqs, name).toEqual(Array.from({ length: head }, (_, at) => at + 1))
  expect(events.at(-1)?.tag ?? 0, name).toBe(headTag)
  const marks = new Map<string, number>()
  let last = 0
  for (const event of events) {
    expect(event.timestamp, `${name}:${event.seq}`).toBeGreaterThan(last)
    expect(event.tag).not.toBe(0)
    last = event.timestamp
    if (event.type !== 'receipt.updated') continue
    for (const { kind, userId, from, to } of event.body.receipts) {
      const before = marks.get(`${kind} ${userId}`) ?? 0
      expect(from, `${name}:${event.seq}`).toBe(before)
      expect(to).toBeGreaterThan(from)
      marks.set(`${kind} ${userId}`, to)
    }
  }
}

/** Every message that the device was asked to send is there once, where the acknowledgement says, and in order. */
function expectSent(
  device: Device,
  { streams }: Durable,
  lost: ReadonlyMap<string, readonly Event[]>,
): void {
  const last = new Map<string, number>()
  for (const { conversationId, clientMessageId, number, sent, refused } of device.attempts) {
    const name = `m:${conversationId}`
    const what = `${clientMessageId} of ${device.name}`
    expect(refused, what).toBeUndefined()
    const isHere = (event: Event): boolean =>
      event.type === 'message.created' &&
      event.body.message.senderId === device.userId &&
      event.body.message.clientMessageId === clientMessageId
    const found = streams.get(name)?.events.filter(isHere) ?? []
    if (found.length === 0 && lost.get(name)?.some(isHere) === true) continue
    expect(
      found.map(({ seq, tag, timestamp }) => ({ seq, tag, timestamp })),
      what,
    ).toEqual([{ seq: sent?.seq, tag: sent?.tag, timestamp: sent?.timestamp }])
    expect(found[0]?.body, what).toMatchObject({
      message: { id: sent?.messageId, body: { kind: 'text', text: `${device.name} ${number}` } },
    })
    const seq = sent?.seq ?? 0
    expect(seq, what).toBeGreaterThan(last.get(name) ?? 0)
    last.set(name, seq)
  }
}

/** What was told to the device is what the database has: no event less, none twice, none else. */
function expectLevel(device: Device, { streams }: Durable): void {
  const positions = device.positions()
  for (const stream of streams.values()) {
    const visible = visibleEvents(stream, device.userId)
    expect(device.view.get(stream.name) ?? [], `${stream.name} of ${device.name}`).toEqual(visible)
    const at = visible.at(-1)
    if (at === undefined) continue
    expect(positions.get(stream.name), `${stream.name} of ${device.name}`).toEqual({
      seq: at.seq,
      tag: at.tag,
    })
  }
}

/** No message is there that nobody sent. */
function expectNothingElse({ devices, durable }: Run): void {
  const asked = new Set(
    devices.flatMap(({ userId, attempts }) =>
      attempts.map(({ clientMessageId }) => `${userId} ${clientMessageId}`),
    ),
  )
  for (const { events } of durable.streams.values()) {
    for (const event of events) {
      if (event.type !== 'message.created') continue
      const { senderId, clientMessageId } = event.body.message
      expect(asked).toContain(`${senderId} ${clientMessageId ?? ''}`)
    }
  }
}

function historyOf({ devices, durable, lost, restoredAt, isPrompt = false }: Run) {
  const now = Date.now()
  const records: HistoryRecord[] = devices.flatMap((device) => [
    { kind: 'device', t: 0, device: device.name, user: device.userId, proof: 'position' },
    ...device.notes.flatMap((note) => recordOf(device, note, isPrompt)),
    { kind: 'end', t: now, device: device.name },
  ])
  if (restoredAt !== undefined) records.push({ kind: 'restore', t: restoredAt })
  records.sort((one, other) => one.t - other.t)
  const streams: LedgerStream[] = [...durable.streams.values()].map(({ name, events, spans }) => ({
    name,
    events: events.map(ledgerEventOf),
    lost: (lost?.get(name) ?? []).map(ledgerEventOf),
    spans: spans.map(({ userId, from, to }) => ({ user: userId, from, to })),
    lostSpans: [],
    floor: 0,
    highestFloor: 0,
  }))
  return { records, ledger: { streams } }
}

function recordOf(device: Device, note: Note, isPrompt: boolean): readonly HistoryRecord[] {
  const of = { t: note.t, device: device.name }
  switch (note.kind) {
    case 'invoke':
    case 'ok':
    case 'fail': {
      const { conversationId, clientMessageId } = note.attempt
      return [{ ...of, kind: note.kind, stream: `m:${conversationId}`, key: clientMessageId }]
    }
    case 'apply': {
      const { stream, seq, tag } = note.event
      return [{ ...of, kind: 'apply', stream, events: [{ seq, tag }], to: seq }]
    }
    case 'reset': {
      // These devices replay: they begin again at the floor.
      const { stream, reason } = note.reset
      return [{ ...of, kind: 'reset', stream, to: reason === 'gone' ? null : 0 }]
    }
    case 'live':
    case 'down':
      return isPrompt ? [{ ...of, kind: note.kind }] : []
  }
}

function ledgerEventOf(event: Event): LedgerEvent {
  const { seq, tag, timestamp } = event
  if (event.type !== 'message.created') return { seq, tag, t: timestamp }
  const { senderId, clientMessageId } = event.body.message
  const sent = clientMessageId === null ? undefined : { user: senderId, key: clientMessageId }
  return { seq, tag, t: timestamp, sent }
}
