import { createHash } from 'node:crypto'

/** Tells a repeat from something else under the same idempotency key; independent of the order of keys. */
export function payloadHash(payload: unknown): number {
  return createHash('sha256').update(canonical(payload)).digest().readUIntBE(0, 6)
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
