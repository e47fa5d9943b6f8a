import { and, eq } from 'drizzle-orm'
import type { Database, Tx } from '../db/database.ts'
import { prepareInsert } from '../db/insert-rows.ts'
import type { MessagePlace } from './message-place.ts'
import { perDatabase } from './per-database.ts'

/** That a message mentions a user. */
export interface MentionRow extends MessagePlace {
  readonly userKey: number
}

const mentionInsert = perDatabase((database) => prepareInsert(database, database.tables.mentions))

/** Notes whom messages mention: as many rows as there are. */
export async function insertMentions(
  database: Database,
  tx: Tx,
  rows: readonly MentionRow[],
): Promise<void> {
  await mentionInsert(database)(tx, rows)
}

/** Notes whom a message mentions from now on. */
export async function replaceMentions(
  database: Database,
  tx: Tx,
  { streamKey, seq, userKeys }: MessagePlace & { readonly userKeys: readonly number[] },
): Promise<void> {
  const { mentions } = database.tables
  await tx.delete(mentions).where(and(eq(mentions.streamKey, streamKey), eq(mentions.seq, seq)))
  const rows = userKeys.map((userKey) => ({ streamKey, seq, userKey }))
  if (rows.length > 0) await insertMentions(database, tx, rows)
}
