import {
  type Event,
  type Head,
  type Position,
  type Pull,
  type PulledStream,
  type PullInput,
  type ResetReason,
  type StreamReset,
} from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import { findTags, listEvents, type EventRow } from '../stores/event.ts'
import { listSpans, type SpanRow } from '../stores/span.ts'
import { findStreamsByName, type StreamRow } from '../stores/stream.ts'
import { storedOf, toEvent, toEventWithin } from './event.ts'
import type { FutureAlarm } from './future-alarm.ts'

/**
 * JSON of one answer's events, in characters, and the rows of one read: a thousand messages of the largest size would be
 * held by a server many times over for clients that ask for them again and again.
 */
const ANSWER_CHARACTERS = 1024 * 1024
const READ_ROWS = 250

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
  characters: number
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
  input: PullInput,
): Promise<Pull> {
  const views = await readViews(context.database, userKey, input.streams)
  const budget = { events: input.limit ?? 500, characters: ANSWER_CHARACTERS }
  const streams: (PulledStream | StreamReset)[] = []
  for (const position of input.streams) {
    const view = views.get(position.stream)
    streams.push(await answerOne(context, { view, position, budget, epoch: input.epoch }))
  }
  return { epoch: context.epoch, streams }
}

interface OneRequest {
  readonly view: View | undefined
  readonly position: Position
  readonly budget: Budget
  readonly epoch: number
}

async function answerOne(
  context: PullContext,
  { view, position, budget, epoch }: OneRequest,
): Promise<PulledStream | StreamReset> {
  if (view === undefined)
    return resetTo('gone', { stream: position.stream, head: 0, tag: 0, floor: 0 })
  const reason = epoch === context.epoch ? refusalOf(view, position) : 'epoch'
  if (reason === 'future') context.alarm.ring(position, view.head)
  if (reason !== undefined) return resetTo(reason, headOf(view))
  return readOn(context.database, view, { position, budget })
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
  { position, budget }: { position: Position; budget: Budget },
): Promise<PulledStream | StreamReset> {
  const stream = view.stream.name
  const events: Event[] = []
  for (const { after, upTo } of rangesAfter(view, position.after)) {
    // Seqs have no gap, so below `upTo` there is always a next one.
    for (let at = after; at < upTo;) {
      if (isSpent(budget)) return { stream, events, upTo: lastPlace(events, position), more: true }
      const limit = Math.min(budget.events, READ_ROWS)
      const rows = await listEvents(database, database.read, {
        streamKey: view.stream.key,
        after: at,
        upTo,
        limit,
      })
      // What is missing at the start went while we read.
      if (rows[0]?.seq !== at + 1) return resetTo('floor', { ...headOf(view), floor: at + 1 })
      at = take(rows, view, { events, budget })
    }
  }
  return { stream, events, upTo: { seq: view.head, tag: view.headTag }, more: false }
}

function isSpent(budget: Budget): boolean {
  return budget.events <= 0 || budget.characters <= 0
}

/** Takes rows over while the budget lasts, at least one; answers the seq of the last. */
function take(
  rows: readonly EventRow[],
  { spans }: View,
  { events, budget }: { events: Event[]; budget: Budget },
): number {
  let last = 0
  for (const row of rows) {
    events.push(toEventWithin(toEvent(storedOf(row)), spans))
    last = row.seq
    budget.events -= 1
    budget.characters -= JSON.stringify(row.body).length
    if (isSpent(budget)) break
  }
  return last
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

function lastPlace(events: readonly Event[], from: Position) {
  const last = events.at(-1)
  return last === undefined ? { seq: from.after, tag: from.tag } : { seq: last.seq, tag: last.tag }
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
