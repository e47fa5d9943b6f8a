import type { PublicUser } from '@tidings/protocol/wire'
import { aliasedTable, and, asc, count, eq, gt, inArray } from 'drizzle-orm'
import type { Source, Target } from './conversation.ts'
import { publicColumns, toPublicUser } from './profile.ts'

/** A user who cannot come into a group. */
export interface BanPlace {
  readonly conversationKey: number
  readonly userKey: number
}

/** Answers false when he was banned already. */
export async function insertBan(
  { tables: { bans }, tx }: Target,
  ban: BanPlace & { readonly bannedBy: number; readonly bannedAt: number },
): Promise<boolean> {
  const rows = await tx
    .insert(bans)
    .values(ban)
    .onConflictDoNothing()
    .returning({ userKey: bans.userKey })
  return rows.length > 0
}

/** Answers false when he was not banned. */
export async function deleteBan(
  { tables: { bans }, tx }: Target,
  { conversationKey, userKey }: BanPlace,
): Promise<boolean> {
  const rows = await tx
    .delete(bans)
    .where(and(eq(bans.conversationKey, conversationKey), eq(bans.userKey, userKey)))
    .returning({ userKey: bans.userKey })
  return rows.length > 0
}

/** Whether one of these users is banned. */
export async function hasBans(
  { tables: { bans }, read }: Source,
  conversationKey: number,
  userKeys: readonly number[],
): Promise<boolean> {
  if (userKeys.length === 0) return false
  const rows = await read
    .select({ userKey: bans.userKey })
    .from(bans)
    .where(and(eq(bans.conversationKey, conversationKey), inArray(bans.userKey, [...userKeys])))
    .limit(1)
  return rows.length > 0
}

/** How many a group has banned. */
export async function countBans(
  { tables: { bans }, read }: Source,
  conversationKey: number,
): Promise<number> {
  const [row] = await read
    .select({ found: count() })
    .from(bans)
    .where(eq(bans.conversationKey, conversationKey))
  return row?.found ?? 0
}

/** The banned, in the order of the users' keys. */
export async function listBans(
  { tables, read }: Source,
  conversationKey: number,
  page: { readonly afterUserKey: number; readonly limit: number },
): Promise<
  readonly { readonly user: PublicUser; readonly bannedBy: string; readonly bannedAt: number }[]
> {
  const { bans, users } = tables
  const givers = aliasedTable(users, 'givers')
  const rows = await read
    .select({ ...publicColumns(tables), bannedBy: givers.id, bannedAt: bans.bannedAt })
    .from(bans)
    .innerJoin(users, eq(users.key, bans.userKey))
    .innerJoin(givers, eq(givers.key, bans.bannedBy))
    .where(and(eq(bans.conversationKey, conversationKey), gt(bans.userKey, page.afterUserKey)))
    .orderBy(asc(bans.userKey))
    .limit(page.limit)
  return rows.map((row) => ({
    user: toPublicUser(row),
    bannedBy: row.bannedBy,
    bannedAt: row.bannedAt,
  }))
}
