import { TidingsError } from '@tidings/protocol/wire'
import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { Tx } from '../../src/db/database.ts'
import { codeOf, gate, insertStream, namesOf } from '../support/database-steps.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'

describeEngines('transactions', (engine) => {
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

  test('[DB4] what is given a transaction is part of it: both or neither', async () => {
    await using database = await openTestDatabase(engine)
    const both = (fail: boolean) =>
      database.tx(async (tx) => {
        await insertStream(database, tx, `u:ann${fail}`)
        await insertStream(database, tx, `u:bob${fail}`)
        if (fail) throw new Error('after the second one')
      })
    await expect(both(true)).rejects.toThrow('after the second one')
    expect(await namesOf(database)).toEqual([])
    await both(false)
    expect(await namesOf(database)).toEqual(['u:annfalse', 'u:bobfalse'])
  })

  test('[DB4] one begun inside another is not part of it', async () => {
    await using database = await openTestDatabase(engine)
    let inner: Promise<unknown> = Promise.resolve()
    const outer = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      inner = database.tx((own) => insertStream(database, own, 'u:bob'))
      throw new Error('the outer one fails')
    })
    await expect(outer).rejects.toThrow('the outer one fails')
    await inner
    expect(await namesOf(database)).toEqual(['u:bob'])
  })

  test('[DB5] what waits for the commit runs after it, in order, and sees it', async () => {
    await using database = await openTestDatabase(engine)
    const seen: string[] = []
    let kept: Tx | undefined
    await database.tx(async (tx) => {
      kept = tx
      database.after(tx, () => seen.push('first'))
      await insertStream(database, tx, 'u:ann')
      database.after(tx, () => seen.push('second'))
      expect(seen).toEqual([])
    })
    expect(seen).toEqual(['first', 'second'])
    if (kept !== undefined) database.after(kept, () => seen.push('at once'))
    expect(seen).toEqual(['first', 'second', 'at once'])
  })

  test('[DB5] nothing that waits for the commit runs after a rollback', async () => {
    await using database = await openTestDatabase(engine)
    const seen: string[] = []
    const work = database.tx(async (tx) => {
      database.after(tx, () => seen.push('never'))
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
      database.after(tx, () => {
        throw defect
      })
      database.after(tx, () => seen.push('next'))
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
    const door = gate()
    let leaked: Promise<unknown> = Promise.resolve()
    await database.tx(async () => {
      leaked = door.passed.then(() => database.tx((tx) => insertStream(database, tx, 'u:leaked')))
    })
    const other = database.tx(async (tx) => {
      await insertStream(database, tx, 'u:other')
      door.open()
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
    const door = gate()
    const outside = door.passed.then(() => codeOf(use()))
    await database.tx(async (tx) => {
      await insertStream(database, tx, 'u:ann')
      door.open()
      await tx.select().from(database.tables.streams)
      expect(await outside).toBe('INTERNAL')
    })
    expect(await namesOf(database)).toEqual(['u:ann'])
  })

  test('[DB11] a transaction that waits for something else than its statements is given up, and others go on', async () => {
    await using database = await openTestDatabase(engine, {
      sqlite: { idleMs: 1000 },
      postgres: { idleMs: 1000 },
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

  for (const priority of ['high', 'low'] as const)
    test(`[DB31] of ${priority} priority a transaction is like all others: its answer, its failure, and its end with the database`, async () => {
      await using database = await openTestDatabase(engine)
      const insert = (name: string) =>
        database.tx((tx) => insertStream(database, tx, name), { priority })
      const names = ['u:ann', 'u:bob', 'u:cat']
      const inserted = await Promise.all(names.map(insert))
      expect(inserted.flat().map(({ name }) => name)).toEqual(names)
      expect(await codeOf(insert('u:ann'))).toBe('INTERNAL')
      const last = insert('u:dan')
      await database.close()
      expect(await last).toMatchObject([{ name: 'u:dan' }])
      expect(await codeOf(insert('u:eve'))).toBe('UNAVAILABLE')
    })
})
