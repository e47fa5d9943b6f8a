import type { Position } from '@tidings/protocol/sync'
import { LIMITS, type Head } from '@tidings/protocol/wire'
import { WATERMARK_MARGIN_MS } from '../journal/heads.ts'
import {
  deleteDeviceCursors,
  findSessionCreatedAt,
  listDeviceCursors,
  saveDeviceCursors,
} from '../stores/device-cursor.ts'
import { findStreamsByName } from '../stores/stream.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { sinceTime } from './sync.ts'

/**
 * Where a device that keeps no position of its own continues, for method 20 of the numbered protocol.
 *
 * What the device has proven to have decides; where nothing is known of a stream, the time when its session was made.
 * The client's timestamp can only take this further back: seed 002's client sends its own "now" on connecting, which
 * read literally would skip everything that it missed, and a clock that runs ahead would skip what is still to come.
 */
export async function devicePositions(
  deps: Deps,
  actor: Actor,
  since: unknown,
): Promise<ReadonlyMap<string, Position>> {
  const { database } = deps
  const asked = await sinceTime(deps, since)
  const createdAt = await findSessionCreatedAt(database, database.read, actor.sessionKey)
  const born = Math.max(0, (createdAt ?? 0) - WATERMARK_MARGIN_MS)
  const cursors = await listDeviceCursors(database, database.read, actor.sessionKey)
  const known = new Map(cursors.map(({ stream, seq, tag }) => [stream, { seq, tag }]))
  const times = { known: asked, unknown: Math.min(asked, born) }
  const moved = {
    known: await movedSince(deps, actor, times.known),
    unknown: await movedSince(deps, actor, times.unknown),
  }
  const positions = new Map<string, Position>()
  for (const head of await allHeads(deps, actor, undefined)) {
    const cursor = known.get(head.stream)
    const kind = cursor === undefined ? 'unknown' : 'known'
    const place = moved[kind].has(head.stream)
      ? await placeAt(deps, head, times[kind])
      : { seq: head.head, tag: head.tag }
    positions.set(head.stream, cursor !== undefined && cursor.seq <= place.seq ? cursor : place)
  }
  return positions
}

/** Streams with an event after the time; the others need no look-up, they stand at their heads. */
async function movedSince(deps: Deps, actor: Actor, time: number): Promise<ReadonlySet<string>> {
  const heads = await allHeads(deps, actor, time + WATERMARK_MARGIN_MS)
  return new Set(heads.map(({ stream }) => stream))
}

async function placeAt(deps: Deps, head: Head, time: number): Promise<Position> {
  const place = time === 0 ? { seq: 0, tag: 0 } : await deps.journal.placeAt(head.stream, time)
  // A stream that he has left ends for him at its visible head; what retention has deleted cannot be sent.
  if (place.seq > head.head) return { seq: head.head, tag: head.tag }
  return place.seq < head.floor ? { seq: head.floor, tag: 0 } : place
}

async function allHeads(
  deps: Deps,
  actor: Actor,
  changedSince: number | undefined,
): Promise<Head[]> {
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

/** What a connection has learnt of its device. */
export interface DeviceProgress {
  /** Everything up to here has arrived. */
  readonly proven: ReadonlyMap<string, Position>
  /** Streams whose cursor the server has refused (another history): to be forgotten before the rest is saved. */
  readonly refused: ReadonlySet<string>
}

/** Saves how far a device has got. */
export async function saveDeviceProgress(
  deps: Deps,
  actor: Actor,
  { proven, refused }: DeviceProgress,
): Promise<void> {
  const { database } = deps
  const names = [...new Set([...proven.keys(), ...refused])]
  if (names.length === 0) return
  const keys = new Map<string, number>()
  for (let start = 0; start < names.length; start += LIMITS.headsPage) {
    const page = names.slice(start, start + LIMITS.headsPage)
    for (const { name, key } of await findStreamsByName(database, database.read, page))
      keys.set(name, key)
  }
  const { sessionKey } = actor
  // Ascending, as every lock: two connections of one device may save at the same time.
  const rows = [...proven]
    .flatMap(([stream, { seq, tag }]) => {
      const streamKey = keys.get(stream)
      return streamKey === undefined ? [] : [{ streamKey, seq, tag }]
    })
    .sort((a, b) => a.streamKey - b.streamKey)
  const streamKeys = [...refused].flatMap((stream) => keys.get(stream) ?? [])
  await database.tx(async (tx) => {
    await deleteDeviceCursors(database, tx, { sessionKey, streamKeys })
    await saveDeviceCursors(database, tx, { sessionKey, rows })
  })
}
