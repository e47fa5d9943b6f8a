import type { Head, Heads, HeadsInput } from '@tidings/protocol/wire'
import { LIMITS } from '@tidings/protocol/wire'
import type { Database } from '../db/database.ts'
import { findTags } from '../stores/event.ts'
import { findStreamThroughSpan } from '../stores/span.ts'
import { listVisibleHeads, type VisibleHead } from '../stores/visible-head.ts'

/**
 * How far behind a watermark is looked for changes, milliseconds. Transactions end within 10 s (their timeouts), so an
 * event timed before the watermark and committed after it is at most that much older; the rest is for a stepping clock.
 */
export const WATERMARK_MARGIN_MS = 60_000

/** A page of the streams that a user may see, with the newest seq of each that he may see. */
export async function readHeads(
  database: Database,
  epoch: number,
  request: { userKey: number; input: HeadsInput },
): Promise<Heads> {
  const { userKey, input } = request
  const limit = input.limit ?? LIMITS.headsPage
  // Before the streams are read: what commits meanwhile is newer than the watermark and will be listed the next time.
  const watermark = await database.now()
  const rows = await listVisibleHeads(database, database.read, {
    userKey,
    since: input.changedSince === undefined ? undefined : input.changedSince - WATERMARK_MARGIN_MS,
    afterStreamKey: await streamKeyOf(database, userKey, input.after),
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const heads = await withTags(database, page)
  return {
    epoch,
    watermark,
    heads,
    next: rows.length > limit ? (heads.at(-1)?.stream ?? null) : null,
  }
}

/** Through his own spans: the order of the answer must not tell whether somebody else's stream exists. */
async function streamKeyOf(
  database: Database,
  userKey: number,
  stream: string | undefined,
): Promise<number> {
  if (stream === undefined) return 0
  return (await findStreamThroughSpan(database, database.read, { userKey, stream })) ?? 0
}

/** A left stream's visible head is not the stream's: its tag is looked up. */
async function withTags(database: Database, rows: readonly VisibleHead[]): Promise<Head[]> {
  const ended = rows.filter((row) => !row.open)
  const tags = await findTags(
    database,
    database.read,
    ended.map((row) => ({ streamKey: row.streamKey, seq: row.head })),
  )
  const tagOf = new Map(tags.map((tag) => [tag.streamKey, tag.tag]))
  return rows.map((row) => ({
    stream: row.stream,
    head: row.head,
    tag: row.open ? row.headTag : (tagOf.get(row.streamKey) ?? 0),
    floor: row.floor,
  }))
}
