import { LIMITS, type PublicUser } from '@tidings/protocol/wire'
import { and, asc, eq, ne, sql, type SQL } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { ownColumns, type OwnConversationRow } from './conversation.ts'
import { perDatabase } from './per-database.ts'

/**
 * What a member sees of a conversation. All of it is of one moment: who knows the head applies what comes after it, and
 * would count a message again that was in the count and not yet in the head.
 */
export interface ConversationViewRow extends OwnConversationRow {
  /** Messages of others after his read mark that are not deleted, counted up to `LIMITS.unreadCount`. */
  readonly unread: number
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
  return viewQuery(database)(database.read, { userKey, keys: list(conversationKeys) })
}

const viewQuery = perDatabase((database) => {
  const { tables } = database
  const { conversations, members, streams } = tables
  return database.prepare((on) =>
    on
      .select({
        ...ownColumns(tables),
        unread: unread(tables).mapWith(Number),
        lastSeq: lastSeq(tables).mapWith(numberOrNull),
        othersDeliveredSeq: lowest(tables, sql`others.delivered_seq`).mapWith(numberOrNull),
        othersReadSeq: lowest(tables, sql`others.read_seq`).mapWith(numberOrNull),
      })
      .from(members)
      .innerJoin(conversations, eq(conversations.key, members.conversationKey))
      .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
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

/** Events that are looked through for an answer: one who writes without end must not make everybody's pages slow. */
const LOOKED_THROUGH = 10_000

/**
 * The limit ends the search: a page must not cost what has piled up. No span is asked for: a member's read mark never
 * lies before what he sees now.
 */
function unread({ conversations, events, members }: Database['tables']): SQL<number> {
  return sql<number>`(
    select count(*) from (
      select 1 from ${events}
      where ${events.streamKey} = ${conversations.messageStreamKey} and ${events.seq} > ${members.readSeq}
        and ${events.seq} <= ${members.readSeq} + ${LOOKED_THROUGH}
        and ${events.messageId} is not null and ${events.payloadHash} is not null
        and ${events.actorKey} <> ${members.userKey}
      limit ${LIMITS.unreadCount}
    ) as some_unread
  )`
}

/** Through the spans: who has been away has holes, and nothing of them is looked through. */
function lastSeq({
  conversations,
  events,
  members,
  spans,
  streams,
}: Database['tables']): SQL<number | null> {
  const end = sql`coalesce(${spans.toSeq}, ${streams.head})`
  return sql<number | null>`(
    select max(newest) from (
      select (
        select ${events.seq} from ${events}
        where ${events.streamKey} = ${spans.streamKey} and ${events.messageId} is not null
          and ${events.seq} >= ${spans.fromSeq} and ${events.seq} <= ${end} and ${events.seq} > ${end} - ${LOOKED_THROUGH}
        order by ${events.seq} desc limit 1
      ) as newest from ${spans}
      where ${spans.streamKey} = ${conversations.messageStreamKey} and ${spans.userKey} = ${members.userKey}
    ) as newest_of_span
  )`
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
  return new Map(rows.map(({ conversationKey, ...user }) => [conversationKey, user]))
}

const peerQuery = perDatabase((database) => {
  const { members, users } = database.tables
  return database.prepare((on) =>
    on
      .select({ conversationKey: members.conversationKey, id: users.id, username: users.username })
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
