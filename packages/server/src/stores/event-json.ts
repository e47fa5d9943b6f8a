import {
  and,
  asc,
  eq,
  gt,
  inArray,
  isNotNull,
  lte,
  sql,
  type SQL,
  type SQLWrapper,
} from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import { EVENT_TYPES, typeToNumber } from './event-type.ts'
import { perDatabase } from './per-database.ts'

/** A part of a stream: after a seq, up to a seq. */
export interface StreamPart {
  readonly streamKey: number
  readonly after: number
  readonly upTo: number
}

/** The events of a part of a stream. */
export interface EventsJson {
  /** In their wire form, with commas between them. */
  readonly json: string
  /** How many were there; fewer than asked for when retention has been there first. */
  readonly count: number
  /** Those among them that tell something of an earlier message. */
  readonly edits: number
  /** The tag of the last one that was asked for; 0 when it is not there. */
  readonly lastTag: number
}

/** How many bytes the bodies of a part of a stream have. */
export async function countEventBytes(
  database: Database,
  reader: Reader,
  part: StreamPart,
): Promise<number> {
  const [row] = await bytesQuery(database)(reader, { ...part })
  return row?.bytes ?? 0
}

const bytesQuery = perDatabase((database) => {
  const { events } = database.tables
  const bytes = sql<number>`sum(octet_length(cast(${events.body} as text)))`.mapWith(Number)
  return database.prepare((on) => on.select({ bytes }).from(events).where(isInPart(database)))
})

/** The seq of the last event of a part up to which the bodies have at most so many bytes; 0 when the first has more. */
export async function findLastFitting(
  database: Database,
  reader: Reader,
  { bytes, ...part }: StreamPart & { readonly bytes: number },
): Promise<number> {
  const [row] = await fittingQuery(database)(reader, { ...part, bytes })
  return row?.last ?? 0
}

const fittingQuery = perDatabase((database) => {
  const { events } = database.tables
  const total = sql<number>`sum(octet_length(cast(${events.body} as text))) over (order by ${events.seq})`
  return database.prepare((on) => {
    const sums = on
      .select({ seq: events.seq, total: total.as('total') })
      .from(events)
      .where(isInPart(database))
      .as('sums')
    return on
      .select({ last: sql<number>`coalesce(max(${sums.seq}), 0)`.mapWith(Number) })
      .from(sums)
      .where(lte(sums.total, sql.placeholder('bytes')))
  })
})

/** Which events are read, and how messages are written. */
export interface EventsJsonOptions extends StreamPart {
  /** The name of the stream. */
  readonly stream: string
  /** Messages as rows, which `expandPull` makes whole again. @default false */
  readonly compact?: boolean | undefined
}

/**
 * Events as the JSON that goes over the wire. The database writes it, of what it keeps as JSON: to read the rows, parse
 * their bodies and write all of it again would cost three times as much. `toEvent` is the same in TypeScript, and a test
 * holds one against the other.
 */
export async function readEventsJson(
  database: Database,
  reader: Reader,
  { stream, compact = false, ...part }: EventsJsonOptions,
): Promise<EventsJson> {
  const owner = stream.slice(2)
  const query = compact ? compactQuery : fullQuery
  const [row] = await query(database)(reader, { ...part, stream, owner })
  if (row === undefined) throw new Error('an aggregate answered no row')
  const { json, count, written, edits, lastTag } = row
  if (written !== count) throw new Error('an event that this version cannot read')
  return { json: json ?? '', count, edits, lastTag }
}

const fullQuery = perDatabase((database) => jsonQuery(database, fullMessage(database)))
const compactQuery = perDatabase((database) => jsonQuery(database, messageRow(database)))

function jsonQuery(database: Database, message: SQL) {
  const { events, users } = database.tables
  const isEdit = inArray(events.type, [
    typeToNumber('message.edited'),
    typeToNumber('message.reacted'),
  ])
  const isLast = eq(events.seq, sql.placeholder('upTo'))
  return database.prepare((on) => {
    // The aggregate takes them in this order: it has nothing to sort or to group by.
    const page = on
      .select({
        json: wireJson(database, message).as('json'),
        edit: sql`case when ${isEdit} then 1 else 0 end`.as('edit'),
        lastTag: sql`case when ${isLast} then ${events.tag} end`.as('last_tag'),
      })
      .from(events)
      .leftJoin(users, eq(users.key, events.actorKey))
      .where(isInPart(database))
      .orderBy(asc(events.seq))
      .as('page')
    return on
      .select({
        json: sql<string | null>`string_agg(${page.json}, ',')`,
        count: sql<number>`count(*)`.mapWith(Number),
        written: sql<number>`count(${page.json})`.mapWith(Number),
        edits: sql<number>`coalesce(sum(${page.edit}), 0)`.mapWith(Number),
        lastTag: sql<number>`coalesce(max(${page.lastTag}), 0)`.mapWith(Number),
      })
      .from(page)
  })
}

function isInPart({ tables: { events } }: Database): SQL | undefined {
  return and(
    eq(events.streamKey, sql.placeholder('streamKey')),
    gt(events.seq, sql.placeholder('after')),
    lte(events.seq, sql.placeholder('upTo')),
  )
}

/** One event; null for one that this version does not know, or that is no message and should be one. */
function wireJson({ tables: { events, users } }: Database, message: SQL): SQL<string | null> {
  const isMessage = and(
    eq(events.type, typeToNumber('message.created')),
    isNotNull(events.messageId),
    isNotNull(users.id),
  )
  const others = EVENT_TYPES.filter(([type]) => type !== 'message.created')
  const types = others.map(([type, number]) => sql.raw(`when ${number} then '${type}'`))
  const type = sql`case ${events.type} ${sql.join(types, sql` `)} end`
  const numbers = sql.raw(others.map(([, number]) => number).join(', '))
  const stream = sql`cast(${sql.placeholder('stream')} as text)`
  const { seq, tag, ts, body } = events
  return sql`case
    when ${isMessage} then ${message}
    when ${events.type} in (${numbers}) then format(
      '{"stream":"%s","seq":%s,"tag":%s,"timestamp":%s,"type":"%s","body":%s}',
      ${stream}, ${seq}, ${tag}, ${ts}, ${type}, ${body}
    )
  end`
}

/** An event of a message, as `toEvent` writes it. */
function fullMessage(database: Database): SQL {
  const { events, users } = database.tables
  const { seq, tag, ts, messageId, body } = events
  const { clientId, editedAt } = orNull(database)
  const stream = sql`cast(${sql.placeholder('stream')} as text)`
  const owner = sql`cast(${sql.placeholder('owner')} as text)`
  return sql`format(
    '{"stream":"%s","seq":%s,"tag":%s,"timestamp":%s,"type":"message.created","body":{"message":{"id":"%s","conversationId":"%s","seq":%s,"senderId":"%s","clientMessageId":%s,%s,"createdAt":%s,"editedAt":%s}}}',
    ${stream}, ${seq}, ${tag}, ${ts}, ${messageId}, ${owner}, ${seq}, ${users.id}, ${clientId}, ${content(body)}, ${ts}, ${editedAt}
  )`
}

/** The same as a `MessageRow`: what it says is passed on as it is kept. */
function messageRow(database: Database): SQL {
  const { events, users } = database.tables
  const { seq, tag, ts, messageId, body } = events
  const { clientId, editedAt } = orNull(database)
  return sql`format(
    '[%s,%s,%s,"%s","%s",%s,%s,%s]',
    ${seq}, ${tag}, ${ts}, ${messageId}, ${users.id}, ${body}, ${clientId}, ${editedAt}
  )`
}

/** What a message need not have, in JSON. */
function orNull({ tables: { events } }: Database) {
  return {
    clientId: sql`coalesce('"' || ${escaped(events.clientMessageId)} || '"', 'null')`,
    editedAt: sql`coalesce(cast(${events.editedAt} as text), 'null')`,
  }
}

/** The fields of a message that its row keeps: `"body":…`, and what stands beside it. See `toStored`. */
function content(body: SQLWrapper): SQL {
  const text = sql`cast(${body} as text)`
  return sql`case when substr(${text}, 1, 8) = '{"body":' then substr(${text}, 2, length(${text}) - 2) else '"body":' || ${text} end`
}

/** Visible ASCII inside a JSON text; ids of the server's own making need not be escaped. */
function escaped(text: SQLWrapper): SQL {
  return sql`replace(replace(${text}, '\\', '\\\\'), '"', '\\"')`
}
