import { expect, test } from 'vitest'
import { readEpoch } from '../../src/db/settings.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'

describeEngines('a database', (engine) => {
  test('[DB1] opens, migrated, with an epoch', async () => {
    await using database = await openTestDatabase(engine)
    expect(await readEpoch(database)).toBeGreaterThan(0)
    const { streams } = database.tables
    const [row] = await database.tx((tx) =>
      tx.insert(streams).values({ name: 'u:ann' }).returning(),
    )
    expect(row).toEqual({ key: 1, name: 'u:ann', head: 0, headTag: 0, floor: 0, lastTs: 0 })
    expect(await database.read.select().from(streams)).toEqual([row])
  })
})
