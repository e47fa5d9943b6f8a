import { and, asc, eq, fillPlaceholders, sql, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { cells, rowSet } from '../../src/db/row-set.ts'
import { integerRows, valuesList } from '../../src/db/values.ts'
import { describeEngines, openTestDatabase, type TestDatabase } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'

/** 200 streams of 50 events, each with a message and an idempotency key. */
async function fill(database: TestDatabase): Promise<void> {
  const { events, streams } = database.tables
  const rows = Array.from({ length: 10_000 }, (_, number) => ({
    streamKey: 1 + (number % 200),
    seq: 1 + Math.floor(number / 200),
    ts: number,
    type: 20,
    tag: number,
    actorKey: 1 + (number % 7),
    messageId: `message-${number}`,
    clientMessageId: `client-${number}`,
    body: { kind: 'text', text: 'hi' },
  }))
  await database.tx(async (on) => {
    for (let start = 0; start < rows.length; start += 1000) {
      await on.insert(events).values(rows.slice(start, start + 1000))
    }
    await on
      .insert(streams)
      .values(Array.from({ length: 200 }, (_, number) => ({ name: `m:${number + 1}` })))
  })
}

/** The plan of a statement, as text. */
async function explain(
  database: TestDatabase,
  statement: SQL,
  values: Record<string, unknown> = {},
): Promise<string> {
  if (database.engine === 'sqlite') {
    const { sql: text, params } = new SQLiteSyncDialect().sqlToQuery(statement)
    const connection = openFile(pathOfFileUrl(database.url), { readonly: true })
    const rows = connection
      .prepare(`explain query plan ${text}`)
      .all(...fillPlaceholders(params, values)) as {
      detail: string
    }[]
    connection.close()
    return rows.map((row) => row.detail).join('\n')
  }
  const { sql: text, params } = new PgDialect().sqlToQuery(statement)
  const client = postgres(database.url, { max: 1 })
  await client.unsafe('analyze')
  const rows = await client.unsafe(`explain ${text}`, fillPlaceholders(params, values) as never[])
  await client.end()
  return rows.map((row) => String(row['QUERY PLAN'])).join('\n')
}

describeEngines('a set-based query', (engine) => {
  const pairIndex =
    engine === 'sqlite'
      ? /SEARCH events USING (PRIMARY KEY|INDEX sqlite_autoindex_events_1) \(stream_key=\? AND seq=\?\)/
      : /events_pk/

  test('[DB16] finds rows by pairs and triples of values, each through its index', async () => {
    await using database = await openTestDatabase(engine)
    await fill(database)
    const { events } = database.tables
    const places = Array.from({ length: 64 }, (_, number) => [1 + number, 7])
    const byPlace = sql`(${events.streamKey}, ${events.seq}) in (${integerRows(places)})`
    expect(await database.read.select().from(events).where(byPlace)).toHaveLength(64)

    const keys = [
      [1, 1, 'client-0'],
      [2, 2, 'client-1'],
      [2, 2, 'client-0'],
    ]
    const byKey = sql`(${events.streamKey}, ${events.actorKey}, ${events.clientMessageId}) in (${valuesList(keys)})`
    const found = await database.read
      .select({ messageId: events.messageId })
      .from(events)
      .where(and(byKey, sql`${events.clientMessageId} is not null`))
      .orderBy(asc(events.ts))
    expect(found).toEqual([{ messageId: 'message-0' }, { messageId: 'message-1' }])

    expect(await explain(database, sql`select * from ${events} where ${byPlace}`)).toMatch(
      pairIndex,
    )
    expect(
      await explain(
        database,
        sql`select * from ${events} where ${byKey} and ${events.clientMessageId} is not null`,
      ),
    ).toMatch(/events_client_message_id_unique/)
  })

  test('[DB16] finds a message by its id through the index', async () => {
    await using database = await openTestDatabase(engine)
    await fill(database)
    const { events } = database.tables
    const plan = await explain(
      database,
      sql`select * from ${events} where ${events.messageId} = ${'message-7'}`,
    )
    expect(plan).toMatch(/events_message_id_unique/)
  })

  test('[DB16] updates many rows in one statement, each with its own values', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    const names = ['m:1', 'm:2', 'm:3']
    await database.tx((tx) => tx.insert(streams).values(names.map((name) => ({ name }))))
    const rows = [
      [1, 10, 4_294_967_295],
      [3, 30, Number.MAX_SAFE_INTEGER],
    ]
    const changed = await database.tx((tx) =>
      tx
        .update(streams)
        .set({ head: sql`v.column2`, headTag: sql`v.column3` })
        .from(sql`(${integerRows(rows)}) as v`)
        .where(eq(streams.key, sql`v.column1`))
        .returning({ key: streams.key }),
    )
    expect(changed.map(({ key }) => key).toSorted()).toEqual([1, 3])
    const stored = await database.read.select().from(streams).orderBy(asc(streams.key))
    expect(stored.map(({ head, headTag }) => [head, headTag])).toEqual([
      [10, 4_294_967_295],
      [0, 0],
      [30, Number.MAX_SAFE_INTEGER],
    ])
  })

  test('[DB16] locks rows in the order asked for; refuses an empty list rather than matching everything', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    await database.tx((tx) => tx.insert(streams).values([{ name: 'm:1' }, { name: 'm:2' }]))
    const locked = await database.tx(
      async (tx) =>
        await database.forUpdate(
          tx.select({ key: streams.key }).from(streams).orderBy(asc(streams.key)),
        ),
    )
    expect(locked).toEqual([{ key: 1 }, { key: 2 }])
    expect(() => valuesList([])).toThrow('valuesList needs a row')
  })

  test('[DB16] a prepared query takes any number of rows as one parameter, and still uses the index', async () => {
    await using database = await openTestDatabase(engine)
    await fill(database)
    const { events, streams } = database.tables
    const places = sql`(${events.streamKey}, ${events.seq}) in (${rowSet(engine, 'places', ['integer', 'integer'])})`
    const byPlace = database.prepare((on) => on.select().from(events).where(places))
    const ask = (count: number) =>
      byPlace(database.read, {
        places: cells(Array.from({ length: count }, (_, at) => [1 + at, 7])),
      })
    expect(await ask(0)).toHaveLength(0)
    expect(await ask(1)).toHaveLength(1)
    expect(await ask(64)).toHaveLength(64)

    const keys = sql`(${events.clientMessageId}, ${events.streamKey}, ${events.actorKey})
      in (${rowSet(engine, 'keys', ['text', 'integer', 'integer'])}) and ${events.clientMessageId} is not null`
    const byKey = database.prepare((on) => on.select({ seq: events.seq }).from(events).where(keys))
    const given = [
      ['client-0', 1, 1],
      ['client-1', 1, 1],
      ['it\'s "not" \\ there', 1, 1],
    ]
    expect(await byKey(database.read, { keys: cells(given) })).toEqual([{ seq: 1 }])

    const raise = database.prepare((on) =>
      on
        .update(streams)
        .set({ head: sql`v.column2` })
        .from(sql`(${rowSet(engine, 'heads', ['integer', 'integer'])}) as v`)
        .where(eq(streams.key, sql`v.column1`))
        .returning({ head: streams.head }),
    )
    const heads = [
      [1, 5],
      [2, Number.MAX_SAFE_INTEGER],
    ]
    const raised = await database.tx((tx) => raise(tx, { heads: cells(heads) }))
    expect(raised.map(({ head }) => head).toSorted()).toEqual([5, Number.MAX_SAFE_INTEGER])

    const planOf = (condition: SQL, values: Record<string, unknown>) =>
      explain(database, sql`select * from ${events} where ${condition}`, values)
    expect(await planOf(places, { places: cells([[1, 7]]) })).toMatch(pairIndex)
    // Postgres takes a parameter of unknown length for 100 rows, and reads a table as small as this one whole.
    if (engine === 'sqlite') {
      expect(await planOf(keys, { keys: cells(given) })).toMatch(/events_client_message_id_unique/)
    }
  })
})
