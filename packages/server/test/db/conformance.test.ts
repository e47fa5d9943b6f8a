import { isTidingsError, TidingsError } from '@tidings/protocol/wire'
import { asc, count, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Database, Tx } from '../../src/db/database.ts'
import { findSetting, insertSetting, readEpoch } from '../../src/db/settings.ts'
import { openDatabase } from '../../src/db/open.ts'
import { systemClock } from '../../src/clock.ts'
import { createTestPlace, describeEngines, openTestDatabase } from '../support/databases.ts'

const insertStream = (database: Database, tx: Tx, name: string) =>
  tx.insert(database.tables.streams).values({ name }).returning()

const namesOf = async (database: Database) => {
  const { streams } = database.tables
  const rows = await database.read.select().from(streams).orderBy(asc(streams.key))
  return rows.map((row) => row.name)
}

const codeOf = async (work: Promise<unknown>) =>
  await work.then(
    () => 'no error',
    (error: unknown) => (isTidingsError(error) ? error.code : error),
  )

function deferred() {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

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

  test('[DB2] work that throws leaves nothing behind, and its own error comes out', async () => {
    await using database = await openTestDatabase(engine)
    const refusal = new TidingsError('NOT_FOUND')
    const work = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      throw refusal
    })
    await expect(work).rejects.toBe(refusal)
    expect(await namesOf(database)).toEqual([])
    await database.tx((tx) => insertStream(database, tx, 'u:bob'))
    expect(await namesOf(database)).toEqual(['u:bob'])
  })

  test('[DB2] a transaction whose statement failed is rolled back, also when the failure was caught', async () => {
    await using database = await openTestDatabase(engine)
    const work = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      await insertStream(database, tx, 'u:ann').then(null, () => {})
      return 'done'
    })
    expect(await codeOf(work)).toBe('INTERNAL')
    expect(await namesOf(database)).toEqual([])
  })

  test('[DB2] a conflict that is asked about fails nothing: the row that was there answers by its absence', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    const insert = (name: string) =>
      database.tx((tx) =>
        tx.insert(streams).values({ name }).onConflictDoNothing().returning({ name: streams.name }),
      )
    expect(await insert('u:ann')).toEqual([{ name: 'u:ann' }])
    expect(await insert('u:ann')).toEqual([])
  })

  test('[DB3] a read never sees an open transaction, not even from inside of it', async () => {
    await using database = await openTestDatabase(engine)
    await database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      expect(await namesOf(database)).toEqual([])
      expect(
        await tx.select({ name: database.tables.streams.name }).from(database.tables.streams),
      ).toHaveLength(1)
    })
    expect(await namesOf(database)).toEqual(['u:ann'])
  })

  test('[DB3] the reading side cannot write', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    const written = database.read.with().insert(streams).values({ name: 'u:ann' })
    await expect(Promise.resolve(written)).rejects.toThrow()
    expect(await namesOf(database)).toEqual([])
  })

  test('[DB4] a transaction inside a transaction joins it: both or neither', async () => {
    await using database = await openTestDatabase(engine)
    const both = (fail: boolean) =>
      database.tx(async (tx) => {
        await insertStream(database, tx, `u:ann${fail}`)
        await database.tx((inner) => insertStream(database, inner, `u:bob${fail}`))
        if (fail) throw new Error('after the inner one')
      })
    await expect(both(true)).rejects.toThrow('after the inner one')
    expect(await namesOf(database)).toEqual([])
    await both(false)
    expect(await namesOf(database)).toEqual(['u:annfalse', 'u:bobfalse'])
  })

  test('[DB4] a joined call that fails takes the whole transaction along, also when it is caught', async () => {
    await using database = await openTestDatabase(engine)
    const work = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      const inner = database.tx(async (joined) => {
        await insertStream(database, joined, 'u:bob')
        throw new Error('half done')
      })
      await inner.catch(() => {})
    })
    await expect(work).rejects.toThrow('half done')
    expect(await namesOf(database)).toEqual([])
  })

  test('[DB5] what waits for the commit runs after it, in order, and sees it', async () => {
    await using database = await openTestDatabase(engine)
    const seen: string[] = []
    await database.tx(async (tx) => {
      database.after(() => seen.push('first'))
      await insertStream(database, tx, 'u:ann')
      await database.tx(async () => {
        database.after(() => seen.push('second'))
      })
      expect(seen).toEqual([])
    })
    expect(seen).toEqual(['first', 'second'])
    database.after(() => seen.push('at once'))
    expect(seen).toEqual(['first', 'second', 'at once'])
  })

  test('[DB5] nothing that waits for the commit runs after a rollback', async () => {
    await using database = await openTestDatabase(engine)
    const seen: string[] = []
    const work = database.tx(async () => {
      database.after(() => seen.push('never'))
      throw new Error('no')
    })
    await expect(work).rejects.toThrow('no')
    await database.tx(async () => {})
    expect(seen).toEqual([])
  })

  test('[DB5] a callback that throws cannot undo the commit, nor stop the next one', async () => {
    const reported: unknown[] = []
    await using database = await openTestDatabase(engine, {
      report: (error) => reported.push(error),
    })
    const defect = new Error('defect')
    const seen: string[] = []
    await database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      database.after(() => {
        throw defect
      })
      database.after(() => seen.push('next'))
    })
    expect(reported).toEqual([defect])
    expect(seen).toEqual(['next'])
    expect(await namesOf(database)).toEqual(['u:ann'])
  })

  test('[DB6] 200 transactions at once: none is lost, one in ten fails alone', async () => {
    await using database = await openTestDatabase(engine)
    const { streams } = database.tables
    await database.tx((tx) => insertStream(database, tx, 'm:1'))
    const one = (number: number) =>
      database.tx(async (tx) => {
        const [row] = await tx
          .update(streams)
          .set({ head: sql`${streams.head} + 1` })
          .where(eq(streams.name, 'm:1'))
          .returning({ head: streams.head })
        await insertStream(database, tx, `u:${number}`)
        if (number % 10 === 0) throw new Error('one in ten')
        return row?.head
      })
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, number) => one(number)),
    )
    const heads = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(heads.toSorted((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 180 }, (_, n) => n + 1),
    )
    expect(await namesOf(database)).toHaveLength(181)
  })

  test('[DB7] work that outlives its transaction writes in one of its own', async () => {
    await using database = await openTestDatabase(engine)
    const gate = deferred()
    let leaked: Promise<unknown> = Promise.resolve()
    await database.tx(async () => {
      leaked = gate.promise.then(() => database.tx((tx) => insertStream(database, tx, 'u:leaked')))
    })
    const other = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:other')
      gate.resolve()
      await tx.select().from(database.tables.streams)
      throw new Error('rolled back')
    })
    await expect(other).rejects.toThrow('rolled back')
    await leaked
    expect(await namesOf(database)).toEqual(['u:leaked'])
  })

  test('[DB7] a `tx` kept beyond its transaction is dead, also while another one is open', async () => {
    await using database = await openTestDatabase(engine)
    let kept: Tx | undefined
    await database.tx(async (tx) => {
      kept = tx
    })
    const use = async () => {
      if (kept !== undefined) await insertStream(database, kept, 'u:late')
    }
    expect(await codeOf(use())).toBe('INTERNAL')
    const gate = deferred()
    const outside = gate.promise.then(() => codeOf(use()))
    await database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      gate.resolve()
      await tx.select().from(database.tables.streams)
      expect(await outside).toBe('INTERNAL')
    })
    expect(await namesOf(database)).toEqual(['u:ann'])
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

  test('[DB11] a transaction that waits for something else than its statements is given up, and others go on', async () => {
    await using database = await openTestDatabase(engine, {
      sqlite: { idleMs: 50 },
      postgres: { idleMs: 50 },
    })
    const stuck = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:stuck')
      await new Promise(() => {})
    })
    const next = database.tx((tx) => insertStream(database, tx, 'u:ann'))
    expect(await codeOf(stuck)).toBe('UNAVAILABLE')
    await next
    expect(await namesOf(database)).toEqual(['u:ann'])
  })

  test('[DB12] closing waits for what is under way, and refuses what comes after', async () => {
    await using place = await createTestPlace(engine)
    const database = await openDatabase({ url: place.url, clock: systemClock })
    const gate = deferred()
    const running = database.tx(async (tx) => {
      await gate.promise
      await insertStream(database, tx, 'u:ann')
      return 'done'
    })
    const closed = database.close()
    expect(await codeOf(database.tx((tx) => insertStream(database, tx, 'u:bob')))).toBe(
      'UNAVAILABLE',
    )
    gate.resolve()
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
    expect(built).toBe(2)
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
