import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Database, Reader, Tx } from '../../src/db/database.ts'
import { openDatabase } from '../../src/db/open.ts'
import { cells, rowSet } from '../../src/db/row-set.ts'
import { findByClientMessageId } from '../../src/stores/message.ts'
import { createTestPlace } from '../support/databases.ts'

/** Newly made: nobody has looked at its tables. */
async function openOwn() {
  const place = await createTestPlace('postgres')
  const database = await openDatabase({ clock: systemClock, url: place.url })
  return Object.assign(database, {
    async [Symbol.asyncDispose]() {
      await database.close()
      await place[Symbol.asyncDispose]()
    },
  })
}

/** So many events of one stream; messages when they have a key. */
async function fill(database: Database, from: number, to: number, prefix?: string): Promise<void> {
  const { events } = database.tables
  const seqs = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  const key = prefix === undefined ? sql`null` : sql`${prefix}::text || v.column1`
  const rows = rowSet('postgres', 'seqs', ['integer'])
  const insert = database.prepare((on) =>
    on.insert(events).select(
      sql`select 1, v.column1, 1, 1, 1, 1, ${key}, ${key}, null::bigint, null::bigint, null::bigint, '{}'::json
        from (${rows}) as v`,
    ),
  )
  await database.tx((tx) => insert(tx, { seqs: cells(seqs.map((seq) => [seq])) }))
}

async function one(on: Reader | Tx, query: ReturnType<typeof sql<number>>): Promise<number> {
  const [row] = await on.select({ value: query.mapWith(Number) }).from(sql`(values (1)) as v`)
  return row?.value ?? -1
}

const ROWS = sql<number>`(select reltuples from pg_class where oid = 'events'::regclass)`
/** Rows of events that this transaction has read. */
const READ = sql<number>`(select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
  from pg_stat_xact_user_tables where relname = 'events')`

test('[DB30] a table that has doubled is analyzed, and one that has not is left alone', async () => {
  await using database = await openOwn()
  await database.tx((tx) => tx.insert(database.tables.streams).values({ name: 'm:1' }))
  await fill(database, 1, 1000)
  await database.refreshStatistics()
  expect(await one(database.read, ROWS)).toBe(1000)
  await fill(database, 1001, 1100)
  await database.refreshStatistics()
  expect(await one(database.read, ROWS)).toBe(1000)
  await fill(database, 1101, 4000)
  await Promise.all([database.refreshStatistics(), database.refreshStatistics()])
  expect(await one(database.read, ROWS)).toBe(4000)
})

test('[DB30] [MSG2] whether messages were sent before takes one look for each, also where Postgres takes them for none', async () => {
  await using database = await openOwn()
  await database.tx((tx) => tx.insert(database.tables.streams).values({ name: 'm:1' }))
  // It has never seen a message here.
  await fill(database, 1, 1000)
  await database.refreshStatistics()
  await fill(database, 1001, 5000, 'key-')
  const keys = Array.from({ length: 20 }, (_, index) => ({
    ...{ streamKey: 1, actorKey: 1, clientMessageId: `key-${4995 + index}` },
  }))
  await database.tx(async (tx) => {
    const found = await findByClientMessageId(database, tx, keys)
    expect(found.map(({ seq }) => seq).toSorted()).toEqual([4995, 4996, 4997, 4998, 4999, 5000])
    expect(await one(tx, READ)).toBeLessThanOrEqual(keys.length)
  })
})
