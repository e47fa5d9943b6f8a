import type { Durable, DurableSpan } from '../../../server/test/e2e/support/durable.ts'
import type { Event } from '../../src/index.ts'

/** The database was put back to an older copy. */
export interface Restore {
  /** By the calendar of the machine, milliseconds. */
  readonly t: number
  /** What it had before. */
  readonly before: Durable
}

/** What copies that were put back have lost of a stream. */
export interface LostOfStream {
  readonly events: readonly Event[]
  readonly spans: readonly DurableSpan[]
}

/** What of earlier states is not in the last one, by stream. */
export function lostIn(
  restores: readonly Restore[],
  { streams }: Durable,
): ReadonlyMap<string, LostOfStream> {
  const lost = new Map<string, LostOfStream>()
  for (const { before } of restores) {
    for (const { name, events, spans } of before.streams.values()) {
      const now = streams.get(name)
      const tags = new Set(now?.events.map(({ seq, tag }) => `${seq} ${tag}`))
      const known = new Set(now?.spans.map((span) => JSON.stringify(span)))
      lost.set(name, {
        events: [
          ...(lost.get(name)?.events ?? []),
          ...events.filter(({ seq, tag }) => !tags.has(`${seq} ${tag}`)),
        ],
        spans: [
          ...(lost.get(name)?.spans ?? []),
          ...spans.filter((span) => !known.has(JSON.stringify(span))),
        ],
      })
    }
  }
  return lost
}

/** When the first copy was put back; never is infinitely late. */
export function firstRestore(restores: readonly Restore[]): number {
  return Math.min(Infinity, ...restores.map(({ t }) => t))
}
