import type { Database } from '../db/database.ts'
import { addOne, createFigures, type Figures } from '../figures.ts'
import { listEvents } from '../stores/event.ts'
import { listAudience } from '../stores/span.ts'
import { listPlacesAt } from '../stores/stream-place.ts'
import { Batch, type Outcome } from './batch.ts'
import { storedOf } from './event.ts'
import { openFutureAlarm, type OnFuturePosition } from './future-alarm.ts'
import { readHeads } from './heads.ts'
import type { PullJson } from './pull-json.ts'
import type { Journal, MessageAppend, MessageAppended, StoredEvent } from './journal.ts'
import { pullStreams } from './pull.ts'
import { commitMessages } from './send.ts'
import { transact, type Publish } from './transact.ts'
import { trimStream } from './trim.ts'

/** Options of {@link openJournal}. */
export interface JournalOptions {
  readonly database: Database
  /** From the settings of the database. */
  readonly epoch: number
  /** A client is ahead of the database, which may have lost data; told once a minute at most. */
  readonly onFuturePosition?: OnFuturePosition | undefined
  /** Transactions of sends at once on Postgres. @default 4 */
  readonly lanes?: number | undefined
  /** Messages of one transaction. @default 1024 */
  readonly maxBatch?: number | undefined
  /** Where it counts. */
  readonly figures?: Figures | undefined
}

/** Opens the journal of a database. */
export function openJournal(options: JournalOptions): Journal {
  const { database, epoch, figures = createFigures() } = options
  const { tell, onCommitted } = listeners()
  const publish: Publish = (events) => {
    tell(events)
    // Nobody waits for it.
    countEvents(figures, events)
  }
  const lanes = openLanes({ ...options, figures }, publish)
  const alarm = openFutureAlarm(options.onFuturePosition ?? (() => undefined))
  const context = { database, epoch, alarm }
  return {
    epoch,
    onCommitted,
    transact: (work, options) => transact({ database, publish }, work, options),
    sendMessage: (message) => laneOf(lanes, message.streamKey).add(message),
    async readAfter(streamKey, after, limit) {
      const range = { streamKey, after, upTo: Number.MAX_SAFE_INTEGER, limit }
      return (await listEvents(database, database.read, range)).map(storedOf)
    },
    audience: (streamKey, after = 0) => listAudience(database, database.read, { streamKey, after }),
    async placesAt(streams, ts) {
      const places = await listPlacesAt(database, database.read, { streams, ts })
      return new Map(places.map(({ stream, seq, tag }) => [stream, { seq, tag }]))
    },
    heads: (userKey, input) => readHeads(database, epoch, { userKey, input }),
    pull: async (userKey, input) =>
      countResets(figures, await pullStreams(context, userKey, input)),
    trim: (streamKey, upTo) => trimStream(database, streamKey, upTo),
    futurePositions: () => alarm.count(),
    async close() {
      await Promise.all(lanes.map((lane) => lane.idle()))
    },
  }
}

type Lane = Batch<MessageAppend, MessageAppended>

/** SQLite has one writer, so one lane; on Postgres streams share lanes by key, so that a stream stays in one. */
function openLanes(
  options: JournalOptions & { readonly figures: Figures },
  publish: Publish,
): readonly Lane[] {
  const { database, lanes = 4, maxBatch = 1024, figures } = options
  const count = database.engine === 'sqlite' ? 1 : lanes
  const commit = async (take: () => readonly MessageAppend[]) => {
    let begun = 0
    // Waiting for its turn is no part of it.
    const begin = (): readonly MessageAppend[] => {
      begun = performance.now()
      return take()
    }
    const outcomes = await commitMessages(database, publish, begin)
    countBatch(figures, outcomes, (performance.now() - begun) / 1000)
    return outcomes
  }
  const orderOf = ({ streamKey, actor }: MessageAppend) => `${streamKey}:${actor.key}`
  return Array.from({ length: count }, () => new Batch({ commit, maxItems: maxBatch, orderOf }))
}

function laneOf(lanes: readonly Lane[], streamKey: number): Lane {
  const lane = lanes[streamKey % lanes.length]
  if (lane === undefined) throw new Error('a journal without lanes')
  return lane
}

function listeners() {
  const all: Publish[] = []
  return {
    tell: (events: readonly StoredEvent[]) => {
      for (const listener of all) listener(events)
    },
    onCommitted: (listener: Publish) => {
      all.push(listener)
    },
  }
}

function countBatch(
  { sends, batchMessages, batchSeconds }: Figures,
  outcomes: readonly Outcome<MessageAppended>[],
  seconds: number,
): void {
  batchMessages.add(outcomes.length)
  batchSeconds.add(seconds)
  for (const outcome of outcomes) {
    if ('error' in outcome) sends.refused += 1
    else if (outcome.ok.duplicate) sends.repeated += 1
    else sends.stored += 1
  }
}

function countEvents({ events }: Figures, committed: readonly StoredEvent[]): void {
  for (const { type } of committed) addOne(events, type)
}

function countResets({ resets }: Figures, pulled: PullJson): PullJson {
  for (const stream of pulled.streams) if ('reset' in stream) resets[stream.reset.reason] += 1
  return pulled
}
