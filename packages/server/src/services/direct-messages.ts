import { idSchema } from '@tidings/protocol'
import {
  TidingsError,
  type DirectMessage,
  type DirectPage,
  type ListDirectInput,
} from '@tidings/protocol/wire'
import * as z from 'zod'
import { ownerOfStream, storedOf, toMessage } from '../journal/event.ts'
import { listDirect, listDirectMessages, type DirectRow } from '../stores/direct-message.ts'
import type { EventRow } from '../stores/event.ts'
import { listEvents } from '../stores/event.ts'
import { findStreamThroughSpan } from '../stores/span.ts'
import { listPlacesAt } from '../stores/stream-place.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { invalidCursor, parseCursor, toCursor } from './page-cursor.ts'

/** Conversations that are looked at: the most recently active ones. */
const CONVERSATIONS = 1000

/** Events of a conversation that one look goes through: somebody may have written without end, and not been answered. */
const LOOKED_THROUGH = 1000

/** Looks into conversations that one call may take. What it has not reached is left to the next page. */
const LOOKS = 200

/** A place in the order of all direct messages: by time, and where that is the same by conversation. What follows it is listed. */
interface Place {
  readonly ts: number
  readonly streamKey: number
}

/** Where a page ends. */
interface End {
  readonly ts: number
  readonly stream: string
  /** Its own place is still to be listed. */
  readonly isOpen: boolean
}

/** Keys stay inside: a cursor names the conversation by its id. */
const endSchema = z.tuple([z.int().min(0), idSchema, z.union([z.literal(0), z.literal(1)])])

/** A conversation while the list is made: what of it is at hand, and what of it is not yet looked at. */
interface Lane {
  readonly row: DirectRow
  /** Messages that have been read, newest first. */
  readonly found: EventRow[]
  /** Nothing beyond this seq is left to be read. */
  upTo: number
  /** What is left to be read is not newer than this. */
  newest: number
}

/**
 * The actor's direct messages over all his conversations, newest first: those that he has sent, or those that he got. No
 * index has them in that order: conversations are merged, each read as far as the page goes.
 * @throws TidingsError INVALID_INPUT for a cursor that was not given out for such a list, or beside a page
 */
export async function listDirectPage(
  deps: Deps,
  actor: Actor,
  input: ListDirectInput,
): Promise<DirectPage> {
  const { direction, cursor, page = 1, limit = 50 } = input
  if (cursor !== undefined && input.page !== undefined)
    throw new TidingsError('INVALID_INPUT', 'Give one of cursor and page.')
  const before = cursor === undefined ? undefined : await toPlace(deps, actor, cursor)
  const isSent = direction === 'sent'
  const lanes = await openLanes(deps, actor, before)
  const skipped = (page - 1) * limit
  const merging = { deps, actor, isSent, lanes, chunk: Math.min(limit, 100) }
  const { taken, next } = await merge(merging, skipped + limit)
  const items = taken.slice(skipped).map(({ lane, row }) => toItem(lane.row, row, isSent))
  return { items, next: next === undefined ? null : cursorOf(next) }
}

function cursorOf({ ts, stream, isOpen }: End): string {
  return toCursor([ts, ownerOfStream(stream), Number(isOpen)])
}

/** Of a conversation that he has left meanwhile too; nobody else's is anywhere. @throws TidingsError INVALID_INPUT */
async function toPlace({ database }: Deps, { userKey }: Actor, cursor: string): Promise<Place> {
  const [ts, conversationId, isOpen] = parseCursor(cursor, endSchema)
  const own = { userKey, stream: `m:${conversationId}` }
  const streamKey = await findStreamThroughSpan(database, database.read, own)
  if (streamKey === undefined) throw invalidCursor()
  // The next key is a place just before this one.
  return { ts, streamKey: streamKey + isOpen }
}

/** Each conversation from the place on; what is newer than it has been listed. */
async function openLanes(
  { database }: Deps,
  { userKey }: Actor,
  before: Place | undefined,
): Promise<Lane[]> {
  const rows = await listDirect(database, { userKey, limit: CONVERSATIONS })
  if (before === undefined)
    return rows.map((row) => ({ row, found: [], upTo: row.head, newest: row.lastTs }))
  const seqs = new Map<string, number>()
  // Of the time itself those conversations are left that come after the place's.
  for (const isAfter of [true, false]) {
    const streams = rows
      .filter(({ streamKey }) => streamKey < before.streamKey === isAfter)
      .map(({ stream }) => stream)
    const ts = isAfter ? before.ts : before.ts - 1
    for (const { stream, seq } of await listPlacesAt(database, database.read, { streams, ts }))
      seqs.set(stream, seq)
  }
  return rows.flatMap((row) => {
    const upTo = seqs.get(row.stream) ?? 0
    const latest = row.streamKey < before.streamKey ? before.ts : before.ts - 1
    return upTo === 0 ? [] : [{ row, found: [], upTo, newest: Math.min(row.lastTs, latest) }]
  })
}

interface Merging {
  readonly deps: Deps
  readonly actor: Actor
  readonly isSent: boolean
  readonly lanes: Lane[]
  readonly chunk: number
}

interface Taken {
  readonly lane: Lane
  readonly row: EventRow
}

/** The newest messages of all lanes, in order; `next` is where what was not taken begins. */
async function merge(
  merging: Merging,
  limit: number,
): Promise<{ readonly taken: readonly Taken[]; readonly next: End | undefined }> {
  const { lanes } = merging
  const taken: Taken[] = []
  for (let looks = 0; ;) {
    const lane = newestOf(lanes)
    if (lane === undefined) return { taken, next: undefined }
    const [row] = lane.found
    const last = taken.at(-1)
    if (taken.length === limit && last !== undefined) return { taken, next: endOf(last.row, false) }
    if (row !== undefined) {
      taken.push({ lane, row })
      lane.found.shift()
      continue
    }
    if (looks === LOOKS)
      return { taken, next: endOf({ ts: lane.newest, stream: lane.row.stream }, true) }
    looks += 1
    await look(merging, lane)
  }
}

function endOf({ ts, stream }: Pick<EventRow, 'ts' | 'stream'>, isOpen: boolean): End {
  return { ts, stream, isOpen }
}

/** The lane of which the next message may be, and nothing newer is elsewhere. Lanes that are done are dropped. */
function newestOf(lanes: Lane[]): Lane | undefined {
  let newest: Lane | undefined
  for (const lane of lanes) {
    if (lane.found.length === 0 && lane.upTo <= lane.row.clearedSeq) continue
    if (newest === undefined || isNewer(lane, newest)) newest = lane
  }
  return newest
}

function isNewer(one: Lane, other: Lane): boolean {
  const [ts, otherTs] = [timeOf(one), timeOf(other)]
  return ts > otherTs || (ts === otherTs && one.row.streamKey > other.row.streamKey)
}

function timeOf({ found, newest }: Lane): number {
  return found[0]?.ts ?? newest
}

async function look({ deps, actor, isSent, chunk }: Merging, lane: Lane): Promise<void> {
  const { database } = deps
  const { streamKey, clearedSeq } = lane.row
  const after = Math.max(clearedSeq, lane.upTo - LOOKED_THROUGH)
  const part = { streamKey, userKey: actor.userKey, isSent, after, upTo: lane.upTo, limit: chunk }
  const rows = await listDirectMessages(database, part)
  lane.found.push(...rows)
  const last = rows.at(-1)
  lane.upTo = last !== undefined && rows.length === chunk ? last.seq - 1 : after
  // Inside a stream time grows with seq.
  if (last !== undefined) lane.newest = last.ts - 1
  else if (lane.upTo > clearedSeq) lane.newest = await timeAt(deps, streamKey, lane.upTo)
}

/** What retention has deleted has no time, and nothing before it is there either. */
async function timeAt({ database }: Deps, streamKey: number, seq: number): Promise<number> {
  const place = { streamKey, after: seq - 1, upTo: seq, limit: 1 }
  const [row] = await listEvents(database, database.read, place)
  return row?.ts ?? 0
}

function toItem(direct: DirectRow, row: EventRow, isSent: boolean): DirectMessage {
  const [delivered, read] = isSent
    ? [direct.peerDeliveredSeq, direct.peerReadSeq]
    : [direct.deliveredSeq, direct.readSeq]
  return {
    message: toMessage(storedOf(row)),
    peer: { id: direct.peerId, username: direct.peerUsername },
    delivered: delivered >= row.seq,
    read: read >= row.seq,
  }
}
