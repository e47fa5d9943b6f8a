import { isRecord } from '../../record.ts'
import { markDeliveredCall } from '../../rpc/hot-calls.ts'
import type { RequestFrame } from './frames.ts'

/** Whether a client has said of all that it marks that it does not wait for the answer. */
export function mayBeLate({ path, input }: RequestFrame): boolean {
  if (path !== markDeliveredCall.path) return false
  return Array.isArray(input) ? input.every(isLate) : isLate(input)
}

function isLate(mark: unknown): boolean {
  return isRecord(mark) && mark['late'] === true
}
