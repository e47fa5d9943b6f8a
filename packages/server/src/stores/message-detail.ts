import {
  and,
  desc,
  eq,
  lt,
  lte,
  sql,
  type Placeholder,
  type SQL,
  type SQLWrapper,
} from 'drizzle-orm'
import type { Database, Reader, Tx } from '../db/database.ts'
import type { MessagePlace } from './message-place.ts'
import { perDatabase } from './per-database.ts'

/** What a message said from a time on; `body` as its own row keeps it. */
export interface VersionRow {
  readonly writtenAt: number
  readonly body: unknown
}

/** Keeps what a message has said so far. */
export async function insertVersion(
  database: Database,
  tx: Tx,
  { streamKey, seq, writtenAt, body }: MessagePlace & VersionRow,
): Promise<void> {
  await tx.insert(database.tables.messageVersions).values({ streamKey, seq, writtenAt, body })
}

/** What a message said before what it says now, newest first. */
export async function listVersions(
  database: Database,
  reader: Reader,
  page: MessagePlace & { readonly before: number; readonly limit: number },
): Promise<readonly VersionRow[]> {
  return versionQuery(database)(reader, { ...page })
}

const versionQuery = perDatabase((database) => {
  const { messageVersions } = database.tables
  const isOf = and(
    eq(messageVersions.streamKey, sql.placeholder('streamKey')),
    eq(messageVersions.seq, sql.placeholder('seq')),
    lt(messageVersions.writtenAt, sql.placeholder('before')),
  )
  return database.prepare((on) =>
    on
      .select({ writtenAt: messageVersions.writtenAt, body: messageVersions.body })
      .from(messageVersions)
      .where(isOf)
      .orderBy(desc(messageVersions.writtenAt))
      .limit(sql.placeholder('limit')),
  )
})

/** Takes a message out of a user's view; false when it was not there any more. */
export async function insertHidden(
  database: Database,
  tx: Tx,
  { streamKey, seq, userKey }: MessagePlace & { readonly userKey: number },
): Promise<boolean> {
  const rows = await tx
    .insert(database.tables.hiddenMessages)
    .values({ streamKey, seq, userKey })
    .onConflictDoNothing()
    .returning()
  return rows.length > 0
}

/**
 * True of events, or of rows with their places, that a user has not hidden from himself: a condition for everything that
 * shows him messages, or counts them. One look into a small index for each.
 */
export function isNotHiddenFrom(
  { events, hiddenMessages }: Database['tables'],
  userKey: Placeholder | SQL,
  { streamKey, seq }: { readonly streamKey: SQLWrapper; readonly seq: SQLWrapper } = events,
): SQL {
  return sql`not exists (
    select 1 from ${hiddenMessages} where ${hiddenMessages.streamKey} = ${streamKey}
      and ${hiddenMessages.seq} = ${seq} and ${hiddenMessages.userKey} = ${userKey}
  )`
}

/** Forgets reactions to a message, what it has said before, and whom it mentions. */
export async function deleteDetails(
  database: Database,
  tx: Tx,
  { streamKey, seq }: MessagePlace,
): Promise<void> {
  const { reactions, messageVersions, mentions } = database.tables
  for (const table of [reactions, messageVersions, mentions])
    await tx.delete(table).where(and(eq(table.streamKey, streamKey), eq(table.seq, seq)))
}

/** Forgets what belongs to the messages of a stream up to a seq, which are forgotten too. */
export async function deleteDetailsUpTo(
  database: Database,
  tx: Tx,
  { streamKey, upTo }: { readonly streamKey: number; readonly upTo: number },
): Promise<void> {
  const { reactions, messageVersions, hiddenMessages, mentions } = database.tables
  for (const table of [reactions, messageVersions, hiddenMessages, mentions]) {
    const isOld = and(eq(table.streamKey, streamKey), lte(table.seq, upTo))
    await tx.delete(table).where(isOld)
  }
}
