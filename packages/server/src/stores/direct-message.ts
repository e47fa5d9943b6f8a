import { and, desc, eq, gt, isNotNull, lte, ne, sql } from 'drizzle-orm'
import { alias } from '../db/alias.ts'
import type { Database, Reader } from '../db/database.ts'
import { selectEvents, type EventRow } from './event.ts'
import { isNotHiddenFrom } from './message-detail.ts'
import { perDatabase } from './per-database.ts'
import { isVisibleTo } from './span.ts'
import { ownReadSeq } from './unread.ts'

/** A direct conversation of a user's, with what tells how far a message of it has got. */
export interface DirectRow {
  readonly streamKey: number
  readonly stream: string
  readonly head: number
  /** The time of its newest event. */
  readonly lastTs: number
  readonly deliveredSeq: number
  readonly readSeq: number
  /** What the user has cleared is not his to list any more. */
  readonly clearedSeq: number
  readonly peerId: string
  readonly peerUsername: string
  readonly peerDeliveredSeq: number
  readonly peerReadSeq: number
}

/** A user's direct conversations in which something has happened, the most recently active first. */
export function listDirect(
  database: Database,
  place: { readonly userKey: number; readonly limit: number },
): Promise<DirectRow[]> {
  return directQuery(database)(database.read, place)
}

const directQuery = perDatabase((database) => {
  const { conversations, members, streams, users } = database.tables
  const peers = alias(members, 'peers')
  return database.prepare((on) =>
    on
      .select({
        streamKey: streams.key,
        stream: streams.name,
        head: streams.head,
        lastTs: streams.lastTs,
        deliveredSeq: members.deliveredSeq,
        readSeq: ownReadSeq(members).mapWith(Number),
        clearedSeq: members.clearedSeq,
        peerId: users.id,
        peerUsername: users.username,
        peerDeliveredSeq: peers.deliveredSeq,
        peerReadSeq: peers.readSeq,
      })
      .from(members)
      .innerJoin(
        conversations,
        and(eq(conversations.key, members.conversationKey), eq(conversations.kind, 'direct')),
      )
      .innerJoin(streams, and(eq(streams.key, conversations.messageStreamKey), gt(streams.head, 0)))
      .innerJoin(
        peers,
        and(eq(peers.conversationKey, members.conversationKey), ne(peers.userKey, members.userKey)),
      )
      .innerJoin(users, eq(users.key, peers.userKey))
      .where(and(eq(members.userKey, sql.placeholder('userKey')), eq(members.state, 'active')))
      .orderBy(desc(streams.lastTs), desc(streams.key))
      .limit(sql.placeholder('limit')),
  )
})

/** A part of a conversation that is looked through: after a seq, up to a seq. */
export interface DirectPart {
  readonly streamKey: number
  readonly userKey: number
  readonly isSent: boolean
  readonly after: number
  readonly upTo: number
  readonly limit: number
}

/** Messages that the user has sent, or got, in a part of a conversation; newest first, without those that were deleted. */
export function listDirectMessages(
  database: Database,
  { isSent, ...part }: DirectPart,
): Promise<EventRow[]> {
  const queries = partQueries(database)
  return (isSent ? queries.sent : queries.received)(database.read, { ...part })
}

const partQueries = perDatabase((database) => {
  const { events } = database.tables
  const userKey = sql.placeholder('userKey')
  const query = (isOne: typeof eq) =>
    database.prepare((on) =>
      selectEvents(database, on)
        .where(
          and(
            eq(events.streamKey, sql.placeholder('streamKey')),
            gt(events.seq, sql.placeholder('after')),
            lte(events.seq, sql.placeholder('upTo')),
            isNotNull(events.messageId),
            isNotNull(events.payloadHash),
            isOne(events.actorKey, userKey),
            isVisibleTo(database, userKey),
            isNotHiddenFrom(database.tables, userKey),
          ),
        )
        .orderBy(desc(events.seq))
        .limit(sql.placeholder('limit')),
    )
  return { sent: query(eq), received: query(ne) }
})

/** With whom a user has a direct conversation, by the key of its messages; undefined for others. */
export async function findPeerKey(
  { tables: { conversations, members } }: Database,
  reader: Reader,
  { messageStreamKey, userKey }: { readonly messageStreamKey: number; readonly userKey: number },
): Promise<number | undefined> {
  const isDirect = and(
    eq(conversations.messageStreamKey, messageStreamKey),
    eq(conversations.kind, 'direct'),
  )
  const [row] = await reader
    .select({ key: members.userKey })
    .from(conversations)
    .innerJoin(members, eq(members.conversationKey, conversations.key))
    .where(and(isDirect, ne(members.userKey, userKey)))
  return row?.key
}
