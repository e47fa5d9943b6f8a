import { hash } from 'node:crypto'

/** Tells a repeat from something else under the same idempotency key; independent of the order of keys. */
export function payloadHash(payload: unknown): number {
  return Number.parseInt(hash('sha256', plainText(payload) ?? canonical(payload)).slice(0, 12), 16)
}

/** Nearly every message is one. No other payload has a canonical form that begins like this. */
function plainText(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  if (!('kind' in payload) || payload.kind !== 'text') return undefined
  if (!('text' in payload) || typeof payload.text !== 'string') return undefined
  return Object.keys(payload).length === 2 ? `text ${payload.text}` : undefined
}

/** True when two values are the same JSON but for the order of keys. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
