import { expect, test } from 'vitest'
import { openTestDatabase } from '../support/databases.ts'

test('[DB14] a database that is lent to the next test has its own clock again', async () => {
  const first = await openTestDatabase('postgres')
  Object.assign(first, { now: () => Promise.resolve(7) })
  await first[Symbol.asyncDispose]()
  await using second = await openTestDatabase('postgres')
  expect(second).toBe(first)
  expect(await second.now()).toBeGreaterThan(7)
})
