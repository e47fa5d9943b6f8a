import { expect, test } from 'vitest'
import { liveIn } from '../doctor/lived-in.ts'
import { engines, openTestDatabase } from './databases.ts'

test.runIf(engines.includes('postgres'))(
  'a database of Postgres in which everything has happened is emptied and serves the next test',
  async () => {
    const used = await openTestDatabase('postgres')
    await liveIn('postgres', used.url)
    await used[Symbol.asyncDispose]()
    await using next = await openTestDatabase('postgres')
    expect(next.url).toBe(used.url)
    const { settings: _, ...tables } = next.tables
    for (const table of Object.values(tables)) expect(await next.read.$count(table)).toBe(0)
  },
)
