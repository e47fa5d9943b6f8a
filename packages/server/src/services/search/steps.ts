import { setImmediate } from 'node:timers/promises'
import type { Database } from '../../db/database.ts'
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

/** Events that are read together. */
const EVENTS = 100

/** Characters of tokens that one transaction writes, but for a message that has more alone: none waits long behind it. */
const CHARACTERS = 32_768

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

/** What there is to do in some streams, and those of which not everything was read. */
export interface IndexReading {
  readonly steps: readonly IndexStep[]
  readonly left: readonly number[]
}

/** Reads the next events of streams and makes the tokens of their messages, outside of any transaction: no send waits for it. */
export async function readSteps(
  database: Database,
  streamKeys: readonly number[],
): Promise<IndexReading> {
  const steps: IndexStep[] = []
  const left: number[] = []
  for (const progress of await listProgress(database, streamKeys)) {
    const limit = Math.max(0, EVENTS - steps.length)
    if (progress.seq >= progress.head) continue
    if (limit > 0) steps.push(...(await readStream(database, progress, limit)))
    const isAll = limit > 0 && steps.at(-1)?.upTo === progress.head
    if (!isAll) left.push(progress.streamKey)
  }
  return { steps, left }
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
export function batchesOf(steps: readonly IndexStep[]): readonly (readonly IndexStep[])[] {
  const batches: IndexStep[][] = []
  let left = 0
  for (const step of steps) {
    const characters = step.document?.tokens.length ?? 0
    const batch = batches.at(-1)
    if (batch !== undefined && characters <= left) batch.push(step)
    else {
      batches.push([step])
      left = CHARACTERS
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
  return database.tx(async (tx) => {
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
  })
}
