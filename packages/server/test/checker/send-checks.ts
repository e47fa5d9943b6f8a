import type { HistoryRecord, LedgerEvent, Violation } from './history.ts'
import type { LedgerIndex } from './ledger-index.ts'

type Sent = Extract<HistoryRecord, { kind: 'invoke' | 'ok' | 'fail' | 'unknown' }>

/** What became of the messages: I1, I7, I11. */
export function checkSends(index: LedgerIndex, records: readonly HistoryRecord[]): Violation[] {
  const violations: Violation[] = []
  const users = new Map<string, { user: string; keeps: boolean }>()
  const ended = new Set<string>()
  const sends: Sent[] = []
  for (const record of records) {
    if (record.kind === 'device') {
      users.set(record.device, { user: record.user, keeps: record.proof === 'position' })
    } else if (record.kind === 'end') ended.add(record.device)
    else if (isSend(record)) sends.push(record)
  }
  const messages = indexMessages(index)
  const userOf = (device: string) => users.get(device)?.user ?? ''
  checkAcknowledged({ messages, sends, userOf }, violations)
  const outboxes = sends.filter(({ device }) => users.get(device)?.keeps === true)
  checkOrder({ messages, sends: outboxes, userOf }, violations)
  checkIntents(outboxes, ended, violations)
  return violations
}

function isSend(record: HistoryRecord): record is Sent {
  const { kind } = record
  return kind === 'invoke' || kind === 'ok' || kind === 'fail' || kind === 'unknown'
}

interface Messages {
  /** By `stream user key`. */
  readonly kept: ReadonlyMap<string, LedgerEvent>
  readonly lost: ReadonlySet<string>
}

interface SendFacts {
  readonly messages: Messages
  readonly sends: readonly Sent[]
  readonly userOf: (device: string) => string
}

function indexMessages({ streams }: LedgerIndex): Messages {
  const kept = new Map<string, LedgerEvent>()
  const lost = new Set<string>()
  for (const { name, stream } of streams.values()) {
    for (const event of stream.events) {
      if (event.sent !== undefined) kept.set(`${name} ${event.sent.user} ${event.sent.key}`, event)
    }
    for (const { sent } of stream.lost) {
      if (sent !== undefined) lost.add(`${name} ${sent.user} ${sent.key}`)
    }
  }
  return { kept, lost }
}

function checkAcknowledged({ messages, sends, userOf }: SendFacts, violations: Violation[]): void {
  for (const { kind, device, stream, key } of sends) {
    if (kind !== 'ok') continue
    const id = `${stream} ${userOf(device)} ${key}`
    if (messages.kept.has(id) || messages.lost.has(id)) continue
    violations.push({
      invariant: 'I1',
      detail: `${id} was acknowledged to ${device} and is nowhere`,
    })
  }
}

function checkOrder({ messages, sends, userOf }: SendFacts, violations: Violation[]): void {
  const last = new Map<string, number>()
  for (const { kind, device, stream, key } of sends) {
    if (kind !== 'invoke') continue
    const seq = messages.kept.get(`${stream} ${userOf(device)} ${key}`)?.seq
    if (seq === undefined) continue
    const place = `${device} ${stream}`
    if (seq < (last.get(place) ?? 0)) {
      violations.push({
        invariant: 'I7',
        detail: `${key} of ${device} overtook another in ${stream}`,
      })
    }
    last.set(place, seq)
  }
}

function checkIntents(
  sends: readonly Sent[],
  ended: ReadonlySet<string>,
  violations: Violation[],
): void {
  const open = new Map<string, Sent>()
  for (const send of sends) {
    const id = `${send.device} ${send.stream} ${send.key}`
    if (send.kind === 'invoke') open.set(id, send)
    else if (send.kind !== 'unknown') open.delete(id)
  }
  for (const [id, { device }] of open) {
    if (!ended.has(device)) continue
    violations.push({ invariant: 'I11', detail: `${id} was neither acknowledged nor refused` })
  }
}
