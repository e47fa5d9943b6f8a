import { and, asc, desc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** What a message is searched by. */
export interface SearchDocument {
  readonly streamKey: number
  readonly seq: number
  /** The message's time, milliseconds. */
  readonly ts: number
  /** With spaces between them. */
  readonly tokens: string
}

/** Documents of one millisecond. */
export const DOCUMENTS_PER_MS = 1024

/**
 * Adds a document, for a message that has none but what an earlier version may have left. Documents of one
 * millisecond are told apart by their places, so that the index made anew has nearly the same keys.
 */
export async function insertDocument(
  database: Database,
  tx: Tx,
  { streamKey, seq, ts, tokens }: SearchDocument,
): Promise<void> {
  let key = ts * DOCUMENTS_PER_MS + ((streamKey * 31 + seq) % DOCUMENTS_PER_MS)
  for (;;) {
    const [row] = await documentInsert(database)(tx, { key, streamKey, seq, tokens })
    if (row !== undefined) return
    if (!(await deleteDocument(database, tx, { streamKey, seq }))) key += 1
  }
}

const documentInsert = perDatabase((database) => {
  const { searchDocuments } = database.tables
  const values = {
    key: sql.placeholder('key'),
    streamKey: sql.placeholder('streamKey'),
    seq: sql.placeholder('seq'),
    tokens: sql.placeholder('tokens'),
  }
  return database.prepare((on) =>
    on
      .insert(searchDocuments)
      .values(values)
      .onConflictDoNothing()
      .returning({ key: searchDocuments.key }),
  )
})

/** Takes a message out of what is searched; answers whether it was there. */
export async function deleteDocument(
  { tables: { searchDocuments } }: Database,
  tx: Tx,
  { streamKey, seq }: { readonly streamKey: number; readonly seq: number },
): Promise<boolean> {
  const rows = await tx
    .delete(searchDocuments)
    .where(and(eq(searchDocuments.streamKey, streamKey), eq(searchDocuments.seq, seq)))
    .returning({ key: searchDocuments.key })
  return rows.length > 0
}

/** {@link deleteDocument} for a message that is being deleted: a node that is just adding it comes before, or does not see it. */
export async function eraseDocument(
  database: Database,
  tx: Tx,
  place: { readonly streamKey: number; readonly seq: number },
): Promise<void> {
  await holdProgress(database, tx, [place.streamKey])
  await deleteDocument(database, tx, place)
}

/** Takes a stream's messages up to a seq out of what is searched, as {@link eraseDocument} does. */
export async function eraseDocumentsUpTo(
  database: Database,
  tx: Tx,
  { streamKey, seq }: { readonly streamKey: number; readonly seq: number },
): Promise<void> {
  await holdProgress(database, tx, [streamKey])
  const { searchDocuments } = database.tables
  await tx
    .delete(searchDocuments)
    .where(and(eq(searchDocuments.streamKey, streamKey), lte(searchDocuments.seq, seq)))
}

/** How far a stream was looked at, and how far it goes. */
export interface SearchProgress {
  readonly streamKey: number
  readonly seq: number
  readonly head: number
}

/** How far some streams were looked at, in no order. */
export function listProgress(
  database: Database,
  streamKeys: readonly number[],
): Promise<readonly SearchProgress[]> {
  return progressQuery(database)(database.read, { keys: list(streamKeys) })
}

const progressQuery = perDatabase((database) => {
  const { searchProgress, streams } = database.tables
  return database.prepare((on) =>
    on
      .select({
        streamKey: streams.key,
        seq: sql<number>`coalesce(${searchProgress.seq}, 0)`.mapWith(Number),
        head: streams.head,
      })
      .from(streams)
      .leftJoin(searchProgress, eq(searchProgress.streamKey, streams.key))
      .where(isAmong(database.engine, streams.key, 'keys')),
  )
})

/** Holds the progress of streams until the transaction ends: of several nodes one does a part. */
export async function holdProgress(
  database: Database,
  tx: Tx,
  streamKeys: readonly number[],
): Promise<readonly Omit<SearchProgress, 'head'>[]> {
  const { insert, held } = progressHold(database)
  const keys = list(streamKeys)
  // Who comes at the same moment and finds no row waits here.
  await insert(tx, { keys })
  return held(tx, { keys })
}

const progressHold = perDatabase((database) => {
  const { searchProgress, streams } = database.tables
  const { streamKey, seq } = searchProgress
  const isAsked = isAmong(database.engine, streams.key, 'keys')
  const first = sql`select ${streams.key}, 0 from ${streams} where ${isAsked} order by ${streams.key}`
  return {
    insert: database.prepare((on) => on.insert(searchProgress).select(first).onConflictDoNothing()),
    held: database.prepare((on) =>
      database.forUpdate(
        on
          .select({ streamKey, seq })
          .from(searchProgress)
          .where(isAmong(database.engine, streamKey, 'keys'))
          .orderBy(asc(streamKey)),
      ),
    ),
  }
})

/** Writes how far a stream was looked at. */
export async function updateProgress(
  database: Database,
  tx: Tx,
  { streamKey, seq }: { readonly streamKey: number; readonly seq: number },
): Promise<void> {
  await progressUpdate(database)(tx, { streamKey, seq })
}

const progressUpdate = perDatabase((database) => {
  const { searchProgress } = database.tables
  return database.prepare((on) =>
    on
      .update(searchProgress)
      .set({ seq: sql`${sql.placeholder('seq')}` })
      .where(eq(searchProgress.streamKey, sql.placeholder('streamKey'))),
  )
})

/** A part of all conversations, in the order in which they were made. */
export interface BehindPage {
  /** Their streams of messages of which something was not looked at yet. */
  readonly streamKeys: readonly number[]
  /** The last of these conversations; undefined when it is the last of all. */
  readonly last: number | undefined
}

/** Looks through so many conversations: all of them at once would hold up everybody on SQLite. */
export async function listBehind(
  { tables: { conversations, searchProgress, streams }, read }: Database,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<BehindPage> {
  const rows = await read
    .select({
      key: conversations.key,
      streamKey: streams.key,
      isBehind: sql<number>`case when ${streams.head} > coalesce(${searchProgress.seq}, 0) then 1 else 0 end`,
    })
    .from(conversations)
    .innerJoin(streams, eq(streams.key, conversations.messageStreamKey))
    .leftJoin(searchProgress, eq(searchProgress.streamKey, streams.key))
    .where(gt(conversations.key, after))
    .orderBy(asc(conversations.key))
    .limit(limit)
  const behind = rows.filter(({ isBehind }) => isBehind === 1)
  const last = rows.length < limit ? undefined : rows.at(-1)?.key
  return { streamKeys: behind.map(({ streamKey }) => streamKey), last }
}

/** True when everything in the streams was looked at. */
export async function isLevel(
  database: Database,
  reader: Reader,
  streamKeys: readonly number[],
): Promise<boolean> {
  const [row] = await behindQuery(database)(reader, { keys: list(streamKeys) })
  return row === undefined
}

const behindQuery = perDatabase((database) => {
  const { searchProgress, streams } = database.tables
  return database.prepare((on) =>
    on
      .select({ key: streams.key })
      .from(streams)
      .leftJoin(searchProgress, eq(searchProgress.streamKey, streams.key))
      .where(
        and(
          isAmong(database.engine, streams.key, 'keys'),
          gt(streams.head, sql`coalesce(${searchProgress.seq}, 0)`),
        ),
      )
      .limit(1),
  )
})

/** Documents of one transaction, so that no statement takes too long. */
const SLICE = 5000

/**
 * Throws away what is searched: everything is looked at again. Answers how many documents there were. What was thrown away is
 * to be looked at again from the same commit on: whatever ends it in between, nothing is missed by that.
 */
export async function clearSearch(database: Database, slice = SLICE): Promise<number> {
  for (let gone = 0; ;) {
    const some = await database.tx((tx) => clearSome(database, tx, slice))
    gone += some
    if (some < slice) return gone
  }
}

async function clearSome(database: Database, tx: Tx, limit: number): Promise<number> {
  const { searchDocuments, searchProgress } = database.tables
  const { key, streamKey, seq } = searchDocuments
  const last = tx
    .select({ key })
    .from(searchDocuments)
    .orderBy(desc(streamKey), desc(seq))
    .limit(limit)
  const gone = await tx
    .delete(searchDocuments)
    .where(inArray(key, last))
    .returning({ streamKey, seq })
  if (gone.length < limit) {
    await tx.delete(searchProgress)
    return gone.length
  }
  const lowest = gone.reduce((low, { streamKey: other }) => Math.min(low, other), Infinity)
  const ofLowest = gone.filter((row) => row.streamKey === lowest).map((row) => row.seq)
  await tx.delete(searchProgress).where(gt(searchProgress.streamKey, lowest))
  const before = Math.min(...ofLowest) - 1
  // After a rebuild that was interrupted a stream may not have been looked at as far as it has documents.
  const isFurther = and(eq(searchProgress.streamKey, lowest), gt(searchProgress.seq, before))
  await tx.update(searchProgress).set({ seq: before }).where(isFurther)
  return gone.length
}
