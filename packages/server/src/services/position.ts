import type { Position } from '@tidings/protocol/sync'
import { LIMITS, type Head } from '@tidings/protocol/wire'
import { WATERMARK_MARGIN_MS } from '../journal/heads.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/** All of the actor's streams, or those with an event since a time; page by page, since there may be very many. */
export async function listAllHeads(
  deps: Deps,
  actor: Actor,
  changedSince?: number,
): Promise<readonly Head[]> {
  const heads: Head[] = []
  let after: string | undefined
  do {
    const page = await deps.journal.heads(actor.userKey, {
      changedSince,
      after,
      limit: LIMITS.headsPage,
    })
    heads.push(...page.heads)
    after = page.next ?? undefined
  } while (after !== undefined)
  return heads
}

/**
 * What a client's timestamp is worth: milliseconds, at most now, less the margin, since transactions commit out of clock
 * order; 0, from the beginning, when it is none.
 */
export async function sinceTime(deps: Deps, since: unknown): Promise<number> {
  const time = typeof since === 'string' && since !== '' ? Number(since) : since
  if (typeof time !== 'number' || !Number.isFinite(time) || time <= 0) return 0
  const now = await deps.database.now()
  return Math.max(0, Math.floor(Math.min(time, now)) - WATERMARK_MARGIN_MS)
}

/** Says where one of the actor's streams, as its head is now, stood at the time. */
export type PlaceOf = (head: Head) => Promise<Position>

/**
 * Places at a time. Streams without an event since then stand at their heads, and need no look-up. Read the heads first:
 * what comes between the two then lies beyond its head, and is not taken for something that was there before.
 */
export async function placesAt(deps: Deps, actor: Actor, time: number): Promise<PlaceOf> {
  const moved = new Set(
    (await listAllHeads(deps, actor, time + WATERMARK_MARGIN_MS)).map(({ stream }) => stream),
  )
  return async (head) => {
    const end = { seq: head.head, tag: head.tag }
    if (!moved.has(head.stream)) return end
    const place = time === 0 ? { seq: 0, tag: 0 } : await deps.journal.placeAt(head.stream, time)
    // A stream that he has left ends for him at its visible head; what retention has deleted cannot be sent.
    if (place.seq > head.head) return end
    return place.seq < head.floor ? { seq: head.floor, tag: 0 } : place
  }
}
