import {
  and,
  count,
  eq,
  gte,
  isNull,
  lt,
  lte,
  ne,
  or,
  sql,
  type SQL,
  type SQLWrapper,
} from 'drizzle-orm'
import type { Database, Reader, Statement, Tx } from '../db/database.ts'
import { cells, eachRow, isFew, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** A present member's marks. */
export interface MarksRow {
  readonly conversationKey: number
  readonly userKey: number
  readonly deliveredSeq: number
  /** What the others are told. */
  readonly readSeq: number
  /** How far he has read himself, where that is more. */
  readonly privateReadSeq: number
  /** Marked as unread from here on. */
  readonly unreadFrom: number | null
  /** Where his visible messages begin and end: a mark beyond is none. */
  readonly head: number
  /** How many are in the conversation now. */
  readonly memberCount: number
  /** Until when he may not write, ms; null when he may. */
  readonly barredUntil: number | null
}

/** The marks of present members, with the heads of their conversations. */
export async function findMarks(
  database: Database,
  reader: Reader,
  pairs: readonly { conversationKey: number; userKey: number }[],
): Promise<MarksRow[]> {
  if (pairs.length === 0) return []
  if (isFew(database.engine, pairs))
    return eachRow(pairs, ({ conversationKey, userKey }) =>
      memberQuery(database)(reader, { conversationKey, userKey }),
    )
  const rows = pairs.map((pair) => [pair.conversationKey, pair.userKey])
  return markQuery(database)(reader, { pairs: cells(rows) })
}

const memberQuery = perDatabase((database) => prepareMarks(database, isMembers(database)))

const markQuery = perDatabase((database) => {
  const { members } = database.tables
  const pairs = rowSet(database.engine, 'pairs', ['integer', 'integer'])
  return prepareMarks(database, sql`(${members.conversationKey}, ${members.userKey}) in (${pairs})`)
})

function prepareMarks(database: Database, isWanted: SQL | undefined): Statement<MarksRow[]> {
  const { conversations, members, streams } = database.tables
  return database.prepare((on) =>
    on
      .select({
        conversationKey: members.conversationKey,
        userKey: members.userKey,
        deliveredSeq: members.deliveredSeq,
        readSeq: members.readSeq,
        privateReadSeq: members.privateReadSeq,
        unreadFrom: members.unreadFrom,
        head: streams.head,
        memberCount: conversations.memberCount,
        barredUntil: members.barredUntil,
      })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
      .where(and(eq(members.state, 'active'), isWanted)),
  )
}

function isMembers({ tables: { members } }: Database): SQL | undefined {
  return and(
    eq(members.conversationKey, sql.placeholder('conversationKey')),
    eq(members.userKey, sql.placeholder('userKey')),
  )
}

/** Writes marks that grew. */
export async function updateMarks(
  database: Database,
  tx: Tx,
  marks: readonly Omit<MarksRow, 'head' | 'memberCount' | 'barredUntil'>[],
): Promise<void> {
  if (marks.length === 0) return
  if (isFew(database.engine, marks)) {
    for (const mark of marks) await memberUpdate(database)(tx, valuesOf(mark))
    return
  }
  const rows = marks.map((mark) => [
    mark.conversationKey,
    mark.userKey,
    mark.deliveredSeq,
    mark.readSeq,
    mark.privateReadSeq,
    mark.unreadFrom ?? 0,
  ])
  await markUpdate(database)(tx, { marks: cells(rows) })
}

function valuesOf(mark: Parameters<typeof updateMarks>[2][number]) {
  return {
    conversationKey: mark.conversationKey,
    userKey: mark.userKey,
    deliveredSeq: mark.deliveredSeq,
    readSeq: mark.readSeq,
    privateReadSeq: mark.privateReadSeq,
    unreadFrom: mark.unreadFrom,
  }
}

const memberUpdate = perDatabase((database) => {
  const { members } = database.tables
  const to = (name: keyof MarksRow) => sql`${sql.placeholder(name)}`
  return database.prepare((on) =>
    on
      .update(members)
      .set({
        deliveredSeq: to('deliveredSeq'),
        readSeq: to('readSeq'),
        privateReadSeq: to('privateReadSeq'),
        unreadFrom: to('unreadFrom'),
      })
      .where(isMembers(database)),
  )
})

const markUpdate = perDatabase((database) => {
  const { members } = database.tables
  const kinds = Array.from({ length: 6 }, () => 'integer' as const)
  const marks = rowSet(database.engine, 'marks', kinds)
  const isMarked = and(
    eq(members.conversationKey, sql`v.column1`),
    eq(members.userKey, sql`v.column2`),
  )
  return database.prepare((on) =>
    on
      .update(members)
      .set({
        deliveredSeq: sql`v.column3`,
        readSeq: sql`v.column4`,
        privateReadSeq: sql`v.column5`,
        // Seqs begin at 1.
        unreadFrom: sql`nullif(v.column6, 0)`,
      })
      .from(sql`(${marks}) as v`)
      .where(isMarked),
  )
})

/** Joins the span in which a member sees a seq: a newcomer's marks begin where his span does, which is not having read. */
export function seesSeq(
  { conversations, members, spans }: Database['tables'],
  seq: SQLWrapper,
): SQL | undefined {
  return and(
    eq(spans.streamKey, conversations.messageStreamKey),
    eq(spans.userKey, members.userKey),
    lte(spans.fromSeq, seq),
    or(isNull(spans.toSeq), gte(spans.toSeq, seq)),
  )
}

/** True when a member is shown what stands at a seq: it lies in a span of his, and he has not cleared it. */
export async function isShownTo(
  database: Database,
  place: { readonly conversationKey: number; readonly seq: number; readonly userKey: number },
): Promise<boolean> {
  return (await shownQuery(database)(database.read, place)).length > 0
}

const shownQuery = perDatabase((database) => {
  const { conversations, members, spans } = database.tables
  const seq = sql.placeholder('seq')
  const isOwn = and(
    eq(members.conversationKey, sql.placeholder('conversationKey')),
    eq(members.userKey, sql.placeholder('userKey')),
    lt(members.clearedSeq, seq),
  )
  return database.prepare((on) =>
    on
      .select({ fromSeq: spans.fromSeq })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(spans, seesSeq(database.tables, seq))
      .where(isOwn)
      .limit(1),
  )
})

/** To how many present members, besides one, who can see a seq it was delivered, and how many have read it. */
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
  const sees = seesSeq(database.tables, seq)
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
