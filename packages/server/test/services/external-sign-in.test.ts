import { expect, test } from 'vitest'
import type { ExternalPerson } from '../../src/auth/external-person.ts'
import { admitExternal } from '../../src/services/external-sign-in.ts'
import { newNames } from '../../src/services/new-name.ts'
import { sweepSessions } from '../../src/services/session-sweep.ts'
import { breaths } from '../support/breaths.ts'
import { describeEngines } from '../support/databases.ts'
import { openAccountWorld, outcomeOf } from './account-world.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function ann(more: Partial<ExternalPerson> = {}): ExternalPerson {
  const issuedAt = Math.floor(Date.now() / 1000) * 1000
  return {
    issuer: 'https://app.example.com',
    subject: 'ann',
    name: 'ann',
    sid: undefined,
    issuedAt,
    expiresAt: issuedAt + 900_000,
    ...more,
  }
}

describeEngines('sessions of tokens of the app', (engine) => {
  test('[IDP3] go on over many tokens, end like any other, and are forgotten when they ended long ago', async () => {
    await using world = await openAccountWorld(engine)
    const first = await admitExternal(world.deps, ann())
    expect(await admitExternal(world.deps, ann({ issuedAt: ann().issuedAt + 1000 }))).toBe(first)
    await world.age(31 * DAY_MS)
    // Not used for too long: another one begins.
    const second = await admitExternal(world.deps, ann())
    expect(second).not.toBe(first)
    await world.age(91 * DAY_MS)
    expect(await sweepSessions(world.deps, breaths())).toBe(2)
    const third = await admitExternal(world.deps, ann())
    expect([first, second]).not.toContain(third)
    const { users } = world.database.tables
    expect(await world.database.read.$count(users)).toBe(1)
  })

  test('[IDP3] make room as others do, and do not come back by the tokens that were pushed out', async () => {
    await using world = await openAccountWorld(engine)
    const person = ann({ sid: 'the first' })
    await admitExternal(world.deps, person)
    for (let at = 0; at < 100; at += 1) await admitExternal(world.deps, ann({ sid: `${at}` }))
    expect(await outcomeOf(admitExternal(world.deps, person))).toBe('SESSION_REVOKED')
  })
})

test('[IDP1] names that are wished for become such as one can have', () => {
  const machine = { random: () => 0.5, newId: () => 'abcdef01-2345' }
  const names = (wished?: string) => [...newNames(wished, machine)]
  expect(names('Ann Lee')).toEqual([
    'Ann.Lee',
    ...Array.from({ length: 3 }, () => 'Ann.Lee-5500'),
    ...Array.from({ length: 3 }, () => 'user-abcdef01'),
  ])
  const first = (wished: string) => names(wished)[0]
  expect(first('ann@example.com')).toBe('ann')
  expect(first('  Zoë  ')).toBe('Zoë')
  expect(first('王小明')).toBe('王小明')
  expect(first('a\u200Bnn')).toBe('ann')
  expect(first('-_.ann')).toBe('ann')
  expect(first('x'.repeat(100))).toBe('x'.repeat(32))
  for (const none of ['', '   ', '@example.com', '🙂', 'root', 'Admin'])
    expect(first(none), none).toBe('user-abcdef01')
  expect(names('x'.repeat(100))[1]).toBe(`${'x'.repeat(27)}-5500`)
})
