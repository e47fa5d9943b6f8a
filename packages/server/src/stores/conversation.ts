import type { HistoryPolicy, JoinPolicy, Role } from '@tidings/protocol/wire'
import { and, desc, eq, isNotNull, lt, or, sql, type SQL } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { perDatabase } from './per-database.ts'

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
  readonly kind: 'direct' | 'group'
  readonly name: string | null
  readonly joinPolicy: JoinPolicy
  readonly history: HistoryPolicy
  readonly messageStreamKey: number
  readonly receiptStreamKey: number
  readonly memberCount: number
  readonly createdAt: number
}

/** A conversation as one of its members sees it, but for the peer. */
export interface OwnConversationRow extends ConversationRow {
  readonly role: Role
  readonly deliveredSeq: number
  readonly readSeq: number
  readonly head: number
  /** When it was last written to, or else made; milliseconds. */
  readonly activeAt: number
}

/** A place in the list of a user's conversations: everything after it is older. */
export interface ConversationPlace {
  readonly activeAt: number
  readonly key: number
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

export async function findDirect(
  { tables, read }: Source,
  directKey: string,
): Promise<string | undefined> {
  const { conversations } = tables
  const rows = await read
    .select({ id: conversations.id })
    .from(conversations)
    .where(eq(conversations.directKey, directKey))
  return rows[0]?.id
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
  const query = ownQueries(database).byId
  const [row] = await query(database.read, { conversationId, userKey })
  return row
}

/** The user's conversations after a place, the most recently active first. */
export async function listOwnConversations(
  database: Database,
  userKey: number,
  { after, limit }: { readonly after: ConversationPlace | undefined; readonly limit: number },
): Promise<readonly OwnConversationRow[]> {
  const { first, next } = ownQueries(database)
  if (after === undefined) return first(database.read, { userKey, limit })
  const { activeAt, key: afterKey } = after
  return next(database.read, { userKey, limit, activeAt, afterKey })
}

const ownQueries = perDatabase((database) => {
  const { conversations, members } = database.tables
  const activeAt = activity(database.tables)
  const isOwn = and(eq(members.userKey, sql.placeholder('userKey')), eq(members.state, 'active'))
  const isNamed = eq(conversations.id, sql.placeholder('conversationId'))
  const placeAt = sql`cast(${sql.placeholder('activeAt')} as bigint)`
  const isOlder = or(
    lt(activeAt, placeAt),
    and(eq(activeAt, placeAt), lt(conversations.key, sql.placeholder('afterKey'))),
  )
  const page = (where: SQL | undefined) =>
    database.prepare((on) =>
      ownConversations(database, on)
        .where(and(isOwn, where))
        .orderBy(desc(activeAt), desc(conversations.key))
        .limit(sql.placeholder('limit')),
    )
  return {
    byId: database.prepare((on) => ownConversations(database, on).where(and(isOwn, isNamed))),
    first: page(undefined),
    next: page(isOlder),
  }
})

/** What a new conversation is made of. */
export interface NewConversation {
  readonly id: string
  readonly clientConversationId: string | null
  readonly payloadHash: number | null
  readonly kind: 'direct' | 'group'
  readonly name: string | null
  readonly directKey: string | null
  readonly joinPolicy: JoinPolicy
  readonly history: HistoryPolicy
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
    messageStreamKey: conversations.messageStreamKey,
    receiptStreamKey: conversations.receiptStreamKey,
    memberCount: conversations.memberCount,
    createdAt: conversations.createdAt,
  }
}

/** A stream that nothing was ever written to has no time of its own: then the conversation's counts. */
function activity({ conversations, streams }: Database['tables']) {
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
    deliveredSeq: members.deliveredSeq,
    readSeq: members.readSeq,
    head: streams.head,
    activeAt: activity(tables),
  }
}

function ownConversations({ tables }: Database, on: Tx) {
  const { conversations, members, streams } = tables
  return on
    .select(ownColumns(tables))
    .from(members)
    .innerJoin(conversations, eq(conversations.key, members.conversationKey))
    .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
}
