import { LIMITS, type Preference, type PublicUser } from '@tidings/protocol/wire'
import { and, asc, eq, ne, sql, type SQL } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { ownColumns, type OwnConversationRow } from './conversation.ts'
import { perDatabase } from './per-database.ts'
import { ofSame, preferenceColumns, toPreference, type PreferenceRow } from './preference.ts'
import { publicColumns, toPublicUser } from './profile.ts'
import { isHidden, lastSeq, unreadCount, unreadMentionCount } from './unread.ts'

/**
 * What a member sees of a conversation. All of it is of one moment: who knows the head applies what comes after it, and
 * would count a message again that was in the count and not yet in the head.
 */
export interface ConversationViewRow extends OwnConversationRow {
  /** Messages of others after his read mark that are neither deleted nor hidden by him, counted up to `LIMITS.unreadCount`. */
  readonly unread: number
  /** Of these, those that mention him. */
  readonly unreadMentions: number
  readonly hidden: boolean
  readonly preference: Preference
  /** The newest message that he sees. */
  readonly lastSeq: number | null
  /** The lowest marks of the other members; null for who is alone, and above `LIMITS.receiptMembers` members. */
  readonly othersDeliveredSeq: number | null
  readonly othersReadSeq: number | null
}

/** One user's views of conversations that he is in now, in no order. */
export async function listConversationViews(
  database: Database,
  userKey: number,
  conversationKeys: readonly number[],
): Promise<readonly ConversationViewRow[]> {
  if (conversationKeys.length === 0) return []
  const rows = await viewQuery(database)(database.read, { userKey, keys: list(conversationKeys) })
  return rows.map(({ mutedUntil, archived, pinnedAt, ownData, hidden, ...row }) => {
    const preference: PreferenceRow = { mutedUntil, archived, pinnedAt, ownData }
    return { ...row, hidden: hidden === 1, preference: toPreference(preference) }
  })
}

const viewQuery = perDatabase((database) => {
  const { tables } = database
  const { conversations, members, preferences, streams } = tables
  return database.prepare((on) =>
    on
      .select({
        ...ownColumns(tables),
        ...preferenceColumns(tables),
        hidden: isHidden(tables).mapWith(Number),
        unread: unreadCount(tables).mapWith(Number),
        unreadMentions: unreadMentionCount(tables).mapWith(Number),
        lastSeq: lastSeq(tables).mapWith(numberOrNull),
        othersDeliveredSeq: lowest(tables, sql`others.delivered_seq`).mapWith(numberOrNull),
        othersReadSeq: lowest(tables, sql`others.read_seq`).mapWith(numberOrNull),
      })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
      .leftJoin(preferences, ofSame(tables))
      .where(
        and(
          eq(members.userKey, sql.placeholder('userKey')),
          eq(members.state, 'active'),
          isAmong(database.engine, members.conversationKey, 'keys'),
        ),
      ),
  )
})

function numberOrNull(value: unknown): number | null {
  return value === null ? null : Number(value)
}

function lowest({ conversations, members }: Database['tables'], mark: SQL): SQL<number | null> {
  return sql<
    number | null
  >`case when ${conversations.memberCount} <= ${LIMITS.receiptMembers} then (
    select min(${mark}) from ${members} as others
    where others.conversation_key = ${conversations.key} and others.user_key <> ${members.userKey}
      and others.state = 'active'
  ) end`
}

/** The other one of each of these direct conversations, by the conversation's key. */
export async function listPeers(
  database: Database,
  conversationKeys: readonly number[],
  userKey: number,
): Promise<ReadonlyMap<number, PublicUser>> {
  if (conversationKeys.length === 0) return new Map()
  const keys = list(conversationKeys)
  const rows = await peerQuery(database)(database.read, { keys, userKey })
  return new Map(rows.map((row) => [row.conversationKey, toPublicUser(row)]))
}

const peerQuery = perDatabase((database) => {
  const { members, users } = database.tables
  return database.prepare((on) =>
    on
      .select({ conversationKey: members.conversationKey, ...publicColumns(database.tables) })
      .from(members)
      .innerJoin(users, eq(users.key, members.userKey))
      .where(
        and(
          isAmong(database.engine, members.conversationKey, 'keys'),
          ne(members.userKey, sql.placeholder('userKey')),
        ),
      )
      .orderBy(asc(members.userKey)),
  )
})
