import type { LedgerEvent, Violation } from './history.ts'
import { isVisible, type IndexedStream, type LedgerIndex } from './ledger-index.ts'

/** What must hold in the database alone, whatever anybody saw: I2, I3, I6, I8. */
export function checkLedger(index: LedgerIndex): Violation[] {
  const violations: Violation[] = []
  for (const stream of index.streams.values()) {
    checkNumbers(stream, violations)
    checkMessages(stream, violations)
    checkReceipts(stream, violations)
  }
  return violations
}

function checkNumbers({ name, stream }: IndexedStream, violations: Violation[]): void {
  let last = (stream.events[0]?.seq ?? 1) - 1
  for (const { seq } of stream.events) {
    if (seq !== last + 1) {
      violations.push({ invariant: 'I3', detail: `${name} goes from ${last} to ${seq}` })
    }
    last = seq
  }
}

function checkMessages({ name, stream }: IndexedStream, violations: Violation[]): void {
  const keys = new Set<string>()
  for (const { seq, sent } of stream.events) {
    if (sent === undefined) continue
    const key = `${sent.user} ${sent.key}`
    if (keys.has(key)) violations.push({ invariant: 'I2', detail: `${name} has ${key} twice` })
    keys.add(key)
    if (isVisible(stream, sent.user, seq)) continue
    const detail = `${name}:${seq} was taken from ${sent.user}, who was not in`
    violations.push({ invariant: 'I6', detail })
  }
}

function checkReceipts({ name, stream }: IndexedStream, violations: Violation[]): void {
  const marks = new Map<string, NonNullable<LedgerEvent['receipt']>>()
  for (const { seq, receipt } of stream.events) {
    if (receipt === undefined) continue
    const { user, delivered, read, head } = receipt
    const before = marks.get(user)
    marks.set(user, receipt)
    const shrunk = before !== undefined && (delivered < before.delivered || read < before.read)
    if (!shrunk && read <= delivered && delivered <= head) continue
    const detail = `${name}:${seq} marks ${user} ${delivered}/${read} of ${head}`
    violations.push({ invariant: 'I8', detail })
  }
}
