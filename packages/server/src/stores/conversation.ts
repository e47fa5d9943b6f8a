import type {
  ConversationKind,
  HistoryPolicy,
  JoinPolicy,
  Json,
  Role,
} from '@tidings/protocol/wire'
import { and, eq, isNotNull, or, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'
import { ownReadSeq } from './unread.ts'

/** Where a look-up reads: the database as committed, or the transaction that holds the locks. */
export interface Source {
  readonly tables: Database['tables']
  readonly read: Reader
  readonly prepare: Database['prepare']
}

/** A transaction to read and write in. */
export interface Target extends Source {
  readonly tx: Tx
}

/** Reads and writes of a transaction. */
export function inside(database: Database, tx: Tx): Target {
  const prepare: Source['prepare'] = (build) => database.prepare(build)
  return { tables: database.tables, prepare, read: tx, tx }
}

/** A conversation's own row. */
export interface ConversationRow {
  readonly key: number
  readonly id: string
  readonly kind: ConversationKind
  readonly name: string | null
  readonly joinPolicy: JoinPolicy
  readonly history: HistoryPolicy
  readonly data: Json | null
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
  readonly memberCount: number
  readonly createdAt: number
}

/** A conversation as one of its members sees it, but for the peer. */
export interface OwnConversationRow extends ConversationRow {
  readonly role: Role
  /** Until when he may not write, ms; null when he may. */
  readonly barredUntil: number | null
  readonly deliveredSeq: number
  /** How far he has read, and how much of it the others are told. */
  readonly readSeq: number
  readonly shownReadSeq: number
  /** Marked as unread from here on. */
  readonly unreadFrom: number | null
  /** What lies up to here is not shown to him. */
  readonly clearedSeq: number
  readonly head: number
  /** When it was last written to, or else made; milliseconds. */
  readonly activeAt: number
}

export async function findConversation(
  { tables, read }: Source,
  id: string,
): Promise<ConversationRow | undefined> {
  const { conversations } = tables
  const rows = await read
    .select(columns(tables))
    .from(conversations)
    .where(eq(conversations.id, id))
  return rows[0]
}

/** A group as far as changing it goes, for somebody who is or was in it, or may come in because it is open. */
export async function findGroupFor(
  { tables, read }: Source,
  id: string,
  userKey: number,
): Promise<Pick<ConversationRow, 'messageStreamKey' | 'receiptStreamKey'> | undefined> {
  const { conversations, members } = tables
  const { messageStreamKey, receiptStreamKey, joinPolicy } = conversations
  const own = and(eq(members.conversationKey, conversations.key), eq(members.userKey, userKey))
  const rows = await read
    .select({ messageStreamKey, receiptStreamKey })
    .from(conversations)
    .leftJoin(members, own)
    .where(
      and(
        eq(conversations.id, id),
        eq(conversations.kind, 'group'),
        or(isNotNull(members.userKey), eq(joinPolicy, 'open')),
      ),
    )
  return rows[0]
}

/** A direct conversation, as far as blocking goes. */
export type DirectRow = Pick<
  ConversationRow,
  'id' | 'key' | 'messageStreamKey' | 'receiptStreamKey'
>

export async function findDirect(
  { tables, read }: Source,
  directKey: string,
): Promise<DirectRow | undefined> {
  const { conversations } = tables
  const { id, key, messageStreamKey, receiptStreamKey } = conversations
  const rows = await read
    .select({ id, key, messageStreamKey, receiptStreamKey })
    .from(conversations)
    .where(eq(conversations.directKey, directKey))
  return rows[0]
}

/** Under what the one direct conversation of two users is kept. */
export function toDirectKey(one: number, other: number): string {
  return `${Math.min(one, other)}:${Math.max(one, other)}`
}

/** What its creator made under an idempotency key. */
export async function findMade(
  { tables, read }: Source,
  createdBy: number,
  clientConversationId: string,
): Promise<{ readonly id: string; readonly payloadHash: number | null } | undefined> {
  const { conversations } = tables
  const rows = await read
    .select({ id: conversations.id, payloadHash: conversations.payloadHash })
    .from(conversations)
    .where(
      and(
        eq(conversations.clientConversationId, clientConversationId),
        eq(conversations.createdBy, createdBy),
      ),
    )
  return rows[0]
}

/** The key of a conversation in which the user is or once was. */
export async function findKeyThroughMember(
  { tables, read }: Source,
  conversationId: string,
  userKey: number,
): Promise<number | undefined> {
  const { conversations, members } = tables
  const rows = await read
    .select({ key: conversations.key })
    .from(conversations)
    .innerJoin(members, eq(members.conversationKey, conversations.key))
    .where(and(eq(conversations.id, conversationId), eq(members.userKey, userKey)))
  return rows[0]?.key
}

/** The conversation as the user sees it; undefined unless he is in it now. */
export async function findOwnConversation(
  database: Database,
  conversationId: string,
  userKey: number,
): Promise<OwnConversationRow | undefined> {
  const [row] = await ownQuery(database)(database.read, { conversationId, userKey })
  return row
}

const ownQuery = perDatabase((database) => {
  const { conversations, members } = database.tables
  const isOwn = and(eq(members.userKey, sql.placeholder('userKey')), eq(members.state, 'active'))
  const isNamed = eq(conversations.id, sql.placeholder('conversationId'))
  return database.prepare((on) => ownConversations(database, on).where(and(isOwn, isNamed)))
})

/** What a new conversation is made of. */
export interface NewConversation {
  readonly id: string
  readonly clientConversationId: string | null
  readonly payloadHash: number | null
  readonly kind: ConversationKind
  readonly name: string | null
  readonly directKey: string | null
  readonly joinPolicy: JoinPolicy
  readonly history: HistoryPolicy
  readonly data: Json | null
  readonly createdBy: number
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
  readonly memberCount: number
  readonly createdAt: number
}

/** Answers the key. */
export async function insertConversation(
  { tables, tx }: Target,
  conversation: NewConversation,
): Promise<number> {
  const { conversations } = tables
  const rows = await tx
    .insert(conversations)
    .values({ ...conversation, updatedAt: conversation.createdAt })
    .returning({ key: conversations.key })
  const row = rows[0]
  if (row === undefined) throw new Error('the new conversation has no key')
  return row.key
}

/** What of a conversation can change. */
export interface ConversationChange {
  readonly name?: string | undefined
  readonly joinPolicy?: JoinPolicy | undefined
  readonly history?: HistoryPolicy | undefined
  readonly data?: Json | null | undefined
  readonly memberCount?: number | undefined
  readonly updatedAt: number
}

export async function updateConversation(
  { tables, tx }: Target,
  key: number,
  change: ConversationChange,
): Promise<void> {
  await tx.update(tables.conversations).set(change).where(eq(tables.conversations.key, key))
}

function columns({ conversations }: Database['tables']) {
  return {
    key: conversations.key,
    id: conversations.id,
    kind: conversations.kind,
    name: conversations.name,
    joinPolicy: conversations.joinPolicy,
    history: conversations.history,
    data: conversations.data,
    messageStreamKey: conversations.messageStreamKey,
    receiptStreamKey: conversations.receiptStreamKey,
    memberCount: conversations.memberCount,
    createdAt: conversations.createdAt,
  }
}

/** When it was last written to. A stream that nothing was ever written to has no time of its own: then the conversation's counts. */
export function activity({ conversations, streams }: Database['tables']) {
  const { lastTs } = streams
  const { createdAt } = conversations
  return sql<number>`case when ${lastTs} > ${createdAt} then ${lastTs} else ${createdAt} end`.mapWith(
    Number,
  )
}

/** What a conversation and its member's own row say, for who joins `members`, `conversations` and its stream of messages. */
export function ownColumns(tables: Database['tables']) {
  const { members, streams } = tables
  return {
    ...columns(tables),
    role: members.role,
    barredUntil: members.barredUntil,
    deliveredSeq: members.deliveredSeq,
    readSeq: ownReadSeq(members).mapWith(Number),
    shownReadSeq: members.readSeq,
    unreadFrom: members.unreadFrom,
    clearedSeq: members.clearedSeq,
    head: streams.head,
    activeAt: activity(tables),
  }
}

/** Conversations of the member whom the query is about. */
export function ownConversations({ tables }: Database, on: Tx) {
  const { conversations, members, streams } = tables
  return on
    .select(ownColumns(tables))
    .from(members)
    .innerJoin(conversations, eq(conversations.key, members.conversationKey))
    .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
}
