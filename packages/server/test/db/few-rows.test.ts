import { expect, test } from 'vitest'
import type { Database } from '../../src/db/database.ts'
import { insertStream, lockStreams, updateHeads, type StreamRow } from '../../src/stores/stream.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'

/** As many as are taken one by one on SQLite, and one more. */
const COUNTS = [1, 16, 17]

async function createStreams(database: Database, count: number): Promise<readonly number[]> {
  return database.tx(async (tx) => {
    const keys: number[] = []
    for (let index = 0; index < count; index += 1)
      keys.push(await insertStream(database, tx, `u:${index}`))
    return keys
  })
}

function move(row: StreamRow): StreamRow {
  const head = row.key + 2 ** 40
  return { ...row, head, headTag: 2 ** 32 - row.key, lastTs: head * 2 }
}

describeEngines('sets of rows', (engine) => {
  test('[DB16] streams are locked and moved alike, one, a few or many of them', async () => {
    for (const count of COUNTS) {
      await using database = await openTestDatabase(engine)
      const keys = await createStreams(database, count)
      const moved = await database.tx(async (tx) => {
        const rows = await lockStreams(database, tx, [...keys, 999_999])
        await updateHeads(database, tx, rows.map(move))
        return rows
      })
      expect(moved.map(({ key, name }) => [key, name])).toEqual(
        keys.map((key, index) => [key, `u:${index}`]),
      )
      const found = await database.tx((tx) => lockStreams(database, tx, keys))
      expect(found).toEqual(moved.map(move))
    }
  })
})
