import { FOREVER } from '@tidings/sdk'

/** Until when something holds. */
export function untilWords(until: number): string {
  return until >= FOREVER ? 'any more' : `until ${new Date(until).toLocaleString()}`
}
