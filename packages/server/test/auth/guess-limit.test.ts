import { TidingsError } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { openGuessLimit, type GuessLimit } from '../../src/auth/guess-limit.ts'
import type { Tx } from '../../src/db/database.ts'
import { sweepSessions } from '../../src/services/session-sweep.ts'
import { outcomeOf } from '../services/account-world.ts'
import { breaths } from '../support/breaths.ts'
import { describeEngines, openTestDatabase, type Engine } from '../support/databases.ts'

const MINUTE = 60_000
const LIMITS = { loginFailures: 3, loginFailuresPerIp: 5, registrationsPerIp: 2 }
const secrets = ['a secret of tests that is long enough 0123456789']

const wrong = async () => false
const right = async () => true

async function openWorld(engine: Engine, limits = LIMITS) {
  const database = await openTestDatabase(engine)
  let ahead = 0
  // What time it is, is the database's business: so is its passing.
  const now = database.now.bind(database)
  Object.assign(database, { now: async (tx?: Tx) => (await now(tx)) + ahead })
  return {
    database,
    guesses: openGuessLimit({ database, secrets, limits }),
    pass(ms: number) {
      ahead += ms
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const guessAll = (guesses: GuessLimit, count: number, look: () => Promise<boolean>) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      outcomeOf(guesses.check({ account: 'ann', ip: `192.0.2.${index}` }, look)),
    ),
  )

describeEngines('guesses', (engine) => {
  test('[ACC4] of many wrong guesses at once only so many are looked at', async () => {
    await using world = await openWorld(engine)
    let looks = 0
    const outcomes = await guessAll(world.guesses, 50, async () => {
      looks += 1
      return false
    })
    expect(looks).toBe(3)
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(47)
  })

  test('[ACC4] a password that nobody could look at is no guess', async () => {
    await using world = await openWorld(engine)
    const busy = async () => {
      throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 1000 })
    }
    const guess = { account: 'ann', ip: '192.0.2.1' }
    for (let time = 0; time < 10; time += 1)
      expect(await outcomeOf(world.guesses.check(guess, busy))).toBe('RATE_LIMITED')
    expect(await world.guesses.check(guess, right)).toBe(true)
  })

  test('[ACC4] a flood of guesses and of new accounts takes two connections of the database at most', async () => {
    await using world = await openWorld(engine, { ...LIMITS, registrationsPerIp: 1000 })
    const { database } = world
    let running = 0
    let most = 0
    const tx = database.tx.bind(database)
    const counted: typeof database.tx = async (work) => {
      running += 1
      most = Math.max(most, running)
      try {
        return await tx(work)
      } finally {
        running -= 1
      }
    }
    Object.assign(database, { tx: counted })
    const flood = Array.from({ length: 100 }, (_, at) => [
      world.guesses.check({ account: `account ${at}`, ip: `192.0.2.${at}` }, wrong),
      world.guesses.chargeRegistration('192.0.2.1'),
    ])
    await Promise.all(flood.flat())
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(2)
  })

  test('[ACC4] right passwords at once are all taken', async () => {
    await using world = await openWorld(engine)
    const guess = { account: 'ann', ip: '192.0.2.1' }
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => world.guesses.check(guess, right)),
    )
    expect(answers.every(Boolean)).toBe(true)
  })

  test('[ACC4] an address that has used up its tries cannot lock further accounts', async () => {
    await using world = await openWorld(engine)
    const { guesses } = world
    const ip = '192.0.2.1'
    for (const account of ['a', 'b', 'c', 'd', 'e']) await guesses.check({ account, ip }, wrong)
    for (let count = 0; count < 10; count += 1)
      expect(await outcomeOf(guesses.check({ account: 'ann', ip }, wrong))).toBe('RATE_LIMITED')
    expect(await guesses.check({ account: 'ann', ip: '192.0.2.2' }, right)).toBe(true)
  })

  test('[ACC4] a right password starts the count of the account anew and costs the address nothing', async () => {
    await using world = await openWorld(engine, { ...LIMITS, loginFailuresPerIp: 50 })
    const guess = { account: 'ann', ip: '192.0.2.1' }
    for (let count = 0; count < 20; count += 1) {
      await world.guesses.check(guess, wrong)
      await world.guesses.check(guess, wrong)
      expect(await world.guesses.check(guess, right)).toBe(true)
    }
    const spent = Array.from({ length: 10 }, () =>
      outcomeOf(world.guesses.check({ ...guess, account: 'bob' }, wrong)),
    )
    expect((await Promise.all(spent)).slice(0, 3)).toEqual(['done', 'done', 'done'])
  })

  test('[ACC4] a check that fails is counted like a wrong guess and holds nobody up', async () => {
    await using world = await openWorld(engine)
    const guess = { account: 'ann', ip: '192.0.2.1' }
    const failing = () => Promise.reject(new Error('no'))
    await expect(world.guesses.check(guess, failing)).rejects.toThrow('no')
    expect(await world.guesses.check(guess, right)).toBe(true)
  })

  test('[ACC4] a refusal says how long to wait, and lasts no longer', async () => {
    await using world = await openWorld(engine)
    const guess = { account: 'ann', ip: '192.0.2.1' }
    for (let count = 0; count < 3; count += 1) await world.guesses.check(guess, wrong)
    world.pass(10 * MINUTE)
    // Trying goes on: that does not make it longer.
    for (let count = 0; count < 3; count += 1)
      await expect(world.guesses.check(guess, right)).rejects.toMatchObject({
        code: 'RATE_LIMITED',
        details: { retryAfterMs: expect.toSatisfy((ms: number) => ms > 0 && ms <= 5 * MINUTE) },
      })
    world.pass(5 * MINUTE)
    expect(await world.guesses.check(guess, wrong)).toBe(false)
    expect(await world.guesses.check(guess, right)).toBe(true)
  })

  test('[ACC4] accounts made from one address are counted for an hour', async () => {
    await using world = await openWorld(engine)
    const { guesses } = world
    await guesses.chargeRegistration('2001:db8::1')
    await guesses.chargeRegistration('2001:db8::2')
    await expect(guesses.chargeRegistration('2001:db8::3')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterMs: expect.toSatisfy((ms: number) => ms > 0 && ms <= 60 * MINUTE) },
    })
    await guesses.chargeRegistration('2001:db8:1::1')
    world.pass(60 * MINUTE)
    await guesses.chargeRegistration('2001:db8::3')
  })

  test('[ACC4] a restart forgets nothing, and a second node counts along', async () => {
    await using world = await openWorld(engine, { ...LIMITS, loginFailuresPerIp: 1000 })
    // Two that know nothing of each other but by the database, as processes do.
    const other = openGuessLimit({ ...world, secrets, limits: LIMITS })
    let looks = 0
    const look = async () => {
      looks += 1
      return false
    }
    await Promise.all([guessAll(world.guesses, 20, look), guessAll(other, 20, look)])
    expect(looks).toBe(3)
    const restarted = openGuessLimit({ ...world, secrets, limits: LIMITS })
    expect(await outcomeOf(restarted.check({ account: 'ann', ip: '198.51.100.1' }, right))).toBe(
      'RATE_LIMITED',
    )
  })

  test('[SES9] [ACC4] the database holds nobody who was tried, and after a while nothing of it', async () => {
    await using world = await openWorld(engine)
    const { database, guesses } = world
    await guesses.check({ account: 'canary', ip: '192.0.2.77' }, wrong)
    await guesses.chargeRegistration('192.0.2.77')
    const { guessCounts } = database.tables
    const rows = await database.read.select().from(guessCounts)
    expect(rows).toHaveLength(3)
    for (const { digest } of rows) expect(digest).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify(rows)).not.toMatch(/canary|192\.0\.2/)
    world.pass(20 * MINUTE)
    await sweepSessions({ database }, breaths())
    expect(await database.read.select().from(guessCounts)).toHaveLength(1)
    world.pass(60 * MINUTE)
    await sweepSessions({ database }, breaths())
    expect(await database.read.select().from(guessCounts)).toEqual([])
  })
})
