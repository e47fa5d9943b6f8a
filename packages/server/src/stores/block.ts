import type { PublicUser } from '@tidings/protocol/wire'
import { and, asc, count, eq, gt, inArray, or } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'
import { publicColumns, toPublicUser } from './profile.ts'

/** One user has blocked another. */
export interface BlockPair {
  readonly userKey: number
  readonly blockedKey: number
}

/** Answers false when it was there. */
export async function insertBlock(
  { tables, tx }: Target,
  block: BlockPair & { readonly since: number },
): Promise<boolean> {
  const { blocks } = tables
  const rows = await tx
    .insert(blocks)
    .values(block)
    .onConflictDoNothing()
    .returning({ userKey: blocks.userKey })
  return rows.length > 0
}

/** Answers false when there was none. */
export async function deleteBlock({ tables, tx }: Target, block: BlockPair): Promise<boolean> {
  const { blocks } = tables
  const rows = await tx
    .delete(blocks)
    .where(and(eq(blocks.userKey, block.userKey), eq(blocks.blockedKey, block.blockedKey)))
    .returning({ userKey: blocks.userKey })
  return rows.length > 0
}

/** Who of these has blocked the user, or was blocked by him. */
export async function listBlocksWith(
  { tables: { blocks }, read }: Source,
  userKey: number,
  others: readonly number[],
): Promise<readonly BlockPair[]> {
  if (others.length === 0) return []
  return read
    .select({ userKey: blocks.userKey, blockedKey: blocks.blockedKey })
    .from(blocks)
    .where(
      or(
        and(eq(blocks.userKey, userKey), inArray(blocks.blockedKey, [...others])),
        and(eq(blocks.blockedKey, userKey), inArray(blocks.userKey, [...others])),
      ),
    )
}

/** How many a user has blocked. */
export async function countBlocks(
  { tables: { blocks }, read }: Source,
  userKey: number,
): Promise<number> {
  const [row] = await read
    .select({ found: count() })
    .from(blocks)
    .where(eq(blocks.userKey, userKey))
  return row?.found ?? 0
}

/** Whom a user has blocked, in the order of the users' keys. */
export async function listBlocked(
  { tables, read }: Source,
  userKey: number,
  page: { readonly afterUserKey: number; readonly limit: number },
): Promise<readonly { readonly user: PublicUser; readonly blockedAt: number }[]> {
  const { blocks, users } = tables
  const rows = await read
    .select({ ...publicColumns(tables), since: blocks.since })
    .from(blocks)
    .innerJoin(users, eq(users.key, blocks.blockedKey))
    .where(and(eq(blocks.userKey, userKey), gt(blocks.blockedKey, page.afterUserKey)))
    .orderBy(asc(blocks.blockedKey))
    .limit(page.limit)
  return rows.map((row) => ({ user: toPublicUser(row), blockedAt: row.since }))
}
