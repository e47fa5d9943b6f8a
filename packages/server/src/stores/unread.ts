import { LIMITS } from '@tidings/protocol/wire'
import { sql, type SQL } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { isNotHiddenFrom } from './message-detail.ts'

type Tables = Database['tables']

/** Events that are looked through for an answer: one who writes without end must not make everybody's pages slow. */
export const LOOKED_THROUGH = 10_000

/** How far a member has read himself; the others may be told less. */
export function ownReadSeq({ readSeq, privateReadSeq }: Tables['members']): SQL<number> {
  return sql<number>`case when ${privateReadSeq} > ${readSeq} then ${privateReadSeq} else ${readSeq} end`
}

/** What follows it is unread: his own mark, or where he has said that it is unread again, but nothing that he has cleared. */
export function unreadAfter(members: Tables['members']): SQL<number> {
  const { clearedSeq, unreadFrom } = members
  const read = ownReadSeq(members)
  const mark = sql`case when ${unreadFrom} <= ${read} then ${unreadFrom} - 1 else ${read} end`
  return sql<number>`case when ${clearedSeq} > ${mark} then ${clearedSeq} else ${mark} end`
}

/**
 * Messages of others that are unread, of whoever joins `members` and `conversations`; at most so many are looked for. The
 * limit ends the search: a page must not cost what has piled up. No span is asked for: neither a mark nor the place from
 * which it is unread again ever lies before what a member sees now.
 */
export function unreadCount(tables: Tables, most: number = LIMITS.unreadCount): SQL<number> {
  const { conversations, events, members } = tables
  const after = unreadAfter(members)
  return sql<number>`(
    select count(*) from (
      select 1 from ${events}
      where ${events.streamKey} = ${conversations.messageStreamKey} and ${events.seq} > ${after}
        and ${events.seq} <= ${after} + ${LOOKED_THROUGH}
        and ${events.messageId} is not null and ${events.payloadHash} is not null
        and ${events.actorKey} <> ${members.userKey}
        and ${isNotHiddenFrom(tables, sql`${members.userKey}`)}
      limit ${most}
    ) as some_unread
  )`
}

/** Of the unread messages those that mention the member. As far as `unreadCount` looks, by an index that has nothing else. */
export function unreadMentionCount(tables: Tables): SQL<number> {
  const { conversations, members, mentions } = tables
  const after = unreadAfter(members)
  return sql<number>`(
    select count(*) from (
      select 1 from ${mentions}
      where ${mentions.userKey} = ${members.userKey} and ${mentions.streamKey} = ${conversations.messageStreamKey}
        and ${mentions.seq} > ${after} and ${mentions.seq} <= ${after} + ${LOOKED_THROUGH}
        and ${isNotHiddenFrom(tables, sql`${members.userKey}`, mentions)}
      limit ${LIMITS.unreadCount}
    ) as some_mentions
  )`
}

/**
 * 1 while a member has it hidden: nothing that he sees was sent after what he has cleared. Nearly nobody has, and then
 * nothing is read.
 */
export function isHidden(tables: Tables): SQL<number> {
  const { conversations, events, members } = tables
  return sql<number>`case when ${members.hidden} = 1 and not exists (
    select 1 from ${events}
    where ${events.streamKey} = ${conversations.messageStreamKey} and ${events.seq} > ${members.clearedSeq}
      and ${events.messageId} is not null and ${isNotHiddenFrom(tables, sql`${members.userKey}`)}
  ) then 1 else 0 end`
}

/**
 * The newest message that a member sees. Through the spans: who has been away has holes, and nothing of them is looked
 * through.
 */
export function lastSeq(tables: Tables): SQL<number | null> {
  const { conversations, events, members, spans, streams } = tables
  const end = sql`coalesce(${spans.toSeq}, ${streams.head})`
  return sql<number | null>`(
    select max(newest) from (
      select (
        select ${events.seq} from ${events}
        where ${events.streamKey} = ${spans.streamKey} and ${events.messageId} is not null
          and ${events.seq} >= ${spans.fromSeq} and ${events.seq} <= ${end} and ${events.seq} > ${end} - ${LOOKED_THROUGH}
          and ${events.seq} > ${members.clearedSeq}
          and ${isNotHiddenFrom(tables, sql`${members.userKey}`)}
        order by ${events.seq} desc limit 1
      ) as newest from ${spans}
      where ${spans.streamKey} = ${conversations.messageStreamKey} and ${spans.userKey} = ${members.userKey}
    ) as newest_of_span
  )`
}
