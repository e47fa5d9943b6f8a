import { setImmediate } from 'node:timers/promises'
import type { Database, Tx } from '../../db/database.ts'
import { toContent } from '../../journal/content.ts'
import { storedOf } from '../../journal/event.ts'
import { listEvents, type EventRow } from '../../stores/event.ts'
import { listMessagesAt, listUndeleted } from '../../stores/message.ts'
import {
  deleteDocument,
  holdProgress,
  insertDocument,
  listProgress,
  updateProgress,
  type SearchDocument,
  type SearchProgress,
} from '../../stores/search-document.ts'
import { documentTokens } from './document.ts'

/** How much is done in one go: everybody else waits meanwhile. */
export interface Portion {
  /** Events that are read together, and streams that are looked at for them. */
  readonly events: number
  /** Characters of tokens that one transaction writes, but for a message that has more alone. */
  readonly characters: number
}

/** Characters of tokens that are made in one go: everybody else waits meanwhile. */
const GO_CHARACTERS = 8192

/** What one event of a stream changes in what is searched. */
export interface IndexStep {
  readonly streamKey: number
  /** Where the index stands before it, and where after it. */
  readonly after: number
  readonly upTo: number
  /** The seq of a message that says something else now, or nothing. */
  readonly changed: number | undefined
  readonly document: SearchDocument | undefined
}

/** What there is to do in some streams. */
export interface IndexReading {
  readonly steps: readonly IndexStep[]
  /** Streams of which nothing was read, for want of time. */
  readonly untouched: readonly number[]
  /** Streams of which something was read and something is left. */
  readonly begun: readonly number[]
}

/** Reads the next events of streams and makes the tokens of their messages, outside of any transaction: no send waits for it. */
export async function readSteps(
  database: Database,
  streamKeys: readonly number[],
  { events }: Pick<Portion, 'events'>,
): Promise<IndexReading> {
  const found = await listProgress(database, streamKeys)
  const progressOf = new Map(found.map((progress) => [progress.streamKey, progress]))
  const steps: IndexStep[] = []
  const untouched: number[] = []
  const begun: number[] = []
  for (const key of streamKeys) {
    const progress = progressOf.get(key)
    if (progress === undefined || progress.seq >= progress.head) continue
    const limit = events - steps.length
    if (limit === 0) {
      untouched.push(key)
      continue
    }
    steps.push(...(await readStream(database, progress, limit)))
    if (steps.at(-1)?.upTo !== progress.head) begun.push(key)
  }
  return { steps, untouched, begun }
}

async function readStream(
  database: Database,
  { streamKey, seq, head }: SearchProgress,
  limit: number,
): Promise<readonly IndexStep[]> {
  const range = { streamKey, after: seq, upTo: head, limit }
  const rows = await listEvents(database, database.read, range)
  const places = rows.flatMap((row) => changedBy(row) ?? []).map((at) => ({ streamKey, seq: at }))
  const changed = await listMessagesAt(database, database.read, places)
  const messageAt = new Map(changed.map((row) => [row.seq, row]))
  const steps: IndexStep[] = []
  let after = seq
  let characters = 0
  for (const row of rows) {
    const place = changedBy(row)
    const document = documentOf(place === undefined ? row : messageAt.get(place))
    steps.push({ streamKey, after, upTo: row.seq, changed: place, document })
    after = row.seq
    characters += document?.tokens.length ?? 0
    if (characters < GO_CHARACTERS) continue
    characters = 0
    await setImmediate()
  }
  // What retention has forgotten is behind us too.
  if (rows.length < limit && after < head)
    steps.push({ streamKey, after, upTo: head, changed: undefined, document: undefined })
  return steps
}

/** The seq of the message that an event is about. */
function changedBy(row: EventRow): number | undefined {
  const { type, body } = storedOf(row)
  if (type !== 'message.edited' && type !== 'message.deleted') return undefined
  // oxlint-disable-next-line typescript/consistent-type-assertions -- what the journal wrote it reads
  return (body as { readonly message: { readonly seq: number } }).message.seq
}

/** The row of a message says what it is by now. */
function documentOf(row: EventRow | undefined): SearchDocument | undefined {
  if (row === undefined || row.messageId === null || row.actorKey === null) return undefined
  const { streamKey, seq, ts, actorKey } = row
  const { body } = toContent(row.body)
  if (body.kind === 'deleted') return undefined
  return { streamKey, seq, ts, tokens: documentTokens(body, { streamKey, senderKey: actorKey }) }
}

/** Steps that are written together, in their order. */
export function batchesOf(
  steps: readonly IndexStep[],
  { characters: most }: Pick<Portion, 'characters'>,
): readonly (readonly IndexStep[])[] {
  const batches: IndexStep[][] = []
  let left = 0
  for (const step of steps) {
    const characters = step.document?.tokens.length ?? 0
    const batch = batches.at(-1)
    if (batch !== undefined && characters <= left) batch.push(step)
    else {
      batches.push([step])
      left = most
    }
    left -= characters
  }
  return batches
}

/**
 * Writes steps in one transaction. What has happened since they were read is looked at under the lock that deletions take:
 * of a message that is gone nothing is written. Answers the streams in which another node was faster.
 */
export function writeSteps(
  database: Database,
  steps: readonly IndexStep[],
): Promise<ReadonlySet<number>> {
  const work = async (tx: Tx): Promise<ReadonlySet<number>> => {
    const keys = [...new Set(steps.map(({ streamKey }) => streamKey))]
    const held = await holdProgress(database, tx, keys)
    const reached = new Map(held.map(({ streamKey, seq }) => [streamKey, seq]))
    const documents = steps.flatMap(({ document }) => document ?? [])
    const there = await listUndeleted(database, tx, documents)
    const undeleted = new Set(there.map(({ streamKey, seq }) => `${streamKey}:${seq}`))
    const missed = new Set<number>()
    for (const { streamKey, after, upTo, changed, document } of steps) {
      if (reached.get(streamKey) !== after) {
        missed.add(streamKey)
        continue
      }
      if (changed !== undefined) await deleteDocument(database, tx, { streamKey, seq: changed })
      if (document !== undefined && undeleted.has(`${streamKey}:${document.seq}`))
        await insertDocument(database, tx, document)
      reached.set(streamKey, upTo)
    }
    for (const { streamKey, seq } of held) {
      const upTo = reached.get(streamKey) ?? seq
      if (upTo > seq) await updateProgress(database, tx, { streamKey, seq: upTo })
    }
    return missed
  }
  return database.tx(work, { priority: 'low' })
}
