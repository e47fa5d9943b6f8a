import { and, desc, eq, gte, lt, not, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import {
  documentKey,
  matchesTokens,
  searchedDocuments,
  withWholeTokens,
  type TokenQuery,
} from '../db/token-query.ts'
import { isNotHiddenFrom } from './message-detail.ts'

/** Where a document stands, newest first. */
export interface Candidate {
  readonly key: number
  readonly streamKey: number
  readonly seq: number
}

/** What is looked for, and how much of it. */
export interface CandidateQuery {
  readonly query: TokenQuery
  /** Who asks: only what his spans cover is there for him. */
  readonly userKey: number
  /** Documents before this one. */
  readonly before: number
  /** From this one on. */
  readonly from: number
  readonly limit: number
}

/** Messages whose tokens fit, and that the user may see and has neither hidden nor cleared, newest first. */
export async function listCandidates(
  database: Database,
  { query, userKey, before, from, limit }: CandidateQuery,
): Promise<Candidate[]> {
  const { conversations, members, searchDocuments, spans } = database.tables
  const isVisible = sql`exists (
    select 1 from ${spans} where ${spans.streamKey} = ${searchDocuments.streamKey} and ${spans.userKey} = ${userKey}
      and ${spans.fromSeq} <= ${searchDocuments.seq} and (${spans.toSeq} is null or ${spans.toSeq} >= ${searchDocuments.seq})
  )`
  const isCleared = sql`exists (
    select 1 from ${conversations} join ${members} on ${members.conversationKey} = ${conversations.key}
    where ${conversations.messageStreamKey} = ${searchDocuments.streamKey} and ${members.userKey} = ${userKey}
      and ${members.clearedSeq} >= ${searchDocuments.seq}
  )`
  const key = documentKey(database)
  const tokens = await withWholeTokens(database, query)
  return searchedDocuments(database, {
    key: searchDocuments.key,
    streamKey: searchDocuments.streamKey,
    seq: searchDocuments.seq,
  })
    .where(
      and(
        matchesTokens(database, tokens),
        lt(key, before),
        gte(key, from),
        isVisible,
        not(isCleared),
        isNotHiddenFrom(database.tables, sql`${userKey}`, searchDocuments),
      ),
    )
    .orderBy(desc(key))
    .limit(limit)
}

/** The streams of messages of which a user sees something; of one conversation, or of all. */
export async function listSearchable(
  { tables: { conversations, spans }, read }: Database,
  {
    userKey,
    conversationId,
    limit,
  }: { userKey: number; conversationId: string | undefined; limit: number },
): Promise<number[]> {
  const isNamed = conversationId === undefined ? undefined : eq(conversations.id, conversationId)
  const rows = await read
    .selectDistinct({ key: spans.streamKey })
    .from(spans)
    .innerJoin(conversations, eq(conversations.messageStreamKey, spans.streamKey))
    .where(and(eq(spans.userKey, userKey), isNamed))
    .limit(limit)
  return rows.map(({ key }) => key)
}
