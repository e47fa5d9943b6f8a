import { METHODS } from '@tidings/protocol/wire'
import { describe, expect, test } from 'vitest'
import { createFigures } from '../../src/figures.ts'
import type { Context } from '../../src/rpc/context.ts'
import { appRouter, createCaller } from '../../src/rpc/root.ts'
import type { Meta } from '../../src/rpc/trpc.ts'
import { openAccountWorld, outcomeOf, PASSWORD } from '../services/account-world.ts'

/** At run time the router keeps its procedures by their whole paths, whatever its type says. */
const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<
    string,
    { readonly _def: { readonly type: string; readonly meta?: Meta; readonly output?: unknown } }
  >,
)

test('[CAL1] who has not signed in may register, sign in, renew a sign-in and come in again by mail or by another provider, and nothing else', () => {
  const open = procedures.flatMap(([path, { _def }]) => (_def.meta?.public === true ? [path] : []))
  expect(open.toSorted()).toEqual([
    'account.login',
    'account.refresh',
    'account.register',
    'account.requestPasswordReset',
    'account.resetPassword',
    'account.verifyEmail',
    'identity.begin',
    'identity.complete',
    'identity.listProviders',
  ])
})

test('[CAL1] every other call is UNAUTHENTICATED without an actor, whatever its input', async () => {
  const source = { door: 'local', ip: '', origin: null } as const
  const deps = { figures: createFigures() } as Context['deps']
  const nobody = createCaller({ deps, actor: null, source, transport: null })
  for (const [path, { _def }] of procedures) {
    if (_def.meta?.public === true) continue
    const [noun = '', verb = ''] = path.split('.')
    const call = (
      nobody as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>
    )[noun]?.[verb]
    expect([path, await outcomeOf(call?.({}) ?? Promise.resolve())]).toEqual([
      path,
      'UNAUTHENTICATED',
    ])
  }
})

test('[CAL5] the numbers in the router are those of the table, each once', () => {
  const numbered = procedures.flatMap(([path, { _def }]) =>
    _def.meta?.rpc === undefined ? [] : [[String(_def.meta.rpc), path]],
  )
  expect(Object.fromEntries(numbered)).toEqual(METHODS)
  expect(numbered).toHaveLength(Object.keys(METHODS).length)
})

test('[CAL5] every call says what it answers, so that nothing leaves by accident', () => {
  for (const [path, { _def }] of procedures) {
    if (_def.type === 'subscription') continue
    expect([path, _def.output !== undefined]).toEqual([path, true])
  }
})

const LONG = 'p'.repeat(256)

/** Rows of the bad inputs that registration must refuse, and of unusual ones that it must take. */
const NAMES: readonly (readonly [string, string, string])[] = [
  ['empty', '', 'INVALID_INPUT'],
  ['of spaces', '   ', 'INVALID_INPUT'],
  ['of 32 characters', 'a'.repeat(32), 'done'],
  ['of 33 characters', 'a'.repeat(33), 'INVALID_INPUT'],
  ['of a megabyte', 'a'.repeat(1_000_000), 'INVALID_INPUT'],
  ['with a space in it', 'ann b', 'INVALID_INPUT'],
  ['with a space before it, which is cut off', ' bob', 'done'],
  ['with a line break', 'ann\r\nb', 'INVALID_INPUT'],
  ['with a NUL', 'ann\u0000', 'INVALID_INPUT'],
  ['with a lone surrogate', 'ann\ud800', 'INVALID_INPUT'],
  ['with a zero-width space', 'an\u200bn', 'INVALID_INPUT'],
  ['with a right-to-left override', '\u202enna', 'INVALID_INPUT'],
  ['with markup', '<b>ann</b>', 'INVALID_INPUT'],
  ['with an @', 'ann@example.com', 'INVALID_INPUT'],
  ['of letters of another script', '\u0430\u043d\u043d\u0430', 'done'],
  ['with accents, composed', 'z\u00e9', 'done'],
  ['that means the operator', 'admin', 'INVALID_INPUT'],
  ['that means the operator in other letters', '\uff21\uff24\uff2d\uff29\uff2e', 'INVALID_INPUT'],
  ['that looks like a path', '../etc', 'INVALID_INPUT'],
  ['that looks like SQL', "x' or 1=1", 'INVALID_INPUT'],
  ['__proto__', '__proto__', 'INVALID_INPUT'],
  ['constructor', 'constructor', 'done'],
]

const PASSWORDS: readonly (readonly [string, string, string])[] = [
  ['of 7 characters', '1234567', 'INVALID_INPUT'],
  ['of 8 characters', '12345678', 'done'],
  ['of 64 characters', 'p'.repeat(64), 'done'],
  ['of 256 bytes', LONG, 'done'],
  ['of 257 bytes', `${LONG}p`, 'INVALID_INPUT'],
  ['of 200 characters in 400 bytes', '\u00e9'.repeat(200), 'INVALID_INPUT'],
  ['of 1,000 characters', 'p'.repeat(1000), 'INVALID_INPUT'],
  ['of a megabyte', 'p'.repeat(1_000_000), 'INVALID_INPUT'],
  ['with a NUL', '12345678\u0000', 'INVALID_INPUT'],
  ['of spaces', ' '.repeat(8), 'done'],
]

const ADDRESSES: readonly (readonly [string, string, string])[] = [
  ['with a line break', 'ann@example.com\r\nBcc: bob@example.com', 'INVALID_INPUT'],
  ['without an @', 'ann.example.com', 'INVALID_INPUT'],
  ['empty', '', 'INVALID_INPUT'],
  ['with a space', 'ann @example.com', 'INVALID_INPUT'],
  ['of 300 characters', `${'a'.repeat(290)}@example.com`, 'INVALID_INPUT'],
  ['with a tag', 'ann+tag@example.com', 'done'],
]

describe('[ACC2] registering refuses bad input before it hashes anything, and takes what is merely unusual', () => {
  test('names, passwords, addresses', async () => {
    await using world = await openAccountWorld('sqlite', { limits: { registrationsPerIp: 1000 } })
    const nobody = await world.as()
    let hashes = 0
    const hash = world.auth.hashPassword.bind(world.auth)
    world.auth.hashPassword = (password) => {
      hashes += 1
      return hash(password)
    }
    const rows = [
      ...NAMES.map(
        ([name, username, outcome]) =>
          [`a name ${name}`, { username, password: PASSWORD }, outcome] as const,
      ),
      ...PASSWORDS.map(
        ([name, password, outcome], index) =>
          [`a password ${name}`, { username: `pw${index}`, password }, outcome] as const,
      ),
      ...ADDRESSES.map(
        ([name, email, outcome], index) =>
          [
            `an address ${name}`,
            { username: `ad${index}`, password: PASSWORD, email },
            outcome,
          ] as const,
      ),
    ]
    const seen = []
    for (const [name, input] of rows)
      seen.push([name, await outcomeOf(nobody.account.register(input))])
    expect(seen).toEqual(rows.map(([name, , outcome]) => [name, outcome]))
    expect(hashes).toBe(rows.filter(([, , outcome]) => outcome === 'done').length)
  })

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['a text', 'ann'],
    ['numbers', { username: 1, password: 2 }],
    ['a name in a list', { username: ['ann'], password: PASSWORD }],
    [
      'a phone number of control characters',
      { username: 'ann', password: PASSWORD, phone: '\u0007' },
    ],
    [
      'a device without an id',
      { username: 'ann', password: PASSWORD, device: { platform: 'web' } },
    ],
    ['a device of text', { username: 'ann', password: PASSWORD, device: 'phone' }],
  ])('%s', async (_name, input) => {
    await using world = await openAccountWorld('sqlite')
    const nobody = await world.as()
    expect(await outcomeOf(nobody.account.register(input as never))).toBe('INVALID_INPUT')
  })
})

describe('[ACC3] signing in with what nobody can have is refused like a wrong password, or as bad input', () => {
  const rows: readonly (readonly [string, unknown, string])[] = [
    ['a name with a NUL', { login: 'ann\u0000', password: 'x' }, 'INVALID_INPUT'],
    ['an empty name', { login: '', password: 'x' }, 'INVALID_INPUT'],
    ['an empty password', { login: 'ann', password: '' }, 'INVALID_INPUT'],
    ['a password of 257 bytes', { login: 'ann', password: `${LONG}p` }, 'INVALID_INPUT'],
    ['a name of a megabyte', { login: 'a'.repeat(1_000_000), password: 'x' }, 'INVALID_INPUT'],
    ['a name like a pattern', { login: 'an%', password: PASSWORD }, 'INVALID_CREDENTIALS'],
    ['a name like SQL', { login: "ann' --", password: PASSWORD }, 'INVALID_CREDENTIALS'],
    ['a lone surrogate', { login: '\ud800', password: PASSWORD }, 'INVALID_CREDENTIALS'],
    [
      'a password with a NUL',
      { login: 'ann', password: `${PASSWORD}\u0000` },
      'INVALID_CREDENTIALS',
    ],
    [
      'an unknown lifetime',
      { login: 'ann', password: PASSWORD, lifetime: 'ever' },
      'INVALID_INPUT',
    ],
    ['a list as a name', { login: ['ann'], password: PASSWORD }, 'INVALID_INPUT'],
  ]
  test.each(['sqlite', 'postgres'] as const)('on %s', async (engine) => {
    await using world = await openAccountWorld(engine)
    await world.register('ann')
    const nobody = await world.as()
    const seen = []
    for (const [name, input] of rows)
      seen.push([name, await outcomeOf(nobody.account.login(input as never))])
    expect(seen).toEqual(rows.map(([name, , outcome]) => [name, outcome]))
  })
})

test('[SES7] calls that answer nothing answer nothing', async () => {
  await using world = await openAccountWorld('sqlite')
  const ann = await world.as((await world.register('ann')).accessToken)
  expect(await ann.session.revokeOthers()).toBeUndefined()
  expect(await ann.account.logout()).toBeUndefined()
})
