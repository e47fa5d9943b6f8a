import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openGuessLimit } from '../../src/auth/guess-limit.ts'
import { systemClock } from '../../src/clock.ts'
import { openDatabase } from '../../src/db/open.ts'
import { outcomeOf } from '../services/account-world.ts'
import { openTestDatabase } from '../support/databases.ts'

const secrets = ['a secret of tests that is long enough 0123456789']

test('[ACC4] guesses at two nodes at once are counted one after the other', async () => {
  await using database = await openTestDatabase('postgres')
  const second = await openDatabase({ url: database.url, clock: systemClock })
  const limits = { loginFailures: 7, loginFailuresPerIp: 1000, registrationsPerIp: 1 }
  const account = randomUUID()
  let looks = 0
  const look = async () => {
    looks += 1
    return false
  }
  const guesses = [database, second].flatMap((on) => {
    const node = openGuessLimit({ database: on, secrets, limits })
    return Array.from({ length: 40 }, (_, at) =>
      outcomeOf(node.check({ account, ip: `192.0.2.${at}` }, look)),
    )
  })
  await Promise.all(guesses)
  await second.close()
  expect(looks).toBe(7)
})
