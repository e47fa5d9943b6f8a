import { streamSchema } from '@tidings/protocol'
import { decodeCursor, encodeCursor, type Position, type SavedSync } from '@tidings/protocol/sync'
import {
  LIMITS,
  PROTOCOL_VERSION,
  TidingsError,
  type CompactPull,
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
import type { JournalPull } from '../journal/journal.ts'
import { pullText, type PulledJson, type PullJson } from '../journal/pull-json.ts'
import { JsonText } from '../json-text.ts'
import { openLive, type LiveOptions } from '../realtime/live.ts'
import { isOwnStream, mayFollow, toEventFor, type Actor, type ActorGrant } from './actor.ts'
import type { Deps } from './deps.ts'
import { listAllHeads, placesAt, sinceTime } from './position.ts'

/** A page of the actor's streams with their heads. */
export async function listHeads(deps: Deps, actor: Actor, input: HeadsInput): Promise<Heads> {
  const page = await deps.journal.heads(actor.userKey, input)
  if (actor.grant === undefined) return page
  return { ...page, heads: page.heads.filter(({ stream }) => mayFollow(actor.grant, stream)) }
}

/** Reads on from positions. */
export async function pullStreams(
  deps: Deps,
  actor: Actor,
  input: PullInput,
): Promise<JsonText<Pull>> {
  return pullText(await pullAs(deps, actor, input))
}

/** The same with rows for messages. */
export async function pullCompact(
  deps: Deps,
  actor: Actor,
  input: PullInput,
): Promise<JsonText<CompactPull>> {
  return pullText(await pullAs(deps, actor, { ...input, compact: true }))
}

/** To a client that may not follow a stream it is one that is not there. */
async function pullAs({ journal }: Deps, actor: Actor, input: JournalPull): Promise<PullJson> {
  const { userKey, grant } = actor
  if (grant === undefined) return journal.pull(userKey, input)
  const streams = input.streams.map((position) =>
    mayFollow(grant, position.stream) ? position : { ...position, stream: NOWHERE },
  )
  const answer = await journal.pull(userKey, { ...input, streams })
  const named = answer.streams.map((pulled, index) => {
    const stream = input.streams[index]?.stream
    if (stream !== undefined && pulled.stream === NOWHERE) return { ...pulled, stream }
    return 'reset' in pulled ? pulled : toPulledFor(grant, pulled)
  })
  return { ...answer, streams: named }
}

/** A user's own stream without what the client may not know. */
function toPulledFor(grant: ActorGrant, pulled: PulledJson): PulledJson {
  if (!isOwnStream(pulled.stream)) return pulled
  // What the journal wrote, in the wire's own form: a schema would take from it what a later version has added.
  // oxlint-disable-next-line typescript/consistent-type-assertions
  const events = JSON.parse(`[${pulled.events.join(',')}]`) as Event[]
  return { ...pulled, events: events.map((event) => JSON.stringify(toEventFor(grant, event))) }
}

/** Of no user: there is nobody with this id. */
const NOWHERE = 'u:00000000-0000-0000-0000-000000000000'

/**
 * Live delivery, beginning with `ready`.
 * @throws TidingsError UNSUPPORTED_VERSION to a client newer than this server
 */
export function openLiveFor(
  deps: Deps,
  actor: Actor,
  { version, ...options }: LiveOptions & { readonly version: number | undefined },
): AsyncGenerator<LiveItem[], void, undefined> {
  requireVersion(version)
  return openLive(deps, actor, options)
}

/** @throws TidingsError UNSUPPORTED_VERSION to a client newer than this server */
export function requireVersion(version: number | undefined): void {
  if (version !== undefined && version > PROTOCOL_VERSION)
    throw new TidingsError('UNSUPPORTED_VERSION')
}

/**
 * Everything since a cursor of an earlier answer or, without one, since a time: heads and pull in one call. All heads are
 * compared, not only those that have changed: a cursor is small, and so a database that was put back, or its clock, is
 * noticed at once.
 * @throws TidingsError CURSOR_TOO_LARGE, INVALID_INPUT for a damaged cursor
 */
export async function syncSince(
  deps: Deps,
  actor: Actor,
  input: SinceInput,
): Promise<JsonText<Since>> {
  // Before the heads are read, as in `sync.heads`.
  const now = await deps.database.now()
  const start =
    input.cursor === undefined ? await startAt(deps, actor, input.since) : read(input.cursor)
  const reading: Reading = {
    deps,
    actor,
    heads: await listAllHeads(deps, actor),
    epoch: start.mark?.epoch ?? deps.journal.epoch,
    positions: new Map(start.positions),
    resets: [],
    events: [],
    left: input.limit ?? 500,
  }
  const more = await readOn(reading)
  const mark = { epoch: deps.journal.epoch, watermark: now, comparedAt: now }
  const { events, resets, positions } = reading
  const cursor = write({ mark, positions })
  const rest = JSON.stringify({ resets, cursor, more })
  return new JsonText(`{"events":[${events.join(',')}],${rest.slice(1)}`)
}

function read(cursor: string): SavedSync {
  const decoded = decodeCursor(cursor)
  if (!decoded.ok && decoded.problem === 'too_large') throw new TidingsError('CURSOR_TOO_LARGE')
  if (!decoded.ok || ![...decoded.saved.positions].every(([stream]) => isStream(stream))) {
    throw new TidingsError('INVALID_INPUT', 'The cursor is damaged.')
  }
  return decoded.saved
}

function isStream(name: string): boolean {
  return streamSchema.safeParse(name).success
}

function write(saved: SavedSync): string {
  const encoded = encodeCursor(saved)
  if (!encoded.ok) throw new TidingsError('CURSOR_TOO_LARGE')
  return encoded.cursor
}

interface Reading {
  readonly deps: Deps
  readonly actor: Actor
  readonly heads: readonly Head[]
  /** Of the cursor: under another epoch every stream is answered with a reset. */
  readonly epoch: number
  readonly positions: Map<string, Position>
  readonly resets: StreamReset[]
  /** In JSON. */
  readonly events: string[]
  /** How many more events the answer may hold. */
  left: number
}

/** Pulls what moved until the limit; true when something is left. */
async function readOn(reading: Reading): Promise<boolean> {
  const { deps, epoch, positions } = reading
  const moved = streamsToPull(reading)
  for (let at = 0; at < moved.length; at += LIMITS.pullStreams) {
    if (reading.left <= 0) return true
    const streams = moved.slice(at, at + LIMITS.pullStreams).map((stream) => {
      const { seq, tag } = positions.get(stream) ?? { seq: 0, tag: 0 }
      return { stream, after: seq, tag }
    })
    const input = { epoch, streams, limit: reading.left }
    if (take(reading, await pullAs(deps, reading.actor, input))) return true
  }
  return false
}

/** Those whose heads are not where the cursor stands, and those that the cursor names and the heads do not. */
function streamsToPull({ deps, heads, epoch, positions }: Reading): readonly string[] {
  const isForeign = epoch !== deps.journal.epoch
  const listed = new Set(heads.map(({ stream }) => stream))
  const unlisted = [...positions.keys()].filter((stream) => !listed.has(stream))
  const moved = heads.filter((head) => isForeign || differs(head, positions.get(head.stream)))
  return [...moved.map(({ stream }) => stream), ...unlisted]
}

function differs(head: Head, position: Position | undefined): boolean {
  if (position === undefined) return head.head > 0
  return position.seq !== head.head || position.tag !== head.tag
}

/** Takes an answer over; true when one of its streams has more. */
function take(reading: Reading, answer: PullJson): boolean {
  const { positions, resets, events } = reading
  let more = false
  for (const pulled of answer.streams) {
    if ('reset' in pulled) {
      const { reason, head, tag } = pulled.reset
      resets.push(pulled)
      if (reason === 'gone') positions.delete(pulled.stream)
      else positions.set(pulled.stream, { seq: head, tag })
    } else {
      events.push(...pulled.events)
      reading.left -= pulled.count
      positions.set(pulled.stream, pulled.upTo)
      more ||= pulled.more
    }
  }
  return more
}

/** The positions of a client that only knows a time. */
async function startAt(deps: Deps, actor: Actor, since: unknown): Promise<SavedSync> {
  const time = await sinceTime(deps, since)
  const heads = await listAllHeads(deps, actor)
  const placeOf = await placesAt(deps, actor, { heads, time })
  const positions = new Map<string, Position>()
  for (const head of heads) positions.set(head.stream, placeOf(head))
  return { mark: undefined, positions }
}
