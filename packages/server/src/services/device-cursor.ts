import type { Position } from '@tidings/protocol/sync'
import { LIMITS } from '@tidings/protocol/wire'
import { WATERMARK_MARGIN_MS } from '../journal/heads.ts'
import {
  deleteDeviceCursors,
  findSessionCreatedAt,
  listDeviceCursors,
  saveDeviceCursors,
  type DeviceCursorRow,
} from '../stores/device-cursor.ts'
import { findTags } from '../stores/event.ts'
import { findStreamsByName } from '../stores/stream.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { listAllHeads, placesAt, sinceTime, type PlaceOf } from './position.ts'

/** For a device whose client names no time: what it has proven to have decides alone. Nothing that a client sends is this. */
export const PROVEN = Symbol('proven')

/**
 * Where a device that keeps no position of its own continues, for method 20 of the numbered protocol and for
 * the seeds whose clients say nothing of it.
 *
 * What the device has proven to have decides; where nothing is known of a stream, the time when its session was made.
 * The client's timestamp can only take this further back: seed 002's client sends its own "now" on connecting, which
 * read literally would skip everything that it missed, and a clock that runs ahead would skip what is still to come.
 *
 * @param since the client's timestamp, or `PROVEN`
 */
export async function devicePositions(
  deps: Deps,
  actor: Actor,
  since: unknown,
): Promise<ReadonlyMap<string, Position>> {
  const { database } = deps
  const asked = since === PROVEN ? Infinity : await sinceTime(deps, since)
  const createdAt = await findSessionCreatedAt(database, database.read, actor.sessionKey)
  const born = Math.max(0, (createdAt ?? 0) - WATERMARK_MARGIN_MS)
  const cursors = await listDeviceCursors(database, database.read, actor.sessionKey)
  const known = new Map(cursors.map((cursor) => [cursor.stream, cursor]))
  const heads = await listAllHeads(deps, actor)
  const placesOf = async (isKnown: boolean, time: number): Promise<PlaceOf> => {
    if (time === Infinity) return ({ head, tag }) => ({ seq: head, tag })
    return placesAt(deps, actor, {
      heads: heads.filter(({ stream }) => known.has(stream) === isKnown),
      time,
    })
  }
  const place = {
    known: await placesOf(true, asked),
    unknown: await placesOf(false, Math.min(asked, born)),
  }
  const positions = new Map<string, Position>()
  const widened: DeviceCursorRow[] = []
  for (const head of heads) {
    const cursor = known.get(head.stream)
    const at = place[cursor === undefined ? 'unknown' : 'known'](head)
    positions.set(head.stream, cursor !== undefined && cursor.seq <= at.seq ? cursor : at)
    if (cursor !== undefined && cursor.seq > at.seq) widened.push(cursor)
  }
  for (const cursor of await findForeign(deps, widened)) positions.set(cursor.stream, cursor)
  return positions
}

/**
 * Those cursors that belong to another history: the database was restored, and may have grown past them since. A place
 * before such a cursor proves nothing of what the device has, so the cursor itself is kept: the pull refuses it, and the
 * stream is sent from its start.
 */
async function findForeign(
  deps: Deps,
  cursors: readonly DeviceCursorRow[],
): Promise<readonly DeviceCursorRow[]> {
  const { database } = deps
  const foreign: DeviceCursorRow[] = []
  for (let start = 0; start < cursors.length; start += LIMITS.headsPage) {
    const page = cursors.slice(start, start + LIMITS.headsPage)
    const found = await findTags(database, database.read, page)
    const tags = new Map(found.map(({ streamKey, tag }) => [streamKey, tag]))
    foreign.push(...page.filter(({ streamKey, tag }) => tags.get(streamKey) !== tag))
  }
  return foreign
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
