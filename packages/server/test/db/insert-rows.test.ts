import { asc } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { prepareInsert } from '../../src/db/insert-rows.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'

describeEngines('a prepared insert', (engine) => {
  test('[DB8] many rows go in by one prepared insert: any Unicode, absent values as NULL, all or none', async () => {
    await using database = await openTestDatabase(engine)
    const { events } = database.tables
    const insert = prepareInsert(database, events)
    const bodies = [
      '{}',
      '"',
      '\\',
      "'",
      '{"a":1}',
      'NULL',
      '',
      ',',
      'é世👩‍👩‍👧',
      'a\nb',
      { text: '\\"\0' },
      [1, 'x'],
      5,
    ]
    const rows = bodies.map((body, at) => ({
      streamKey: 1,
      seq: at + 1,
      ts: at,
      type: 20,
      tag: 4_294_967_295,
      body,
    }))
    const names = ['plain', "it's", 'a"b', 'back\\slash', '{x,y}', 'NULL', 'null', '', ' ', '世']
    const withNames = names.map((name, at) => ({
      ...{ streamKey: 2, seq: at + 1, ts: 100 - at, type: 20, tag: 1, body: null as unknown },
      ...{ body: {}, messageId: name, clientMessageId: name, actorKey: 3, payloadHash: 2 ** 52 },
    }))
    await database.tx(async (tx) => {
      await insert(tx, [])
      await insert(tx, rows)
      await insert(tx, withNames)
    })
    const stored = await database.read
      .select()
      .from(events)
      .orderBy(asc(events.streamKey), asc(events.seq))
    const unedited = { editedAt: null, editSeq: null }
    const unsent = { actorKey: null, messageId: null, clientMessageId: null, payloadHash: null }
    const absent = { ...unedited, ...unsent }
    expect(stored).toEqual([...rows, ...withNames].map((row) => ({ ...absent, ...row })))
    const [first] = rows
    const twice = database.tx((tx) =>
      insert(tx, [
        { ...absent, streamKey: 3, seq: 1, ts: 1, type: 1, tag: 1, body: 1 },
        ...(first ? [first] : []),
      ]),
    )
    await expect(twice).rejects.toThrow()
    expect(await database.read.$count(events)).toBe(stored.length)
  })
})
