import {
  LIMITS,
  type Event,
  type Head,
  type MessageRow,
  type Position,
  type ResetReason,
  type StreamReset,
} from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import {
  countEventBytes,
  findLastFitting,
  readEventsJson,
  type StreamPart,
} from '../stores/event-json.ts'
import { findTags } from '../stores/event.ts'
import { listSpans, type SpanRow } from '../stores/span.ts'
import { findStreamsByName, type StreamRow } from '../stores/stream.ts'
import { toEventWithin } from './event.ts'
import type { FutureAlarm } from './future-alarm.ts'
import type { JournalPull } from './journal.ts'
import type { PulledJson, PullJson } from './pull-json.ts'

/**
 * Bodies of one answer, in bytes: a thousand messages of the largest size would be held by a server many times over for
 * clients that ask for them again and again.
 */
const ANSWER_BYTES = 1024 * 1024

/** The largest body: JSON has six bytes for some characters that have one. What stands beside it is ids. */
const LARGEST_BYTES = 6 * LIMITS.messageBytes + 8192

/** A stream as one user may see it. */
interface View {
  readonly stream: StreamRow
  readonly spans: readonly SpanRow[]
  /** The last seq that he may see, and its tag. */
  readonly head: number
  readonly headTag: number
  /** The tag of an event that a position names, when it is still kept. */
  tagAt(seq: number): number | undefined
}

/** What one answer may still hold; it is spent while the answer is made. */
interface Budget {
  events: number
  bytes: number
}

/** What a pull needs besides the input. */
export interface PullContext {
  readonly database: Database
  readonly epoch: number
  readonly alarm: FutureAlarm
}

/** Reads on from positions: for each stream everything visible, or that there is more, or why it cannot be continued. */
export async function pullStreams(
  context: PullContext,
  userKey: number,
  input: JournalPull,
): Promise<PullJson> {
  const views = await readViews(context.database, userKey, input.streams)
  const { epoch, compact = false, limit = 500 } = input
  const budget = { events: limit, bytes: ANSWER_BYTES }
  const streams = new Array<PulledJson | StreamReset>()
  for (const { index, view, position } of shortestFirst(views, input.streams))
    streams[index] = await answerOne(context, { view, position, budget, epoch, compact })
  return { epoch: context.epoch, streams }
}

/** So that a long stream does not keep all others waiting, which would be asked for again and again until it is done. */
function shortestFirst(views: ReadonlyMap<string, View>, positions: readonly Position[]) {
  const asked = positions.map((position, index) => {
    const view = views.get(position.stream)
    return { index, view, position, events: view === undefined ? 0 : countAfter(view, position) }
  })
  return asked.sort((one, other) => one.events - other.events)
}

function countAfter(view: View, position: Position): number {
  return rangesAfter(view, position.after).reduce((sum, { after, upTo }) => sum + upTo - after, 0)
}

interface OneRequest {
  readonly view: View | undefined
  readonly position: Position
  readonly budget: Budget
  readonly epoch: number
  readonly compact: boolean
}

async function answerOne(
  context: PullContext,
  { view, ...request }: OneRequest,
): Promise<PulledJson | StreamReset> {
  const { position, epoch } = request
  if (view === undefined)
    return resetTo('gone', { stream: position.stream, head: 0, tag: 0, floor: 0 })
  const reason = epoch === context.epoch ? refusalOf(view, position) : 'epoch'
  if (reason === 'future') context.alarm.ring(position, view.head)
  if (reason !== undefined) return resetTo(reason, headOf(view))
  return readOn(context.database, view, request)
}

function refusalOf(view: View, { after, tag }: Position): ResetReason | undefined {
  if (after > view.head) return 'future'
  if (rangesAfter(view, after).some((range) => range.after < view.stream.floor)) return 'floor'
  // At the floor itself the event is no longer kept, so its tag cannot be compared.
  if (after > 0 && after > view.stream.floor && view.tagAt(after) !== tag) return 'tag'
  return undefined
}

function headOf({ stream, head, headTag }: View): Head {
  return { stream: stream.name, head, tag: headTag, floor: stream.floor }
}

function resetTo(reason: ResetReason, { stream, head, tag, floor }: Head): StreamReset {
  return { stream, reset: { reason, head, tag, floor } }
}

async function readOn(
  database: Database,
  view: View,
  { position, budget, compact }: Omit<OneRequest, 'view' | 'epoch'>,
): Promise<PulledJson | StreamReset> {
  const stream = view.stream.name
  const events: string[] = []
  let count = 0
  let place = { seq: position.after, tag: position.tag }
  for (const { after, upTo } of rangesAfter(view, position.after)) {
    if (isSpent(budget)) return { stream, events, count, upTo: place, more: true }
    const part = await fitting(database, budget, { streamKey: view.stream.key, after, upTo })
    const page = await readEventsJson(database, database.read, { ...part, stream, compact })
    // Seqs have no gap, so what is missing went while we read.
    if (page.count < part.upTo - after || page.lastTag === 0)
      return resetTo('floor', { ...headOf(view), floor: after + 1 })
    events.push(page.edits === 0 || isWhole(view) ? page.json : within(page.json, view.spans))
    count += page.count
    budget.events -= page.count
    budget.bytes -= page.json.length
    place = { seq: part.upTo, tag: page.lastTag }
    if (part.upTo < upTo) return { stream, events, count, upTo: place, more: true }
  }
  const upTo = { seq: view.head, tag: view.headTag }
  return { stream, events, count, upTo, more: false }
}

function isSpent(budget: Budget): boolean {
  return budget.events <= 0 || budget.bytes <= 0
}

/** As much of a part as the budget allows, at least one event. The exact sums take longer than one for all of it. */
async function fitting(database: Database, left: Budget, part: StreamPart): Promise<StreamPart> {
  const count = Math.min(part.upTo - part.after, left.events)
  const tried = { ...part, upTo: part.after + count }
  if (count === 1 || count * LARGEST_BYTES <= left.bytes) return tried
  if ((await countEventBytes(database, database.read, tried)) <= left.bytes) return tried
  const last = await findLastFitting(database, database.read, { ...tried, bytes: left.bytes })
  return { ...part, upTo: Math.max(part.after + 1, last) }
}

/** True when nothing of the stream was ever hidden from him: then he sees each message that something is told of. */
function isWhole({ spans }: View): boolean {
  const [first] = spans
  return spans.length === 1 && first !== undefined && first.fromSeq <= 1
}

/** Events as somebody with these spans may see them. */
function within(json: string, spans: readonly SpanRow[]): string {
  // What the journal wrote it reads; see `toEvent`.
  // oxlint-disable-next-line typescript/consistent-type-assertions
  const events = JSON.parse(`[${json}]`) as (Event | MessageRow)[]
  const shown = events.map((event) => (Array.isArray(event) ? event : toEventWithin(event, spans)))
  return JSON.stringify(shown).slice(1, -1)
}

/** What is visible after a seq, oldest first; no range is empty. */
function rangesAfter(view: View, seq: number): { after: number; upTo: number }[] {
  return view.spans
    .map((span) => ({
      after: Math.max(seq, span.fromSeq - 1),
      upTo: Math.min(span.toSeq ?? view.head, view.head),
    }))
    .filter(({ after, upTo }) => after < upTo)
}

async function readViews(
  database: Database,
  userKey: number,
  positions: readonly Position[],
): Promise<ReadonlyMap<string, View>> {
  const names = [...new Set(positions.map((position) => position.stream))]
  const streams = await findStreamsByName(database, database.read, names)
  const spans = await spansByStream(database, userKey, streams)
  const places = placesOf(streams, spans, positions)
  const tags = await findTags(database, database.read, places)
  const tagAt = new Map(tags.map(({ streamKey, seq, tag }) => [`${streamKey}:${seq}`, tag]))
  const views = new Map<string, View>()
  for (const stream of streams) {
    const own = spans.get(stream.key)
    if (own === undefined) continue
    const at = (seq: number) => tagAt.get(`${stream.key}:${seq}`)
    const head = visibleHead(stream, own)
    const headTag = head === stream.head ? stream.headTag : (at(head) ?? 0)
    views.set(stream.name, { stream, spans: own, head, headTag, tagAt: at })
  }
  return views
}

async function spansByStream(
  database: Database,
  userKey: number,
  streams: readonly StreamRow[],
): Promise<ReadonlyMap<number, SpanRow[]>> {
  const streamKeys = streams.map((row) => row.key)
  const rows = await listSpans(database, database.read, { userKey, streamKeys })
  const byStream = new Map<number, SpanRow[]>()
  for (const row of rows) {
    const list = byStream.get(row.streamKey)
    if (list === undefined) byStream.set(row.streamKey, [row])
    else list.push(row)
  }
  return byStream
}

function visibleHead(stream: StreamRow, spans: readonly SpanRow[]): number {
  const last = spans.at(-1)
  return last === undefined ? 0 : Math.min(last.toSeq ?? stream.head, stream.head)
}

/** The places whose tags decide: each position's own, and the end of a stream that was left. */
function placesOf(
  streams: readonly StreamRow[],
  spans: ReadonlyMap<number, SpanRow[]>,
  positions: readonly Position[],
) {
  const places: { streamKey: number; seq: number }[] = []
  for (const stream of streams) {
    const own = spans.get(stream.key)
    if (own === undefined) continue
    const head = visibleHead(stream, own)
    if (head !== stream.head) places.push({ streamKey: stream.key, seq: head })
    for (const { stream: name, after } of positions) {
      if (name === stream.name && after > 0) places.push({ streamKey: stream.key, seq: after })
    }
  }
  return places
}
