import { asc, eq, fillPlaceholders, sql, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { cells, isAmong, list, rowSet } from '../../src/db/row-set.ts'
import { describeEngines, openTestDatabase, type TestDatabase } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'

/** 2,000 streams, 200 of them of 50 events, each with a message and an idempotency key. */
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
      .values(Array.from({ length: 2000 }, (_, number) => ({ name: `m:${number + 1}` })))
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
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(engine)
    await fill(database)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  const pairIndex =
    engine === 'sqlite'
      ? /SEARCH events USING (PRIMARY KEY|INDEX sqlite_autoindex_events_1) \(stream_key=\? AND seq=\?\)/
      : /events_pk/

  test('[DB16] finds a message by its id through the index', async () => {
    const { events } = database.tables
    const plan = await explain(
      database,
      sql`select * from ${events} where ${events.messageId} = ${'message-7'}`,
    )
    expect(plan).toMatch(/events_message_id_unique/)
  })

  test('[DB16] locks any number of rows by one parameter, in the order of their keys', async () => {
    const { streams } = database.tables
    const isWanted = isAmong(engine, streams.key, 'keys')
    const lock = database.prepare((on) =>
      database.forUpdate(
        on.select({ key: streams.key }).from(streams).where(isWanted).orderBy(asc(streams.key)),
      ),
    )
    const ask = (keys: readonly number[]) => database.tx((tx) => lock(tx, { keys: list(keys) }))
    expect(await ask([])).toEqual([])
    expect(await ask([7, 2, 9999, 2])).toEqual([{ key: 2 }, { key: 7 }])
    const byKey = sql`select * from ${streams} where ${isWanted}`
    expect(await explain(database, byKey, { keys: list([7, 2]) })).toMatch(
      /streams USING INTEGER PRIMARY KEY \(rowid=\?\)|streams_pkey/,
    )
    const byName = sql`select * from ${streams} where ${isAmong(engine, streams.name, 'names')}`
    expect(await explain(database, byName, { names: list(['m:1']) })).toMatch(/streams_name_unique/)
  })

  test('[DB8] a text among rows means what it means alone', async () => {
    await using own = await openTestDatabase(engine)
    const { streams } = own.tables
    const names = ["it's", '"', '\\', '\\u0000', '\u0001', '世👩‍👩‍👧', '\uFFFD', '']
    await own.tx((tx) => tx.insert(streams).values(names.map((name) => ({ name }))))
    const columns = { name: streams.name }
    const among = own.prepare((on) =>
      on
        .select(columns)
        .from(streams)
        .where(isAmong(engine, streams.name, 'names')),
    )
    const rows = rowSet(engine, 'rows', ['integer', 'text'])
    const inRows = own.prepare((on) =>
      on
        .select(columns)
        .from(streams)
        .where(sql`(${streams.key}, ${streams.name}) in (${rows})`)
        .orderBy(asc(streams.key)),
    )
    const found = await among(own.read, { names: list(names) })
    expect(found.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    const inOrder = await inRows(own.read, {
      rows: cells(names.map((name, at) => [at + 1, name])),
    })
    expect(inOrder.map(({ name }) => name)).toEqual(names)
    // Half a surrogate pair is no character: it becomes the same as on the way in.
    expect(await among(own.read, { names: list(['\uD800']) })).toEqual([{ name: '\uFFFD' }])
    expect(() => list(['a\0b'])).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }))
  })

  test('[DB16] a prepared query takes any number of rows as one parameter, and still uses the index', async () => {
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
    expect(await planOf(keys, { keys: cells(given) })).toMatch(/events_client_message_id_unique/)
  })
})
