import type { Position } from '@tidings/protocol/sync'
import { LIMITS, type Head } from '@tidings/protocol/wire'
import { WATERMARK_MARGIN_MS } from '../journal/heads.ts'
import { mayFollow, type Actor } from './actor.ts'
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
    heads.push(...page.heads.filter(({ stream }) => mayFollow(actor.grant, stream)))
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
export type PlaceOf = (head: Head) => Position

const START: Position = { seq: 0, tag: 0 }

/**
 * Places of these heads at a time. Streams without an event since then stand at their heads, and need no look-up. The
 * heads are read before: what comes between the two then lies beyond its head, and is not taken for something that was
 * there before.
 */
export async function placesAt(
  deps: Deps,
  actor: Actor,
  { heads, time }: { readonly heads: readonly Head[]; readonly time: number },
): Promise<PlaceOf> {
  const changed =
    heads.length === 0 ? [] : await listAllHeads(deps, actor, time + WATERMARK_MARGIN_MS)
  const moved = new Set(changed.map(({ stream }) => stream))
  const places = time === 0 ? undefined : await readPlaces(deps, { heads, moved, time })
  return (head) => {
    const end = { seq: head.head, tag: head.tag }
    if (!moved.has(head.stream)) return end
    const place = places?.get(head.stream) ?? START
    // A stream that he has left ends for him at its visible head; what retention has deleted cannot be sent.
    if (place.seq > head.head) return end
    return place.seq < head.floor ? { seq: head.floor, tag: 0 } : place
  }
}

async function readPlaces(
  { journal }: Deps,
  look: {
    readonly heads: readonly Head[]
    readonly moved: ReadonlySet<string>
    readonly time: number
  },
): Promise<ReadonlyMap<string, Position>> {
  const streams = look.heads.map(({ stream }) => stream).filter((stream) => look.moved.has(stream))
  const places = new Map<string, Position>()
  for (let at = 0; at < streams.length; at += LIMITS.headsPage) {
    const page = streams.slice(at, at + LIMITS.headsPage)
    for (const [stream, place] of await journal.placesAt(page, look.time)) places.set(stream, place)
  }
  return places
}
