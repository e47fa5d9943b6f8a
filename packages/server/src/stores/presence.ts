import { and, eq, inArray, isNull, lte, or, sql, type SQL } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { cells, rowSet } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'
import { maySeePresence } from './presence-limits.ts'

/** A user's place in a conversation that is small enough to tell of him. */
export interface PresencePlace {
  readonly userKey: number
  readonly userId: string
  readonly conversationKey: number
  readonly memberCount: number
}

/**
 * The newest conversations of each of these users, `newest` of them at most, that have at least two members and at most
 * `maxMembers`; newest first.
 */
export async function listPresencePlaces(
  database: Database,
  reader: Reader,
  {
    userKeys,
    newest,
    maxMembers,
  }: { userKeys: readonly number[]; newest: number; maxMembers: number },
): Promise<PresencePlace[]> {
  const query = placeQuery(database)
  const users = cells(userKeys.map((key) => [key]))
  return query(reader, { users, offset: newest, maxMembers })
}

const placeQuery = perDatabase((database) => {
  const { conversations, members, users } = database.tables
  // The newest of his conversations that does not count any more; the index of a user's places answers it.
  const bound = sql`coalesce((
    select older.conversation_key from ${members} as older
    where older.user_key = ${users.key} and older.state = 'active'
    order by older.conversation_key desc limit 1 offset ${sql.placeholder('offset')}), 0)`
  return database.prepare((on) =>
    on
      .select({
        userKey: users.key,
        userId: users.id,
        conversationKey: conversations.key,
        memberCount: conversations.memberCount,
      })
      .from(users)
      .innerJoin(
        members,
        and(
          eq(members.userKey, users.key),
          eq(members.state, 'active'),
          sql`${members.conversationKey} > ${bound}`,
        ),
      )
      .innerJoin(
        conversations,
        and(
          eq(conversations.key, members.conversationKey),
          sql`${conversations.memberCount} between 2 and ${sql.placeholder('maxMembers')}`,
        ),
      )
      .where(sql`${users.key} in (${rowSet(database.engine, 'users', ['integer'])})`)
      .orderBy(sql`${members.conversationKey} desc`),
  )
})

/** Who is in these conversations now. */
export async function listPresentMembers(
  database: Database,
  reader: Reader,
  conversationKeys: readonly number[],
): Promise<{ conversationKey: number; userKey: number }[]> {
  const query = memberQuery(database)
  return query(reader, { conversations: cells(conversationKeys.map((key) => [key])) })
}

const memberQuery = perDatabase((database) => {
  const { members } = database.tables
  const wanted = rowSet(database.engine, 'conversations', ['integer'])
  return database.prepare((on) =>
    on
      .select({ conversationKey: members.conversationKey, userKey: members.userKey })
      .from(members)
      .where(and(sql`${members.conversationKey} in (${wanted})`, eq(members.state, 'active'))),
  )
})

/** Notes when users were last connected; a time only moves forward, and of an erased user nothing is noted. */
export async function updateLastSeen(
  database: Database,
  tx: Tx,
  seen: ReadonlyMap<number, number>,
): Promise<void> {
  if (seen.size === 0) return
  await seenUpdate(database)(tx, { seen: cells([...seen]) })
}

const seenUpdate = perDatabase((database) => {
  const { users } = database.tables
  const rows = rowSet(database.engine, 'seen', ['integer', 'integer'])
  return database.prepare((on) =>
    on
      .update(users)
      .set({ lastSeenAt: sql`v.column2` })
      .from(sql`(${rows}) as v`)
      .where(
        and(
          eq(users.key, sql`v.column1`),
          isNull(users.erasedAt),
          or(sql`${users.lastSeenAt} is null`, lte(users.lastSeenAt, sql`v.column2`)),
        ),
      ),
  )
})

/** A user whose presence somebody may know. */
export interface VisibleUser {
  readonly userKey: number
  readonly userId: string
  /** When he was last connected or last called; null where neither is known. */
  readonly lastSeenAt: number | null
}

/** When these users were last connected, or last called; nothing of those of whom neither is known. */
export async function listLastSeen(
  database: Database,
  reader: Reader,
  userKeys: readonly number[],
): Promise<Map<number, number>> {
  const { users } = database.tables
  const rows = await reader
    .select({ userKey: users.key, ...seenColumns(database) })
    .from(users)
    .where(inArray(users.key, [...userKeys]))
  const seen = new Map<number, number>()
  for (const row of rows) {
    const at = lastSeenOf(row)
    if (at !== null) seen.set(row.userKey, at)
  }
  return seen
}

/** Those of the users who share a conversation with the viewer, and the viewer himself. */
export async function listVisibleUsers(
  database: Database,
  reader: Reader,
  { viewerKey, userIds }: { viewerKey: number; userIds: readonly string[] },
): Promise<VisibleUser[]> {
  const { users } = database.tables
  const rows = await reader
    .select({
      userKey: users.key,
      userId: users.id,
      ...seenColumns(database),
    })
    .from(users)
    .where(
      and(
        inArray(users.id, [...userIds]),
        or(
          eq(users.key, viewerKey),
          and(
            maySeePresence(database, viewerKey),
            or(shareDirect(database, viewerKey), shareAny(database, viewerKey)),
          ),
        ),
      ),
    )
  return rows.map((row) => ({
    userKey: row.userKey,
    userId: row.userId,
    lastSeenAt: lastSeenOf(row),
  }))
}

function seenColumns({ tables: { sessions, users } }: Database) {
  // That an OAuth client has called says nothing of where its user is.
  const used = sql`(select max(${sessions.lastSeenAt}) from ${sessions} where ${sessions.userKey} = ${users.key} and ${sessions.clientKey} is null)`
  return { lastSeenAt: users.lastSeenAt, lastUsedAt: sql<number | string | null>`${used}` }
}

function lastSeenOf(row: {
  readonly lastSeenAt: number | null
  readonly lastUsedAt: number | string | null
}): number | null {
  return later(row.lastSeenAt, row.lastUsedAt === null ? null : Number(row.lastUsedAt))
}

/** Looked at first: one look, where a user in very many conversations would take as many. */
function shareDirect({ tables: { conversations, users } }: Database, viewerKey: number): SQL {
  const viewer = sql`cast(cast(${viewerKey} as bigint) as text)`
  const other = sql`cast(${users.key} as text)`
  return sql`exists (select 1 from ${conversations} where ${conversations.directKey} =
    case when ${users.key} < ${viewerKey} then ${other} || ':' || ${viewer} else ${viewer} || ':' || ${other} end)`
}

function shareAny({ tables: { members, users } }: Database, viewerKey: number): SQL {
  return sql`exists (select 1 from ${members} as theirs
    inner join ${members} as own on own.conversation_key = theirs.conversation_key
    where theirs.user_key = ${users.key} and theirs.state = 'active'
    and own.user_key = ${viewerKey} and own.state = 'active')`
}

function later(first: number | null, second: number | null): number | null {
  if (first === null || second === null) return first ?? second
  return Math.max(first, second)
}
