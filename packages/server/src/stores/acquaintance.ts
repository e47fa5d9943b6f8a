import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'

/** Somebody who stands with a user in some way. */
export interface Acquaintance {
  readonly userKey: number
  /** Of his own stream. */
  readonly streamKey: number
  readonly isContact: boolean
  readonly isBlocker: boolean
}

/** Who stands with a user in any way, by their own streams: contacts, and those who have blocked him. */
export async function listAcquaintances(
  { tables: { blocks, contacts, users }, read }: Source,
  userKey: number,
  limit: number,
): Promise<readonly Acquaintance[]> {
  const isContact = sql`exists (select 1 from ${contacts}
    where ${contacts.userKey} = ${userKey} and ${contacts.otherKey} = ${users.key})`
  const isBlocker = sql`exists (select 1 from ${blocks}
    where ${blocks.blockedKey} = ${userKey} and ${blocks.userKey} = ${users.key})`
  const contactKeys = read
    .select({ key: contacts.otherKey })
    .from(contacts)
    .where(eq(contacts.userKey, userKey))
  const blockerKeys = read
    .select({ key: blocks.userKey })
    .from(blocks)
    .where(eq(blocks.blockedKey, userKey))
  const rows = await read
    .select({
      userKey: users.key,
      streamKey: users.streamKey,
      isContact: sql<number>`case when ${isContact} then 1 else 0 end`.mapWith(Number),
      isBlocker: sql<number>`case when ${isBlocker} then 1 else 0 end`.mapWith(Number),
    })
    .from(users)
    .where(or(inArray(users.key, contactKeys), inArray(users.key, blockerKeys)))
    .orderBy(asc(users.key))
    .limit(limit)
  return rows.map((row) => ({
    ...row,
    isContact: row.isContact === 1,
    isBlocker: row.isBlocker === 1,
  }))
}

/** Forgets how some users stand with one who is erased. */
export async function deleteAcquaintances(
  { tables: { blocks, contacts }, tx }: Target,
  userKey: number,
  others: readonly number[],
): Promise<void> {
  const keys = [...others]
  await tx
    .delete(contacts)
    .where(
      or(
        and(eq(contacts.userKey, userKey), inArray(contacts.otherKey, keys)),
        and(eq(contacts.otherKey, userKey), inArray(contacts.userKey, keys)),
      ),
    )
  await tx.delete(blocks).where(and(eq(blocks.blockedKey, userKey), inArray(blocks.userKey, keys)))
}
