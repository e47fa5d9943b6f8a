import {
  and,
  asc,
  desc,
  eq,
  getTableName,
  gt,
  isNotNull,
  lt,
  sql,
  Subquery,
  type Placeholder,
  type SQL,
} from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import { cells, rowSet } from '../db/row-set.ts'
import { selectEvents, type EventRow } from './event.ts'
import { isNotHiddenFrom } from './message-detail.ts'
import { perDatabase } from './per-database.ts'
import { isVisibleTo } from './span.ts'

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

const sentQuery = perDatabase((database) =>
  database.prepare((on) =>
    database.engine === 'postgres'
      ? selectEvents(database, on, sentByKey(database))
      : selectEvents(database, on).where(isAmongSends(database)),
  ),
)

const SEND_KEY = ['integer', 'integer', 'text'] as const

function isAmongSends({ engine, tables: { events } }: Database): SQL | undefined {
  const keys = rowSet(engine, 'keys', SEND_KEY)
  const key = sql`(${events.streamKey}, ${events.actorKey}, ${events.clientMessageId})`
  return and(isNotNull(events.clientMessageId), sql`${key} in (${keys})`)
}

/**
 * One look into the index for each key. What `in` says Postgres may as well do by going through all messages for each key, where
 * it takes them for few; and every message waits for this.
 */
function sentByKey({ engine, tables: { events } }: Database): Subquery {
  const hasKey = and(
    isNotNull(events.clientMessageId),
    sql`${events.clientMessageId} = key.column3`,
    sql`${events.streamKey} = key.column1`,
    sql`${events.actorKey} = key.column2`,
  )
  const keys = sql`(${rowSet(engine, 'keys', SEND_KEY)}) as key`
  const sent = sql`(select * from ${events} where ${hasKey} limit 1) as sent`
  return new Subquery(
    sql`select sent.* from ${keys} cross join lateral ${sent}`,
    {},
    getTableName(events),
  )
}

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

/** Messages that a user may see and has not hidden: newest first, or oldest first when `after` is given. */
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
    isNotCleared(database, sql.placeholder('userKey')),
    isNotHiddenFrom(database.tables, sql.placeholder('userKey')),
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

/** Which of these places hold messages that are not deleted. */
export async function listUndeleted(
  database: Database,
  reader: Reader,
  places: readonly { streamKey: number; seq: number }[],
): Promise<{ streamKey: number; seq: number }[]> {
  if (places.length === 0) return []
  const rows = places.map((place) => [place.streamKey, place.seq])
  return undeletedQuery(database)(reader, { places: cells(rows) })
}

const undeletedQuery = perDatabase((database) => {
  const { events } = database.tables
  const places = rowSet(database.engine, 'places', ['integer', 'integer'])
  const isAt = sql`(${events.streamKey}, ${events.seq}) in (${places})`
  return database.prepare((on) =>
    on
      .select({ streamKey: events.streamKey, seq: events.seq })
      .from(events)
      .where(and(isNotNull(events.messageId), isNotNull(events.payloadHash), isAt)),
  )
})

/** One message of a stream as one user may name it: by its id, or as his own by the id under which he sent it. */
export interface OwnMessageRef {
  readonly streamKey: number
  readonly userKey: number
  readonly messageId?: string | undefined
  readonly clientMessageId?: string | undefined
}

/** A message that the user may see, also when he has hidden or cleared it. */
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
  const isShown = [
    isNotCleared(database, userKey),
    isNotHiddenFrom(database.tables, userKey),
  ] as const
  return {
    byId: query(eq(events.messageId, sql.placeholder('messageId'))),
    ownByClientId: query(hasClientId, eq(events.actorKey, userKey)),
    shownById: query(eq(events.messageId, sql.placeholder('messageId')), ...isShown),
    shownOwnByClientId: query(hasClientId, eq(events.actorKey, userKey), ...isShown),
  }
})

/** A message that the user may see and has neither hidden nor cleared. */
export async function findShownMessage(
  database: Database,
  reader: Reader,
  { messageId, clientMessageId = '', ...place }: OwnMessageRef,
): Promise<EventRow | undefined> {
  const queries = visibleQueries(database)
  const [row] = await (messageId === undefined
    ? queries.shownOwnByClientId(reader, { ...place, clientMessageId })
    : queries.shownById(reader, { ...place, messageId }))
  return row
}

/** True of events that lie behind what the user has cleared. One value for a whole stream: it is looked up once. */
function isNotCleared(
  { tables: { conversations, events, members } }: Database,
  userKey: Placeholder,
) {
  return sql`${events.seq} > coalesce((
    select ${members.clearedSeq} from ${members} join ${conversations} on ${conversations.key} = ${members.conversationKey}
    where ${conversations.messageStreamKey} = ${sql.placeholder('streamKey')} and ${members.userKey} = ${userKey}
  ), 0)`
}
