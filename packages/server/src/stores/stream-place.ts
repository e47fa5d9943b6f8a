import { sql } from 'drizzle-orm'
import type { Database, Reader } from '../db/database.ts'
import { isAmong, list } from '../db/row-set.ts'
import { perDatabase } from './per-database.ts'

/** Where a stream stood at a time. */
export interface StreamPlace {
  readonly stream: string
  readonly seq: number
  readonly tag: number
}

/**
 * The last event of each of these streams not newer than a time; none for a stream without one. Inside a stream time
 * grows with seq, so the place is found by halving: a score of look-ups, however long the stream, for all in one statement.
 */
export async function listPlacesAt(
  database: Database,
  reader: Reader,
  { streams, ts }: { readonly streams: readonly string[]; readonly ts: number },
): Promise<StreamPlace[]> {
  if (streams.length === 0) return []
  return placesQuery(database)(reader, { streams: list(streams), ts })
}

const placesQuery = perDatabase((database) => {
  const { events, streams } = database.tables
  const middle = sql`((low + high + 1) / 2)`
  const isEarly = sql`(select ts <= cast(${sql.placeholder('ts')} as bigint) from ${events} where stream_key = of_stream and seq = ${middle})`
  const halving = sql`(
    with recursive halving(of_stream, stream_name, low, high) as (
      select key, name, floor, head from ${streams} where ${isAmong(database.engine, streams.name, 'streams')}
      union all
      select of_stream, stream_name,
        case when ${isEarly} then ${middle} else low end,
        case when ${isEarly} then high else ${middle} - 1 end
      from halving where low < high
    )
    select of_stream, stream_name, low from halving where low >= high
  ) as place`
  // Looked up for each place: of a join, the planner may read all events first.
  const event = sql`from ${events} where stream_key = of_stream and seq = low`
  return database.prepare((on) =>
    on
      .select({
        stream: sql<string>`stream_name`.as('stream'),
        seq: sql<number>`low`.mapWith(streams.head).as('seq'),
        tag: sql<number>`(select tag ${event})`.mapWith(streams.headTag).as('tag'),
      })
      .from(halving)
      .where(sql`exists (select 1 ${event})`),
  )
})
