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
import { findTags, listEvents } from '../stores/event.ts'
import { listSpans, type SpanRow } from '../stores/span.ts'
import { findStreamsByName, type StreamRow } from '../stores/stream.ts'
import { storedOf, toEvent } from './event.ts'

/** A position, and the stream as its owner may see it. */
interface View {
  readonly position: Position
  readonly stream: StreamRow
  readonly spans: readonly SpanRow[]
  /** The last seq that he may see, and its tag. */
  readonly head: number
  readonly headTag: number
  /** The tag of the event at the position, when it is still kept. */
  readonly tagAtPosition: number | undefined
}

/** Told of every position from the future: the server may have lost data. */
export type OnFuturePosition = (position: Position, head: number) => void

/** What a pull needs besides the input. */
export interface PullContext {
  readonly database: Database
  readonly epoch: number
  readonly onFuturePosition: OnFuturePosition
}

/** Reads on from positions: for each stream everything visible, or that there is more, or why it cannot be continued. */
export async function pullStreams(
  context: PullContext,
  userKey: number,
  input: PullInput,
): Promise<Pull> {
  const views = await readViews(context.database, userKey, input.streams)
  let budget = input.limit ?? 500
  const streams: (PulledStream | StreamReset)[] = []
  for (const position of input.streams) {
    const view = views.get(position.stream)
    const answer = await answerOne(context, { view, position, budget, epoch: input.epoch })
    if ('events' in answer) budget -= answer.events.length
    streams.push(answer)
  }
  return { epoch: context.epoch, streams }
}

interface OneRequest {
  readonly view: View | undefined
  readonly position: Position
  readonly budget: number
  readonly epoch: number
}

async function answerOne(
  context: PullContext,
  { view, position, budget, epoch }: OneRequest,
): Promise<PulledStream | StreamReset> {
  if (view === undefined) return resetTo('gone', { stream: position.stream, head: 0, tag: 0, floor: 0 })
  const reason = epoch === context.epoch ? refusalOf(view, position) : 'epoch'
  if (reason === 'future') context.onFuturePosition(position, view.head)
  if (reason !== undefined) return resetTo(reason, headOf(view))
  return readOn(context.database, view, { after: position.after, tag: position.tag, budget })
}

function refusalOf(view: View, { after, tag }: Position): ResetReason | undefined {
  if (after > view.head) return 'future'
  if (rangesAfter(view, after).some((range) => range.after < view.stream.floor)) return 'floor'
  // At the floor itself the event is no longer kept, so its tag cannot be compared.
  if (after > 0 && after > view.stream.floor && view.tagAtPosition !== tag) return 'tag'
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
  from: { after: number; tag: number; budget: number },
): Promise<PulledStream | StreamReset> {
  const stream = view.stream.name
  const events: Event[] = []
  for (const { after, upTo } of rangesAfter(view, from.after)) {
    const room = from.budget - events.length
    const rows = await listVisible(database, { streamKey: view.stream.key, after, upTo, limit: room })
    // Seqs have no gap: what is missing at the start went while we read.
    if (rows[0]?.seq !== after + 1) return resetTo('floor', { ...headOf(view), floor: after + 1 })
    for (const row of rows.slice(0, room)) events.push(toEvent(storedOf(row)))
    if (rows.length > room) return { stream, events, upTo: lastPlace(events, from), more: true }
  }
  return { stream, events, upTo: { seq: view.head, tag: view.headTag }, more: false }
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

/** One more than the limit, so that "there is more" is known. */
function listVisible(
  database: Database,
  range: { streamKey: number; after: number; upTo: number; limit: number },
) {
  return listEvents(database, database.read, { ...range, limit: Math.max(range.limit, 0) + 1 })
}

function lastPlace(events: readonly Event[], from: { after: number; tag: number }) {
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
  for (const position of positions) {
    const stream = streams.find((row) => row.name === position.stream)
    const own = stream && spans.get(stream.key)
    if (!stream || !own) continue
    const head = visibleHead(stream, own)
    const headTag = head === stream.head ? stream.headTag : (tagAt.get(`${stream.key}:${head}`) ?? 0)
    const tagAtPosition = tagAt.get(`${stream.key}:${position.after}`)
    views.set(position.stream, { position, stream, spans: own, head, headTag, tagAtPosition })
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
