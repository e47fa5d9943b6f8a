import type { Member, Role } from '@tidings/protocol/wire'
import { and, asc, eq, gt, inArray, isNotNull, isNull, ne, sql } from 'drizzle-orm'
import { given } from '../given.ts'
import type { Source, Target } from './conversation.ts'

/** Active, gone by himself (and may come back), or removed (and may not). */
export type MemberState = 'active' | 'left' | 'removed'

/** A user's place in a conversation, also of one who is gone. */
export interface MemberRow {
  readonly userKey: number
  readonly userId: string
  readonly role: Role
  readonly state: MemberState
  /** Until when he may not write, ms; null when he may. */
  readonly barredUntil: number | null
}

/** A user as far as membership concerns him: `streamKey` is of his own stream `u:`. */
export interface Person {
  readonly key: number
  readonly id: string
  readonly streamKey: number
}

/** Those of the users who exist, in the order of their keys. */
export async function listPeople(
  { tables, read }: Source,
  by: { readonly ids: readonly string[] } | { readonly usernameKey: string },
): Promise<readonly Person[]> {
  const { users } = tables
  const named = 'ids' in by ? inArray(users.id, [...by.ids]) : eq(users.usernameKey, by.usernameKey)
  return read
    .select({ key: users.key, id: users.id, streamKey: users.streamKey })
    .from(users)
    .where(and(named, isNull(users.erasedAt)))
    .orderBy(asc(users.key))
}

/** The key of a user, also of one who was erased. */
export async function findUserKey(
  { tables: { users }, read }: Source,
  userId: string,
): Promise<number | undefined> {
  const [row] = await read.select({ key: users.key }).from(users).where(eq(users.id, userId))
  return row?.key
}

/** The places of those of the users who are or once were in the conversation, by their keys. */
export async function findMembers(
  { tables, read }: Source,
  conversationKey: number,
  userKeys: readonly number[],
): Promise<ReadonlyMap<number, MemberRow>> {
  if (userKeys.length === 0) return new Map()
  const { members, users } = tables
  const rows = await read
    .select(memberColumns(tables))
    .from(members)
    .innerJoin(users, eq(users.key, members.userKey))
    .where(
      and(eq(members.conversationKey, conversationKey), inArray(members.userKey, [...userKeys])),
    )
  return new Map(rows.map((row) => [row.userKey, row]))
}

/** A user's place in the conversation, also when he is gone. */
export async function findMember(
  { tables, read }: Source,
  conversationKey: number,
  userId: string,
): Promise<MemberRow | undefined> {
  const { members, users } = tables
  const rows = await read
    .select(memberColumns(tables))
    .from(members)
    .innerJoin(users, eq(users.key, members.userKey))
    .where(and(eq(members.conversationKey, conversationKey), eq(users.id, userId)))
  return rows[0]
}

/** Who comes first of the members besides one: an owner before an admin before the others, then who is in for longest. */
export async function findSenior(
  { tables, read }: Source,
  conversationKey: number,
  exceptUserKey: number,
): Promise<MemberRow | undefined> {
  const { members, users } = tables
  const rank = sql`case ${members.role} when 'owner' then 0 when 'admin' then 1 else 2 end`
  const rows = await read
    .select(memberColumns(tables))
    .from(members)
    .innerJoin(users, eq(users.key, members.userKey))
    .where(
      and(
        eq(members.conversationKey, conversationKey),
        eq(members.state, 'active'),
        ne(members.userKey, exceptUserKey),
      ),
    )
    .orderBy(rank, asc(members.joinedAt), asc(members.userKey))
    .limit(1)
  return rows[0]
}

/** Ids of the members, the longest-serving first. */
export async function listMemberIds(
  { tables, read }: Source,
  conversationKey: number,
  limit: number,
): Promise<readonly string[]> {
  const { members, users } = tables
  const rows = await read
    .select({ id: users.id })
    .from(members)
    .innerJoin(users, eq(users.key, members.userKey))
    .where(and(eq(members.conversationKey, conversationKey), eq(members.state, 'active')))
    .orderBy(asc(members.joinedAt), asc(members.userKey))
    .limit(limit)
  return rows.map((row) => row.id)
}

/** Members after a user, in the order of the users' keys. */
export async function listMembers(
  { tables, read }: Source,
  conversationKey: number,
  page: { readonly afterUserKey: number; readonly limit: number },
): Promise<readonly Member[]> {
  const { members, users } = tables
  const rows = await read
    .select({
      userId: users.id,
      username: users.username,
      displayName: users.displayName,
      avatarUrl: users.avatarUrl,
      barredUntil: members.barredUntil,
      role: members.role,
      deliveredSeq: members.deliveredSeq,
      readSeq: members.readSeq,
      joinedAt: members.joinedAt,
    })
    .from(members)
    .innerJoin(users, eq(users.key, members.userKey))
    .where(
      and(
        eq(members.conversationKey, conversationKey),
        eq(members.state, 'active'),
        gt(members.userKey, page.afterUserKey),
      ),
    )
    .orderBy(asc(members.userKey))
    .limit(page.limit)
  return rows.map((row) => {
    const { userId, username, role, deliveredSeq, readSeq, joinedAt } = row
    const more = given(row, ['displayName', 'avatarUrl', 'barredUntil'])
    return { userId, username, role, deliveredSeq, readSeq, joinedAt, ...more }
  })
}

/** Who comes in: his marks start where what he sees starts, so that nothing before counts as unread. */
export interface Arrival {
  readonly userKey: number
  readonly role: Role
  readonly marksAt: number
  readonly joinedAt: number
}

/** Makes them members, also those who were members before. */
export async function upsertMembers(
  { tables, tx }: Target,
  conversationKey: number,
  arrivals: readonly Arrival[],
): Promise<void> {
  const { members } = tables
  const rows = arrivals.map(({ userKey, role, marksAt, joinedAt }) => ({
    conversationKey,
    userKey,
    role,
    state: 'active' as const,
    deliveredSeq: marksAt,
    readSeq: marksAt,
    joinedAt,
  }))
  await tx
    .insert(members)
    .values(rows)
    .onConflictDoUpdate({
      target: [members.conversationKey, members.userKey],
      set: {
        role: sql`excluded.role`,
        state: 'active',
        deliveredSeq: sql`excluded.delivered_seq`,
        readSeq: sql`excluded.read_seq`,
        // It lies before where his marks begin now, and coming back is something new.
        privateReadSeq: 0,
        unreadFrom: null,
        hidden: 0,
        joinedAt: sql`excluded.joined_at`,
        leftAt: null,
      },
    })
}

/** What of a member can change besides his marks. */
export interface MemberChange {
  readonly role?: Role | undefined
  readonly state?: MemberState | undefined
  readonly leftAt?: number | undefined
  readonly barredUntil?: number | null | undefined
}

export async function updateMember(
  { tables, tx }: Target,
  place: { readonly conversationKey: number; readonly userKey: number },
  change: MemberChange,
): Promise<void> {
  const { members } = tables
  await tx
    .update(members)
    .set(change)
    .where(
      and(eq(members.conversationKey, place.conversationKey), eq(members.userKey, place.userKey)),
    )
}

function memberColumns({ members, users }: Source['tables']) {
  return {
    userKey: members.userKey,
    userId: users.id,
    role: members.role,
    state: members.state,
    barredUntil: members.barredUntil,
  }
}

/** Where the newest ended span of each of these users on a stream ends, by the user's key. */
export async function findSpanEnds(
  { tables: { spans }, read }: Source,
  streamKey: number,
  userKeys: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await read
    .select({ userKey: spans.userKey, end: sql<number>`max(${spans.toSeq})`.mapWith(Number) })
    .from(spans)
    .where(
      and(
        eq(spans.streamKey, streamKey),
        inArray(spans.userKey, [...userKeys]),
        isNotNull(spans.toSeq),
      ),
    )
    .groupBy(spans.userKey)
  return new Map(rows.map(({ userKey, end }) => [userKey, end]))
}
