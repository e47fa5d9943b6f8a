import { ChangeCheck } from './change-checks.ts'
import { DeviceCheck } from './device-checks.ts'
import type { History, HistoryRecord, Violation } from './history.ts'
import { checkLedger } from './ledger-checks.ts'
import { indexLedger, type LedgerIndex } from './ledger-index.ts'
import { checkSends } from './send-checks.ts'
import { ServerDeviceCheck } from './server-device-checks.ts'
import { checkStaleness } from './staleness-checks.ts'

/** A revoked session may get what was under way for this long, in ms. */
const REVOCATION_MS = 5000

/** Everything that is wrong with a run; empty when it kept every promise. */
export function check(history: History): Violation[] {
  const index = indexLedger(history.ledger)
  return [
    ...checkLedger(index),
    ...checkSends(index, history.records),
    ...checkDevices(index, history.records),
    ...checkStaleness(index, history.records),
  ]
}

function checkDevices(index: LedgerIndex, records: readonly HistoryRecord[]): Violation[] {
  const violations: Violation[] = []
  const devices = new Map<string, DeviceCheck>()
  const served = new Map<string, ServerDeviceCheck>()
  const changes = new Map<string, ChangeCheck>()
  const revoked = new Map<string, number>()
  let restoredAt = 0
  for (const record of records) {
    switch (record.kind) {
      case 'device':
        changes.set(record.device, new ChangeCheck(index, record, violations))
        if (record.proof === 'server') {
          served.set(record.device, new ServerDeviceCheck(index, record, violations))
        } else devices.set(record.device, new DeviceCheck(index, record, violations))
        break
      case 'apply':
        devices.get(record.device)?.apply(record)
        changes.get(record.device)?.saw(record)
        break
      case 'reset':
        devices.get(record.device)?.reset(record)
        changes.get(record.device)?.reset(record.stream)
        break
      case 'deliver':
        served.get(record.device)?.deliver(record)
        changes.get(record.device)?.saw(record)
        break
      case 'push':
        if (record.t > (revoked.get(record.device) ?? Infinity) + REVOCATION_MS) {
          violations.push({
            invariant: 'I6',
            detail: `${record.device} was served after revocation`,
          })
        }
        break
      case 'revoke':
        revoked.set(record.device, record.t)
        break
      case 'restore':
        restoredAt = record.t
        break
      case 'broken':
        violations.push({ invariant: 'I10', detail: record.what })
        break
      case 'end':
        devices.get(record.device)?.end(restoredAt)
        changes.get(record.device)?.end()
        served.get(record.device)?.end()
        break
      case 'invoke':
      case 'ok':
      case 'fail':
      case 'unknown':
      case 'live':
      case 'down':
      case 'excuse':
      case 'healed':
        break
    }
  }
  return violations
}
