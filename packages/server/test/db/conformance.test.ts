import { TidingsError } from '@tidings/protocol/wire'
import { asc, count, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openDatabase } from '../../src/db/open.ts'
import { findSetting, insertSetting, readEpoch } from '../../src/db/settings.ts'
import { codeOf, gate, insertStream, namesOf } from '../support/database-steps.ts'
import { createTestPlace, describeEngines, openTestDatabase } from '../support/databases.ts'

describeEngines('a database', (engine) => {
  test('[DB1] a new database has the tables and an epoch; opened again it has kept both', async () => {
    await using place = await createTestPlace(engine)
    const options = { url: place.url, clock: systemClock }
    const first = await openDatabase(options)
    const epoch = await readEpoch(first)
    const [row] = await first.tx((tx) => insertStream(first, tx, 'u:ann'))
    expect(row).toEqual({ key: 1, name: 'u:ann', head: 0, headTag: 0, floor: 0, lastTs: 0 })
    await first.close()
    const second = await openDatabase(options)
    expect(await readEpoch(second)).toBe(epoch)
    expect(epoch).toBeGreaterThan(0)
    expect(epoch).toBeLessThan(2 ** 48)
    expect(Number(await findSetting(second, second.read, 'created_at'))).toBeGreaterThan(0)
    expect(await namesOf(second)).toEqual(['u:ann'])
    await second.close()
  })

  test('[DB1] a setting that is there is kept, and its value answered', async () => {
    await using database = await openTestDatabase(engine)
    const set = (value: string) =>
      database.tx((tx) => insertSetting(database, tx, { name: 'secret_fingerprint', value }))
    expect(await set('one')).toBe('one')
    expect(await set('two')).toBe('one')
  })

  test('[DB8] integers are numbers, up to 2^53 and down to its negative', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    const largest = Number.MAX_SAFE_INTEGER
    await database.tx((tx) =>
      tx.insert(streams).values({ name: 'm:1', head: largest, lastTs: -largest }),
    )
    const [row] = await database.read
      .select({
        head: streams.head,
        lastTs: streams.lastTs,
        computed: sql<number>`${streams.head} - 1`,
        found: count(),
        largest: sql<number>`max(${streams.head})`,
      })
      .from(streams)
      .groupBy(streams.head, streams.lastTs)
    expect(row).toEqual({
      head: largest,
      lastTs: -largest,
      computed: largest - 1,
      found: 1,
      largest,
    })
    expect(await database.read.$count(streams)).toBe(1)
  })

  const bodies: readonly unknown[] = [
    { kind: 'text', text: 'héllo 世界 👩‍👩‍👧‍👦 \u202e "quoted" \\ \' ; -- %' },
    { z: 1, a: [null, true, 1.5, -0.25, 1e21, { deep: [[[]]] }] },
    { nul: 'a\0b', lone: '\ud800', escape: '\u0001' },
    '"5"',
    5,
    [],
  ]
  test('[DB8] JSON comes back as it went in, keys in their order, any Unicode', async () => {
    await using database = await openTestDatabase(engine)
    const { events } = database.tables
    const rows = bodies.map((body, index) => ({
      streamKey: 1,
      seq: index + 1,
      ts: 1,
      type: 20,
      tag: 1,
      body,
    }))
    await database.tx((tx) => tx.insert(events).values(rows))
    const stored = await database.read.select().from(events).orderBy(asc(events.seq))
    expect(stored.map((row) => JSON.stringify(row.body))).toEqual(
      bodies.map((body) => JSON.stringify(body)),
    )
  })

  test('[DB8] a text keeps every character, and U+0000 is refused before anything is written', async () => {
    await using database = await openTestDatabase(engine)
    const name = 'u:ñ\u0001 👩‍👩‍👧 ﷽ ｆｕｌｌ \' " ; drop table streams; --'
    await database.tx((tx) => insertStream(database, tx, name))
    expect(await namesOf(database)).toEqual([name])
    expect(await codeOf(database.tx((tx) => insertStream(database, tx, 'u:\0')))).toBe(
      'INVALID_INPUT',
    )
    const { streams } = database.tables
    const read = database.read.select().from(streams).where(eq(streams.name, 'u:\0'))
    expect(await codeOf(Promise.resolve(read))).toBe('INVALID_INPUT')
  })

  test('[DB8] texts are ordered by code point, whatever the language of the machine', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    const names = ['a', 'B', 'b-c', 'b', 'é', 'z', '_', 'ba', 'Z', '世']
    await database.tx((tx) => tx.insert(streams).values(names.map((name) => ({ name }))))
    const rows = await database.read.select().from(streams).orderBy(asc(streams.name))
    expect(rows.map((row) => row.name)).toEqual(names.toSorted())
  })

  test('[DB9] a key is never given twice, also after the newest row has gone', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    const [first] = await database.tx((tx) => insertStream(database, tx, 'u:ann'))
    await database.tx((tx) => tx.delete(streams).where(eq(streams.name, 'u:ann')))
    const [second] = await database.tx((tx) => insertStream(database, tx, 'u:ann'))
    expect(second?.key).toBeGreaterThan(first?.key ?? Number.NaN)
  })

  test('[DB10] an error tells neither the statement nor its values', async () => {
    await using database = await openTestDatabase(engine)
    await database.tx((tx) => insertStream(database, tx, 'u:secret'))
    const { streams } = database.tables
    const failures = [
      () => database.tx((tx) => insertStream(database, tx, 'u:secret')),
      async () => await database.read.select({ x: sql`nothing_here('secret')` }).from(streams),
    ]
    for (const fail of failures) {
      const error: unknown = await fail().then(
        () => {},
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(TidingsError)
      expect(error).toMatchObject({
        code: 'INTERNAL',
        message: 'Something went wrong on the server.',
      })
      expect(JSON.stringify(error)).not.toMatch(/secret|select|insert/i)
    }
  })

  test('[DB12] closing waits for what is under way, and refuses what comes after', async () => {
    await using place = await createTestPlace(engine)
    const database = await openDatabase({ url: place.url, clock: systemClock })
    const door = gate()
    const running = database.tx(async (tx) => {
      await door.passed
      await insertStream(database, tx, 'u:ann')
      return 'done'
    })
    const closed = database.close()
    expect(await codeOf(database.tx((tx) => insertStream(database, tx, 'u:bob')))).toBe(
      'UNAVAILABLE',
    )
    door.open()
    expect(await running).toBe('done')
    await closed
    await database.close()
    expect(await codeOf((async () => await namesOf(database))())).toBe('UNAVAILABLE')
    const again = await openDatabase({ url: place.url, clock: systemClock })
    expect(await namesOf(again)).toEqual(['u:ann'])
    await again.close()
  })

  test('[DB13] a query is built once and runs in transactions and outside, with values of its own', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    let built = 0
    const find = database.prepare((on) => {
      built += 1
      return on
        .select()
        .from(streams)
        .where(eq(streams.name, sql.placeholder('name')))
    })
    const raise = database.prepare((on) =>
      on
        .update(streams)
        .set({ head: sql`${streams.head} + ${sql.placeholder('by')}` })
        .where(eq(streams.name, sql.placeholder('name')))
        .returning({ head: streams.head }),
    )
    await database.tx((tx) => tx.insert(streams).values([{ name: 'm:1' }, { name: 'm:2' }]))
    for (let round = 1; round <= 3; round += 1) {
      await database.tx(async (tx) => {
        expect(await raise(tx, { name: 'm:1', by: 2 })).toEqual([{ head: 2 * round }])
        expect(await find(tx, { name: 'm:1' })).toMatchObject([{ head: 2 * round }])
        expect(await find(database.read, { name: 'm:1' })).toMatchObject([{ head: 2 * round - 2 }])
      })
    }
    expect(await find(database.read, { name: 'm:3' })).toEqual([])
    expect(built).toBe(1)
    await database.tx((tx) => tx.delete(streams))
    expect(await codeOf(raise(database.read, { name: 'm:1', by: 1 }))).not.toBe('no error')
  })

  test('[DB14] the clock is in integer milliseconds, inside a transaction and outside', async () => {
    await using database = await openTestDatabase(engine)
    const outside = await database.now()
    const inside = await database.tx((tx) => database.now(tx))
    expect(Number.isSafeInteger(outside)).toBe(true)
    expect(Number.isSafeInteger(inside)).toBe(true)
    expect(inside).toBeGreaterThanOrEqual(outside)
    expect(Math.abs(outside - Date.now())).toBeLessThan(60_000)
  })
})
