import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { sqliteTables } from '../../src/db/tables.ts'
import { UNIQUE } from '../../src/doctor/checks/unique.ts'
import { checksFor, examine } from '../../src/doctor/examine.ts'
import { createTestPlace, describeEngines } from '../support/databases.ts'
import { liveIn } from './lived-in.ts'

describeEngines('the doctor', (engine) => {
  test(
    '[OPS1] finds nothing wrong with a database in which everything has happened',
    { timeout: 90_000 },
    async () => {
      await using place = await createTestPlace(engine)
      await liveIn(engine, place.url)
      const { checks, counts, healthy } = await examine(place.url)
      expect(checks.filter(({ found, failure }) => found > 0 || failure !== undefined)).toEqual([])
      expect(healthy).toBe(true)
      expect(counts).toMatchObject({ users: 7, conversations: 4, streams: 15 })
    },
  )

  test('[OPS2] every check has a name of its own and says which rules it is about', () => {
    const checks = checksFor(engine)
    expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
    for (const { name, rules } of checks) expect(rules.length, name).toBeGreaterThan(0)
  })
})

test('[OPS2] what the tables say is unique is looked at', () => {
  const tables: readonly SQLiteTable[] = Object.values(sqliteTables)
  const unique = tables
    .flatMap((table) => getTableConfig(table).indexes)
    .filter(({ config }) => config.unique)
    .map(({ config }) => config.name)
  expect(UNIQUE.map(({ index }) => index).toSorted()).toEqual(unique.toSorted())
})
