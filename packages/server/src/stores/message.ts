import {
  and,
  asc,
  desc,
  eq,
  gt,
  inArray,
  isNotNull,
  lt,
  sql,
  type Placeholder,
  type SQL,
} from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, rowSet } from '../db/row-set.ts'
import { selectEvents, type EventRow } from './event.ts'
import { perDatabase } from './per-database.ts'

/** Sends already made under these idempotency keys. */
export async function findByClientMessageId(
  database: Database,
  reader: Reader,
  keys: readonly { streamKey: number; actorKey: number; clientMessageId: string }[],
): Promise<EventRow[]> {
  if (keys.length === 0) return []
  const rows = keys.map((key) => [key.streamKey, key.actorKey, key.clientMessageId])
  return sentQuery(database)(reader, { keys: cells(rows) })
}

const sentQuery = perDatabase((database) => {
  const { events } = database.tables
  const keys = rowSet(database.engine, 'keys', ['integer', 'integer', 'text'])
  return database.prepare((on) =>
    selectEvents(database, on).where(
      and(
        isNotNull(events.clientMessageId),
        sql`(${events.streamKey}, ${events.actorKey}, ${events.clientMessageId}) in (${keys})`,
      ),
    ),
  )
})

/** A message by its id. */
export async function findMessage(
  database: Database,
  reader: Reader,
  messageId: string,
): Promise<EventRow | undefined> {
  const [row] = await idQuery(database)(reader, { messageId })
  return row
}

const idQuery = perDatabase((database) => {
  const hasId = eq(database.tables.events.messageId, sql.placeholder('messageId'))
  return database.prepare((on) => selectEvents(database, on).where(hasId).limit(1))
})

/** A page of one conversation's messages. */
export interface MessageRange {
  readonly streamKey: number
  /** Who asks: only what his spans cover is there for him. */
  readonly userKey: number
  readonly before?: number | undefined
  readonly after?: number | undefined
  readonly offset: number
  readonly limit: number
}

/** Messages that a user may see: newest first, or oldest first when `after` is given. */
export function listMessages(
  database: Database,
  reader: Reader,
  { before = Number.MAX_SAFE_INTEGER, after, ...place }: MessageRange,
): Promise<EventRow[]> {
  return after === undefined
    ? newestQuery(database)(reader, { ...place, before, after: 0 })
    : oldestQuery(database)(reader, { ...place, before, after })
}

const newestQuery = perDatabase((database) => messages(database, desc))
const oldestQuery = perDatabase((database) => messages(database, asc))

function messages(database: Database, order: typeof asc) {
  const { events } = database.tables
  const condition = and(
    eq(events.streamKey, sql.placeholder('streamKey')),
    isNotNull(events.messageId),
    isVisibleTo(database, sql.placeholder('userKey')),
    lt(events.seq, sql.placeholder('before')),
    gt(events.seq, sql.placeholder('after')),
  )
  return database.prepare((on) =>
    selectEvents(database, on)
      .where(condition)
      .orderBy(order(events.seq))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('offset')),
  )
}

/** The messages at places, in no order; places that hold none are left out. */
export async function listMessagesAt(
  database: Database,
  reader: Reader,
  places: readonly { streamKey: number; seq: number }[],
): Promise<EventRow[]> {
  if (places.length === 0) return []
  const rows = places.map((place) => [place.streamKey, place.seq])
  return placeQuery(database)(reader, { places: cells(rows) })
}

const placeQuery = perDatabase((database) => {
  const { events } = database.tables
  const places = rowSet(database.engine, 'places', ['integer', 'integer'])
  const isAt = sql`(${events.streamKey}, ${events.seq}) in (${places})`
  return database.prepare((on) =>
    selectEvents(database, on).where(and(isNotNull(events.messageId), isAt)),
  )
})

/** One message of a stream as one user may name it: by its id, or as his own by the id under which he sent it. */
export interface OwnMessageRef {
  readonly streamKey: number
  readonly userKey: number
  readonly messageId?: string | undefined
  readonly clientMessageId?: string | undefined
}

/** A message that the user may see. */
export async function findVisibleMessage(
  database: Database,
  reader: Reader,
  { messageId, clientMessageId = '', ...place }: OwnMessageRef,
): Promise<EventRow | undefined> {
  const queries = visibleQueries(database)
  const [row] = await (messageId === undefined
    ? queries.ownByClientId(reader, { ...place, clientMessageId })
    : queries.byId(reader, { ...place, messageId }))
  return row
}

const visibleQueries = perDatabase((database) => {
  const { events } = database.tables
  const userKey = sql.placeholder('userKey')
  const isOfStream = eq(events.streamKey, sql.placeholder('streamKey'))
  const isVisible = isVisibleTo(database, userKey)
  const query = (...named: readonly SQL[]) =>
    database.prepare((on) =>
      selectEvents(database, on)
        .where(and(isOfStream, isNotNull(events.messageId), ...named, isVisible))
        .limit(1),
    )
  const hasClientId = eq(events.clientMessageId, sql.placeholder('clientMessageId'))
  return {
    byId: query(eq(events.messageId, sql.placeholder('messageId'))),
    ownByClientId: query(hasClientId, eq(events.actorKey, userKey)),
  }
})

/** Where a message stands. */
export interface MessagePlace {
  readonly streamKey: number
  readonly seq: number
}

/** Puts another body in the place of a message's; `editSeq` is the edit that says so. */
export async function updateMessageBody(
  database: Database,
  tx: Tx,
  change: MessagePlace & { readonly body: unknown; editedAt: number; editSeq: number },
): Promise<void> {
  const { streamKey, seq, body, editedAt, editSeq } = change
  const { events } = database.tables
  await tx
    .update(events)
    .set({ body, editedAt, editSeq })
    .where(and(eq(events.streamKey, streamKey), eq(events.seq, seq)))
}

/** Leaves nothing of what a message said: neither in its own row, nor a digest of it, nor in the rows of its edits. */
export async function eraseMessage(
  database: Database,
  tx: Tx,
  erased: MessagePlace & {
    readonly editSeq: number | null
    readonly body: unknown
    readonly editBody: unknown
  },
): Promise<void> {
  const { streamKey, seq, editSeq, body, editBody } = erased
  const { events } = database.tables
  await tx
    .update(events)
    .set({ body, payloadHash: null })
    .where(and(eq(events.streamKey, streamKey), eq(events.seq, seq)))
  if (editSeq === null) return
  const edits = sql`(
    with recursive edits(edit) as (
      select cast(${editSeq} as bigint)
      union all
      select ${events.editSeq} from edits join ${events}
        on ${events.streamKey} = ${streamKey} and ${events.seq} = edits.edit
      where ${events.editSeq} is not null
    )
    select edit from edits
  )`
  await tx
    .update(events)
    .set({ body: editBody })
    .where(and(eq(events.streamKey, streamKey), inArray(events.seq, edits)))
}

/** True of events that one of the user's spans covers. */
function isVisibleTo({ tables: { events, spans } }: Database, userKey: Placeholder): SQL {
  return sql`exists (
    select 1 from ${spans} where ${spans.streamKey} = ${events.streamKey} and ${spans.userKey} = ${userKey}
      and ${spans.fromSeq} <= ${events.seq} and (${spans.toSeq} is null or ${spans.toSeq} >= ${events.seq})
  )`
}
