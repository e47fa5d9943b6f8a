import { and, eq, gte, isNull, or, sql } from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** How far a stream has come. */
export interface StreamHead {
  readonly streamKey: number
  readonly head: number
}

/** The head of a stream, or undefined when there is no such stream. */
export async function findHead(
  database: Database,
  reader: Reader,
  streamKey: number,
): Promise<number | undefined> {
  const [row] = await headQuery(database)(reader, { streamKey })
  return row?.head
}

const headQuery = perDatabase((database) => {
  const { streams } = database.tables
  const isWanted = eq(streams.key, sql.placeholder('streamKey'))
  return database.prepare((on) => on.select({ head: streams.head }).from(streams).where(isWanted))
})

/**
 * The heads of the streams that any of these users sees, or has ceased to see since a time, and that have an event since
 * then. There is no index on times, which every append would have to maintain: this costs 10 to 20 ms of Postgres for
 * 1,000 users of 20 conversations each in a database of 100,000 streams.
 */
export async function listMovedHeads(
  database: Database,
  reader: Reader,
  { userKeys, since }: { readonly userKeys: readonly number[]; readonly since: number },
): Promise<readonly StreamHead[]> {
  if (userKeys.length === 0) return []
  return movedQuery(database)(reader, { userKeys: list(userKeys), since })
}

const movedQuery = perDatabase((database) => {
  const { spans, streams } = database.tables
  const since = sql.placeholder('since')
  return database.prepare((on) =>
    on
      .selectDistinct({ streamKey: streams.key, head: streams.head })
      .from(spans)
      .innerJoin(streams, eq(streams.key, spans.streamKey))
      .where(
        and(
          isAmong(database.engine, spans.userKey, 'userKeys'),
          gte(streams.lastTs, since),
          or(isNull(spans.toSeq), gte(spans.endedTs, since)),
        ),
      ),
  )
})
