import { asc, inArray } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { deleteEnded, listEnded, type Ending } from '../../src/db/ending.ts'
import { sweepPages } from '../../src/services/sweep.ts'
import { breaths } from '../support/breaths.ts'
import { describeEngines, openTestDatabase } from '../support/databases.ts'

const NOW = 1000
const LIVING = ['a', 'b', 'c', 'd', 'h']
const ENDED = ['e', 'f', 'g']

async function openScene(engine: 'sqlite' | 'postgres') {
  const database = await openTestDatabase(engine)
  const { guessCounts } = database.tables
  const rows = [
    ...LIVING.map((digest) => ({ digest, count: 1, endsAt: NOW })),
    ...ENDED.map((digest) => ({ digest, count: 1, endsAt: NOW - 1 })),
  ]
  await database.tx(async (tx) => void (await tx.insert(guessCounts).values(rows)))
  const ending: Ending = { table: guessCounts, id: guessCounts.digest, end: guessCounts.endsAt }
  const left = async () => {
    const found = await database.read.select().from(guessCounts).orderBy(asc(guessCounts.digest))
    return found.map(({ digest }) => digest)
  }
  return { database, ending, left }
}

describeEngines('rows that end', (engine) => {
  test('[SES8] are looked for page by page, each row once, and a transaction begins only where there are any', async () => {
    const { database, ending, left } = await openScene(engine)
    await using _ = database
    const looked: (string | undefined)[] = []
    const taken: (readonly string[])[] = []
    const gone = await sweepPages<string>(breaths(), {
      look(after) {
        looked.push(after)
        return listEnded(database, ending, { after, limit: 3, endedBefore: NOW })
      },
      take(ids) {
        taken.push(ids)
        return database.tx((tx) => deleteEnded(database, tx, { ending, ids, endedBefore: NOW }))
      },
    })
    expect(gone).toBe(3)
    expect(looked).toEqual([undefined, 'c', 'f'])
    expect(taken).toEqual([['e', 'f'], ['g']])
    expect(await left()).toEqual(LIVING)
  })

  test('[SES8] stay when they end later by the time they would go', async () => {
    const { database, ending, left } = await openScene(engine)
    await using _ = database
    const { guessCounts } = database.tables
    const page = { after: undefined, limit: 100, endedBefore: NOW }
    const { ended, next } = await listEnded(database, ending, page)
    expect([ended, next]).toEqual([ENDED, undefined])
    const gone = await database.tx(async (tx) => {
      await tx
        .update(guessCounts)
        .set({ endsAt: NOW })
        .where(inArray(guessCounts.digest, ['f']))
      return deleteEnded(database, tx, { ending, ids: ended, endedBefore: NOW })
    })
    expect(gone).toBe(2)
    expect(await left()).toEqual([...LIVING, 'f'].toSorted())
  })
})
