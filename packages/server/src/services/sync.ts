import { decodeCursor, encodeCursor, type Position, type SavedSync } from '@tidings/protocol/sync'
import {
  LIMITS,
  PROTOCOL_VERSION,
  TidingsError,
  type Event,
  type Head,
  type Heads,
  type HeadsInput,
  type LiveItem,
  type Pull,
  type PullInput,
  type Since,
  type SinceInput,
  type StreamReset,
} from '@tidings/protocol/wire'
import { WATERMARK_MARGIN_MS } from '../journal/heads.ts'
import { openLive, type LiveOptions } from '../realtime/live.ts'
import type { Actor } from './actor.ts'
import type { Deps } from './deps.ts'

/** A page of the actor's streams with their heads. */
export function listHeads(deps: Deps, actor: Actor, input: HeadsInput): Promise<Heads> {
  return deps.journal.heads(actor.userKey, input)
}

/** Reads on from positions. */
export function pullStreams(deps: Deps, actor: Actor, input: PullInput): Promise<Pull> {
  return deps.journal.pull(actor.userKey, input)
}

/**
 * Live delivery, beginning with `ready`.
 * @throws TidingsError UNSUPPORTED_VERSION to a client newer than this server
 */
export function openLiveFor(
  deps: Deps,
  actor: Actor,
  { version, ...options }: LiveOptions & { readonly version: number | undefined },
): AsyncGenerator<LiveItem[], void, undefined> {
  if (version !== undefined && version > PROTOCOL_VERSION) throw new TidingsError('UNSUPPORTED_VERSION')
  return openLive(deps, actor, options)
}

/**
 * Everything since a cursor of an earlier answer or, without one, since a time: heads and pull in one call.
 * @throws TidingsError CURSOR_TOO_LARGE, INVALID_INPUT for a damaged cursor
 */
export async function syncSince(deps: Deps, actor: Actor, input: SinceInput): Promise<Since> {
  const start = input.cursor === undefined ? await startAt(deps, actor, input.since) : read(input.cursor)
  const heads = await allHeads(deps, actor, changedSince(deps, start))
  const positions = new Map(start.positions)
  const resets: StreamReset[] = []
  const events: Event[] = []
  const limit = input.limit ?? 500
  const epoch = start.mark?.epoch ?? heads.epoch
  const reading = { deps, actor, heads: heads.heads, epoch, positions, resets, events, limit }
  const more = await readOn(reading)
  const watermark = more ? (start.mark?.watermark ?? 0) : heads.watermark
  const mark = { epoch: heads.epoch, watermark, comparedAt: heads.watermark }
  return { events, resets, cursor: write({ mark, positions }), more }
}

function read(cursor: string): SavedSync {
  const decoded = decodeCursor(cursor)
  if (decoded.ok) return decoded.saved
  if (decoded.problem === 'too_large') throw new TidingsError('CURSOR_TOO_LARGE')
  throw new TidingsError('INVALID_INPUT', 'The cursor is damaged.')
}

function write(saved: SavedSync): string {
  const encoded = encodeCursor(saved)
  if (!encoded.ok) throw new TidingsError('CURSOR_TOO_LARGE')
  return encoded.cursor
}

/** A cursor of another epoch is compared with everything, so that every stream of it is reset. */
function changedSince(deps: Deps, { mark }: SavedSync): number | undefined {
  return mark?.epoch === deps.journal.epoch ? mark.watermark : undefined
}

async function allHeads(deps: Deps, actor: Actor, since: number | undefined): Promise<Heads> {
  const first = await deps.journal.heads(actor.userKey, { changedSince: since, limit: LIMITS.headsPage })
  const heads = [...first.heads]
  let next = first.next
  while (next !== null) {
    const page = await deps.journal.heads(actor.userKey, {
      changedSince: since,
      after: next,
      limit: LIMITS.headsPage,
    })
    heads.push(...page.heads)
    next = page.next
  }
  return { ...first, heads, next: null }
}

interface Reading {
  readonly deps: Deps
  readonly actor: Actor
  readonly heads: readonly Head[]
  /** Of the cursor: under another epoch every stream is answered with a reset. */
  readonly epoch: number
  readonly positions: Map<string, Position>
  readonly resets: StreamReset[]
  readonly events: Event[]
  readonly limit: number
}

/** Pulls what moved until the limit; true when something is left. */
async function readOn(reading: Reading): Promise<boolean> {
  const { deps, heads, epoch, positions, events, limit } = reading
  const isForeign = epoch !== deps.journal.epoch
  const moved = heads.filter((head) => isForeign || differs(head, positions.get(head.stream)))
  for (let at = 0; at < moved.length; at += LIMITS.pullStreams) {
    if (events.length >= limit) return true
    const streams = moved.slice(at, at + LIMITS.pullStreams).map(({ stream }) => {
      const { seq, tag } = positions.get(stream) ?? { seq: 0, tag: 0 }
      return { stream, after: seq, tag }
    })
    const input = { epoch, streams, limit: limit - events.length }
    if (take(reading, await deps.journal.pull(reading.actor.userKey, input))) return true
  }
  return false
}

function differs(head: Head, position: Position | undefined): boolean {
  if (position === undefined) return head.head > 0
  return position.seq !== head.head || position.tag !== head.tag
}

/** Takes an answer over; true when one of its streams has more. */
function take({ positions, resets, events }: Reading, answer: Pull): boolean {
  let more = false
  for (const pulled of answer.streams) {
    if ('reset' in pulled) {
      resets.push(pulled)
      positions.set(pulled.stream, { seq: pulled.reset.head, tag: pulled.reset.tag })
    } else {
      events.push(...pulled.events)
      positions.set(pulled.stream, pulled.upTo)
      more ||= pulled.more
    }
  }
  return more
}

/**
 * The positions of a client that only knows a time. It is taken back by the margin, since transactions commit out of
 * clock order, and never lies in the future; what is no time at all means from the beginning.
 */
async function startAt(deps: Deps, actor: Actor, since: unknown): Promise<SavedSync> {
  const time = await sinceTime(deps, since)
  const positions = await positionsAt(deps, actor, time)
  return { mark: { epoch: deps.journal.epoch, watermark: time, comparedAt: time }, positions }
}

/** What a client's timestamp is worth: milliseconds, at most now, less the margin; 0 when it is none. */
export async function sinceTime(deps: Deps, since: unknown): Promise<number> {
  const time = typeof since === 'string' && since !== '' ? Number(since) : since
  if (typeof time !== 'number' || !Number.isFinite(time) || time <= 0) return 0
  const now = await deps.database.now()
  return Math.max(0, Math.floor(Math.min(time, now)) - WATERMARK_MARGIN_MS)
}

/** Where each of the actor's streams stood at a time. */
export async function positionsAt(
  deps: Deps,
  actor: Actor,
  time: number,
): Promise<ReadonlyMap<string, Position>> {
  const { heads } = await allHeads(deps, actor, undefined)
  const positions = new Map<string, Position>()
  for (const head of heads) {
    const place = time === 0 ? { seq: 0, tag: 0 } : await deps.journal.placeAt(head.stream, time)
    positions.set(head.stream, startOf(head, place))
  }
  return positions
}

/** What retention has deleted cannot be sent: the oldest that can is where such a client begins. */
function startOf(head: Head, place: Position): Position {
  return place.seq < head.floor ? { seq: head.floor, tag: 0 } : place
}
