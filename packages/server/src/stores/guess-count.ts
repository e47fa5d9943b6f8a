import { and, eq, gt, sql } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'

/** One more of something that is limited in a time. */
export interface Count {
  readonly digest: string
  readonly now: number
  /** The count begins anew so long after its first, ms. */
  readonly windowMs: number
  readonly max: number
}

/**
 * Counts one more. Answers undefined, or, when there have been as many as there may be, the time at which the count begins
 * anew; then nothing is written.
 */
export async function countOne(
  database: Database,
  tx: Tx,
  { digest, now, windowMs, max }: Count,
): Promise<number | undefined> {
  const { guessCounts } = database.tables
  const isOver = sql`${guessCounts.endsAt} <= ${now}`
  const counted = await tx
    .insert(guessCounts)
    .values({ digest, count: 1, endsAt: now + windowMs })
    .onConflictDoUpdate({
      target: guessCounts.digest,
      set: {
        count: sql`case when ${isOver} then 1 else ${guessCounts.count} + 1 end`,
        endsAt: sql`case when ${isOver} then excluded.ends_at else ${guessCounts.endsAt} end`,
      },
      setWhere: sql`${isOver} or ${guessCounts.count} < ${max}`,
    })
    .returning({ digest: guessCounts.digest })
  if (counted.length > 0) return undefined
  const [row] = await tx
    .select({ endsAt: guessCounts.endsAt })
    .from(guessCounts)
    .where(eq(guessCounts.digest, digest))
  return row?.endsAt ?? now
}

/** Takes one back. */
export async function uncountOne(database: Database, tx: Tx, digest: string): Promise<void> {
  const { guessCounts } = database.tables
  await tx
    .update(guessCounts)
    .set({ count: sql`${guessCounts.count} - 1` })
    .where(and(eq(guessCounts.digest, digest), gt(guessCounts.count, 0)))
}

/** Forgets a count. */
export async function deleteCount(database: Database, tx: Tx, digest: string): Promise<void> {
  const { guessCounts } = database.tables
  await tx.delete(guessCounts).where(eq(guessCounts.digest, digest))
}
