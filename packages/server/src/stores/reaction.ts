import { and, eq, gte, lte, max, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import type { MessagePlace } from './message-place.ts'
import { perDatabase } from './per-database.ts'

/** A reaction as one user sees it. */
export interface ReactionRow {
  readonly seq: number
  readonly reaction: string
  readonly count: number
  readonly own: boolean
}

/** Messages of one stream, and who asks. */
export interface ReactedRange {
  readonly streamKey: number
  readonly userKey: number
  readonly fromSeq: number
  readonly toSeq: number
}

/** The reactions to the messages of a range, in no order. */
export async function listReactions(
  database: Database,
  reader: Reader,
  range: ReactedRange,
): Promise<readonly ReactionRow[]> {
  const rows = await rangeQuery(database)(reader, { ...range })
  return rows.map(({ own, ...row }) => ({ ...row, own: own === 1 }))
}

const rangeQuery = perDatabase((database) => {
  const { reactions } = database.tables
  const isOwn = eq(reactions.userKey, sql.placeholder('userKey'))
  return database.prepare((on) =>
    on
      .select({
        seq: reactions.seq,
        reaction: reactions.reaction,
        count: sql<number>`count(*)`.mapWith(Number),
        own: max(sql`case when ${isOwn} then 1 else 0 end`).mapWith(Number),
      })
      .from(reactions)
      .where(
        and(
          eq(reactions.streamKey, sql.placeholder('streamKey')),
          gte(reactions.seq, sql.placeholder('fromSeq')),
          lte(reactions.seq, sql.placeholder('toSeq')),
        ),
      )
      .groupBy(reactions.seq, reactions.reaction),
  )
})

/** One user's reaction to one message. */
export interface OwnReaction extends MessagePlace {
  readonly userKey: number
  readonly reaction: string
}

/** Keeps a reaction. */
export async function insertReaction(
  database: Database,
  tx: Tx,
  reaction: OwnReaction,
): Promise<void> {
  await tx.insert(database.tables.reactions).values(reaction)
}

/** Forgets a reaction. */
export async function deleteReaction(
  database: Database,
  tx: Tx,
  { streamKey, seq, userKey, reaction }: OwnReaction,
): Promise<void> {
  const { reactions } = database.tables
  await tx
    .delete(reactions)
    .where(
      and(
        eq(reactions.streamKey, streamKey),
        eq(reactions.seq, seq),
        eq(reactions.reaction, reaction),
        eq(reactions.userKey, userKey),
      ),
    )
}
