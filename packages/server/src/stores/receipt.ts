import { and, count, eq, gte, isNull, lte, ne, or, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** A present member's watermarks. */
export interface MarksRow {
  readonly conversationKey: number
  readonly userKey: number
  readonly deliveredSeq: number
  readonly readSeq: number
  /** Where his visible messages begin and end: a mark beyond is none. */
  readonly head: number
  /** How many are in the conversation now. */
  readonly memberCount: number
}

/** The watermarks of present members, with the heads of their conversations. */
export async function findMarks(
  database: Database,
  reader: Reader,
  pairs: readonly { conversationKey: number; userKey: number }[],
): Promise<MarksRow[]> {
  if (pairs.length === 0) return []
  const rows = pairs.map((pair) => [pair.conversationKey, pair.userKey])
  return markQuery(database)(reader, { pairs: cells(rows) })
}

const markQuery = perDatabase((database) => {
  const { conversations, members, streams } = database.tables
  const pairs = rowSet(database.engine, 'pairs', ['integer', 'integer'])
  const isWanted = sql`(${members.conversationKey}, ${members.userKey}) in (${pairs})`
  return database.prepare((on) =>
    on
      .select({
        conversationKey: members.conversationKey,
        userKey: members.userKey,
        deliveredSeq: members.deliveredSeq,
        readSeq: members.readSeq,
        head: streams.head,
        memberCount: conversations.memberCount,
      })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
      .where(and(eq(members.state, 'active'), isWanted)),
  )
})

/** Writes watermarks that grew. */
export async function updateMarks(
  database: Database,
  tx: Tx,
  marks: readonly Omit<MarksRow, 'head' | 'memberCount'>[],
): Promise<void> {
  if (marks.length === 0) return
  const rows = marks.map((mark) => [
    mark.conversationKey,
    mark.userKey,
    mark.deliveredSeq,
    mark.readSeq,
  ])
  await markUpdate(database)(tx, { marks: cells(rows) })
}

const markUpdate = perDatabase((database) => {
  const { members } = database.tables
  const marks = rowSet(database.engine, 'marks', ['integer', 'integer', 'integer', 'integer'])
  const isMarked = and(
    eq(members.conversationKey, sql`v.column1`),
    eq(members.userKey, sql`v.column2`),
  )
  return database.prepare((on) =>
    on
      .update(members)
      .set({ deliveredSeq: sql`v.column3`, readSeq: sql`v.column4` })
      .from(sql`(${marks}) as v`)
      .where(isMarked),
  )
})

/** How many present members, besides one, who can see a seq have received and read up to it. */
export async function countReceipts(
  database: Database,
  reader: Reader,
  place: { conversationKey: number; seq: number; exceptUserKey: number },
): Promise<{ delivered: number; read: number; members: number }> {
  const [row] = await countQuery(database)(reader, place)
  return row ?? { delivered: 0, read: 0, members: 0 }
}

const countQuery = perDatabase((database) => {
  const { conversations, members, spans } = database.tables
  const seq = sql.placeholder('seq')
  const reached = (mark: typeof members.deliveredSeq | typeof members.readSeq) =>
    sql<number>`count(case when ${gte(mark, seq)} then 1 end)`.mapWith(Number)
  const sees = and(
    eq(spans.streamKey, conversations.messageStreamKey),
    eq(spans.userKey, members.userKey),
    // A newcomer's marks begin where his span does: that is not having read what came before.
    lte(spans.fromSeq, seq),
    or(isNull(spans.toSeq), gte(spans.toSeq, seq)),
  )
  const isOther = and(
    eq(members.conversationKey, sql.placeholder('conversationKey')),
    eq(members.state, 'active'),
    ne(members.userKey, sql.placeholder('exceptUserKey')),
  )
  return database.prepare((on) =>
    on
      .select({
        members: count(),
        delivered: reached(members.deliveredSeq),
        read: reached(members.readSeq),
      })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(spans, sees)
      .where(isOther),
  )
})
