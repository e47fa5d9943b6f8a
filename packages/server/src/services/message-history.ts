import { seqSchema, timestampSchema } from '@tidings/protocol'
import {
  LIMITS,
  TidingsError,
  type ListMessagesInput,
  type ListVersionsInput,
  type Message,
  type GetMessageInput,
  type MessagePage,
  type MessageVersion,
  type VersionPage,
} from '@tidings/protocol/wire'
import * as z from 'zod'
import { toContent } from '../journal/content.ts'
import { ownerOfStream, storedOf, toMessage } from '../journal/event.ts'
import type { EventRow } from '../stores/event.ts'
import { listVersions as selectVersions, type VersionRow } from '../stores/message-detail.ts'
import { findMessage, findShownMessage, listMessages as selectMessages } from '../stores/message.ts'
import { findStreamThroughSpan } from '../stores/span.ts'
import { mayFollow, type Actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { withReactions, type Reading } from './message-reaction.ts'
import { parseCursor, toCursor, toPage } from './page-cursor.ts'

/** Of history: which way it goes on, and from where. */
const placeSchema = z.tuple([z.enum(['before', 'after']), seqSchema])
/** Of versions: before which time they were written. */
const timeSchema = z.tuple([timestampSchema])

/** What is skipped is read: by page, no call may go further back than this. By cursor there is no end. */
const TOO_FAR = {
  path: 'page',
  message: `more than ${LIMITS.pageOffset} messages back: use cursor or before`,
}

/**
 * A page of history, newest first, with the reactions to its messages.
 * @throws TidingsError NOT_FOUND to whoever never was a member; INVALID_INPUT when asked in two ways, for a page that is too far
 * back, or by a cursor that is none
 */
export async function listMessages(
  deps: Deps,
  actor: Actor,
  input: ListMessagesInput,
): Promise<MessagePage> {
  const { cursor, before, after, around, page, limit = 50 } = input
  if ([cursor, before, after, around, page].filter((way) => way !== undefined).length > 1) {
    throw new TidingsError('INVALID_INPUT', 'Give one of cursor, before, after, around and page.')
  }
  const offset = page === undefined ? 0 : (page - 1) * limit
  const streamKey = await requireStream(deps, actor, input.conversationId)
  if (offset > LIMITS.pageOffset)
    throw new TidingsError('INVALID_INPUT', undefined, { fields: [TOO_FAR] })
  const reading = { deps, actor, streamKey }
  if (around !== undefined) return listAround(reading, around, limit)
  const place = cursor === undefined ? { before, after } : toPlace(cursor)
  const { rows, next } = await readPage(reading, { ...place, offset, limit })
  return { items: await withReactions(reading, rows.map(messageOf)), next }
}

/** Before a place, or after it; without either, at the newest. */
interface Place {
  readonly before?: number | undefined
  readonly after?: number | undefined
}

/** @throws TidingsError INVALID_INPUT */
function toPlace(cursor: string): Place {
  const [way, seq] = parseCursor(cursor, placeSchema)
  return { [way]: seq }
}

interface Part extends Place {
  readonly offset?: number | undefined
  readonly limit: number
}

/** Newest first, whichever way was asked; and the cursor of what comes next that way. */
async function readPage(
  { deps: { database }, actor: { userKey }, streamKey }: Reading,
  { before, after, offset = 0, limit }: Part,
): Promise<{ readonly rows: readonly EventRow[]; readonly next: string | null }> {
  const range = { streamKey, userKey, before, after, offset, limit: limit + 1 }
  const found = await selectMessages(database, database.read, range)
  const rows = found.slice(0, limit)
  const last = rows.at(-1)?.seq ?? after ?? 0
  const next =
    found.length > limit ? toCursor([after === undefined ? 'before' : 'after', last]) : null
  if (after !== undefined) rows.reverse()
  return { rows, next }
}

/** Half of it before the place, the message there included, and half of it after. */
async function listAround(reading: Reading, seq: number, limit: number): Promise<MessagePage> {
  const half = Math.floor(limit / 2)
  const older = await readPage(reading, { before: seq + 1, limit: limit - half })
  const newer = await readPage(reading, { after: seq, limit: half })
  const rows = [...newer.rows, ...older.rows]
  const items = await withReactions(reading, rows.map(messageOf))
  return { items, next: older.next, previous: newer.next }
}

function messageOf(row: EventRow): Message {
  return toMessage(storedOf(row))
}

/**
 * One message, with the reactions to it.
 * @throws TidingsError NOT_FOUND when the actor does not see it, or has hidden it
 */
export async function getMessage(
  deps: Deps,
  actor: Actor,
  { messageId, conversationId }: GetMessageInput,
): Promise<Message> {
  const place = conversationId ?? (await conversationOf(deps, actor, messageId))
  const streamKey = await requireStream(deps, actor, place)
  const row = await requireShown(deps, actor, { streamKey, messageId })
  const [message] = await withReactions({ deps, actor, streamKey }, [messageOf(row)])
  if (message === undefined) throw new Error('a message has gone on the way')
  return message
}

async function conversationOf(
  { database }: Deps,
  { grant }: Actor,
  messageId: string,
): Promise<string> {
  const row = await findMessage(database, database.read, messageId)
  if (row === undefined || !mayFollow(grant, row.stream)) throw new TidingsError('NOT_FOUND')
  return ownerOfStream(row.stream)
}

/**
 * What a message has said, what it says now first. A deleted one has said nothing.
 * @throws TidingsError NOT_FOUND when the actor does not see it, or has hidden it; INVALID_INPUT
 */
export async function listVersions(
  deps: Deps,
  actor: Actor,
  input: ListVersionsInput,
): Promise<VersionPage> {
  const { database } = deps
  const { messageId, cursor, limit = 50 } = input
  const [before] =
    cursor === undefined ? [Number.MAX_SAFE_INTEGER] : parseCursor(cursor, timeSchema)
  const streamKey = await requireStream(deps, actor, input.conversationId)
  const row = await requireShown(deps, actor, { streamKey, messageId })
  const { seq, body, editedAt, ts } = row
  const page = { streamKey, seq, before, limit: limit + 1 }
  const former = await selectVersions(database, database.read, page)
  const current = { writtenAt: editedAt ?? ts, body }
  const all = current.writtenAt < before ? [current, ...former] : former
  const { shown, next } = toPage(all, limit, ({ writtenAt }) => [writtenAt])
  return { items: shown.flatMap(toVersion), next }
}

function toVersion({ writtenAt, body: stored }: VersionRow): readonly MessageVersion[] {
  const { body, mentions } = toContent(stored)
  if (isDeleted(body)) return []
  return [mentions === undefined ? { body, writtenAt } : { body, mentions, writtenAt }]
}

function isDeleted(body: ReturnType<typeof toContent>['body']): body is { kind: 'deleted' } {
  return body.kind === 'deleted'
}

async function requireStream(
  { database }: Deps,
  { userKey }: Actor,
  conversationId: string,
): Promise<number> {
  const place = { userKey, stream: `m:${conversationId}` }
  const streamKey = await findStreamThroughSpan(database, database.read, place)
  if (streamKey === undefined) throw new TidingsError('NOT_FOUND')
  return streamKey
}

async function requireShown(
  { database }: Deps,
  { userKey }: Actor,
  { streamKey, messageId }: { readonly streamKey: number; readonly messageId: string },
): Promise<EventRow> {
  const row = await findShownMessage(database, database.read, { streamKey, userKey, messageId })
  if (row === undefined) throw new TidingsError('NOT_FOUND')
  return row
}
