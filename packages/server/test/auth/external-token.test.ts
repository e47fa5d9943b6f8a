import { isTidingsError } from '@tidings/protocol/wire'
import { afterEach, expect, test, vi } from 'vitest'
import { openExternalTokens } from '../../src/auth/external-token.ts'
import { systemClock } from '../../src/clock.ts'
import {
  AUDIENCE,
  claimsOf,
  ISSUER,
  makeWithSecret,
  openTokenMaker,
  seconds,
  type Claims,
  type TokenMaker,
} from '../support/token-maker.ts'

const SECRET = 'shared by the app and this server alone'
const about = { issuer: ISSUER, audience: AUDIENCE }

const open = (maker: TokenMaker) =>
  openExternalTokens({ ...about, jwksUri: maker.jwksUri }, systemClock)
const withSecret = openExternalTokens({ ...about, secret: SECRET }, systemClock)

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'taken',
    (error: unknown) => (isTidingsError(error) ? error.code : String(error)),
  )
}

afterEach(() => {
  vi.useRealTimers()
})

const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')

test.each(['RS256', 'ES256', 'EdDSA'] as const)(
  '[IDP2] a token that is signed with a published key of %s says who it is',
  async (alg) => {
    await using maker = await openTokenMaker(alg)
    const now = seconds()
    const token = await maker.make({ sub: 'ann', preferred_username: 'Ann', sid: 'a' }, { now })
    expect(open(maker).claims(token)).toBe(true)
    expect(await open(maker).verify(token)).toEqual({
      issuer: ISSUER,
      subject: 'ann',
      name: 'Ann',
      sid: 'a',
      issuedAt: now * 1000,
      expiresAt: (now + 930) * 1000,
    })
  },
)

test('[IDP2] a token that is signed with the shared secret says who it is, in the claims that are named', async () => {
  expect(await withSecret.verify(await makeWithSecret(SECRET, { sub: 'ann' }))).toMatchObject({
    subject: 'ann',
    name: undefined,
    sid: undefined,
  })
  const named = openExternalTokens(
    { ...about, secret: SECRET, userClaim: 'uid', nameClaim: 'nick' },
    systemClock,
  )
  const token = await makeWithSecret(SECRET, { uid: '7', nick: 'Ann' })
  expect(await named.verify(token)).toMatchObject({ subject: '7', name: 'Ann' })
})

const now = seconds()
const REFUSED: readonly (readonly [string, Claims, string])[] = [
  ['another issuer', { sub: 'ann', iss: 'https://evil.example' }, 'UNAUTHENTICATED'],
  ['no issuer', { sub: 'ann', iss: undefined }, 'UNAUTHENTICATED'],
  ['another audience', { sub: 'ann', aud: 'another' }, 'UNAUTHENTICATED'],
  ['no audience', { sub: 'ann', aud: undefined }, 'UNAUTHENTICATED'],
  ['no end', { sub: 'ann', exp: undefined }, 'UNAUTHENTICATED'],
  ['no beginning', { sub: 'ann', iat: undefined }, 'UNAUTHENTICATED'],
  ['nobody', {}, 'UNAUTHENTICATED'],
  ['an empty name', { sub: '' }, 'UNAUTHENTICATED'],
  ['a number for a name', { sub: 7 }, 'UNAUTHENTICATED'],
  ['a name with NUL', { sub: 'an\u0000n' }, 'UNAUTHENTICATED'],
  ['a name that is too long', { sub: 'a'.repeat(256) }, 'UNAUTHENTICATED'],
  ['a session that is no text', { sub: 'ann', sid: 7 }, 'UNAUTHENTICATED'],
  ['an end that is over', { sub: 'ann', exp: now - 60, iat: now - 120 }, 'TOKEN_EXPIRED'],
  ['an end that is no number', { sub: 'ann', exp: 'later' }, 'UNAUTHENTICATED'],
  ['a time that has not come', { sub: 'ann', nbf: now + 600 }, 'UNAUTHENTICATED'],
  ['a beginning that has not come', { sub: 'ann', iat: now + 600 }, 'UNAUTHENTICATED'],
  ['31 days', { sub: 'ann', exp: now + 31 * 86_400 }, 'UNAUTHENTICATED'],
]

test.each(REFUSED)('[IDP2] a token with %s is refused', async (_, claims, code) => {
  await using maker = await openTokenMaker()
  expect(await outcomeOf(open(maker).verify(await maker.make(claims)))).toBe(code)
})

test('[IDP2] clocks may be apart by half a minute, and no more', async () => {
  const outcome = async (claims: Claims) =>
    outcomeOf(withSecret.verify(await makeWithSecret(SECRET, { sub: 'ann', ...claims })))
  const at = seconds()
  expect(await outcome({ iat: at - 100, exp: at - 10 })).toBe('taken')
  expect(await outcome({ iat: at - 100, exp: at - 40 })).toBe('TOKEN_EXPIRED')
  expect(await outcome({ nbf: at + 20, iat: at + 20 })).toBe('taken')
  expect(await outcome({ nbf: at + 60 })).toBe('UNAUTHENTICATED')
})

test('[IDP2] what is not signed, or not as the server has been told, is refused', async () => {
  await using maker = await openTokenMaker('RS256')
  const verifier = open(maker)
  const good = await maker.make({ sub: 'ann' })
  const [header = '', payload = '', signature = ''] = good.split('.')
  const unsigned = `${encoded({ alg: 'none' })}.${payload}.`
  const changed = `${header}.${encoded(claimsOf({ sub: 'bob' }))}.${signature}`
  // What is public taken for a secret, with which anybody could sign.
  const jwks = await (await fetch(maker.jwksUri)).text()
  const confused = [
    await makeWithSecret(jwks, { sub: 'ann' }),
    await makeWithSecret(SECRET, { sub: 'ann' }),
  ]
  await using stranger = await openTokenMaker('RS256')
  const foreign = await stranger.make({ sub: 'ann' })
  const critical = `${encoded({ alg: 'RS256', kid: 'key-1', crit: ['x'], x: 1 })}.${payload}.${signature}`
  for (const token of [unsigned, changed, ...confused, foreign, critical, `${header}.${payload}.`])
    expect(await outcomeOf(verifier.verify(token)), token).toBe('UNAUTHENTICATED')
  for (const token of [unsigned, good, await makeWithSecret(SECRET, { sub: 'ann' }, 'HS512')])
    expect(await outcomeOf(withSecret.verify(token)), token).toBe('UNAUTHENTICATED')
  expect(await outcomeOf(verifier.verify(good))).toBe('taken')
})

test('[IDP2] what does not say that it is of the issuer is not looked at', async () => {
  const long = await makeWithSecret(SECRET, { sub: 'ann', pad: 'x'.repeat(5000) })
  const other = await makeWithSecret(SECRET, { sub: 'ann', iss: 'tidings' })
  for (const token of ['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', long, other])
    expect(withSecret.claims(token), token.slice(0, 40)).toBe(false)
})

test('[IDP5] keys are fetched once, again for a new one, and not for one that is made up', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using maker = await openTokenMaker()
  const verifier = open(maker)
  const later = (ms: number) => vi.setSystemTime(Date.now() + ms)
  expect(maker.fetches()).toBe(0)
  const first = await Promise.all(
    Array.from({ length: 10 }, async () => verifier.verify(await maker.make({ sub: 'ann' }))),
  )
  expect(first.length).toBe(10)
  expect(maker.fetches()).toBe(1)
  later(60_000)
  // One is looked for; whoever makes up the others gains nothing by it.
  for (let at = 0; at < 20; at += 1) {
    const token = await maker.make({ sub: 'ann' }, { kid: `made-up-${at}` })
    expect(await outcomeOf(verifier.verify(token))).toBe('UNAUTHENTICATED')
  }
  expect(maker.fetches()).toBe(2)
  later(60_000)
  const old = await maker.make({ sub: 'ann' })
  await maker.addKey('RS256')
  expect(await outcomeOf(verifier.verify(await maker.make({ sub: 'ann' })))).toBe('taken')
  expect(await outcomeOf(verifier.verify(old))).toBe('taken')
  expect(maker.fetches()).toBe(3)
  // A key that is published no more is one no more.
  maker.removeKey('key-1')
  later(11 * 60_000)
  const withOld = { iat: seconds() - 20 * 60, exp: seconds() + 900 }
  expect(await outcomeOf(verifier.verify(await maker.make({ sub: 'ann', ...withOld })))).toBe(
    'taken',
  )
  expect(await outcomeOf(verifier.verify(old))).not.toBe('taken')
})

test('[IDP5] while keys cannot be fetched the last ones are good for an hour, and then nobody is told that his token is bad', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using maker = await openTokenMaker()
  const verifier = open(maker)
  const later = (minutes: number) => vi.setSystemTime(Date.now() + minutes * 60_000)
  const outcome = async () => outcomeOf(verifier.verify(await maker.make({ sub: 'ann' })))
  maker.fail(true)
  expect(await outcome()).toBe('UNAVAILABLE')
  maker.fail(false)
  expect(await outcome()).toBe('taken')
  maker.fail(true)
  later(30)
  expect(await outcome()).toBe('taken')
  const asked = maker.fetches()
  for (let at = 0; at < 10; at += 1) expect(await outcome()).toBe('taken')
  // Not every call waits for what cannot be had.
  expect(maker.fetches()).toBe(asked)
  later(40)
  expect(await outcome()).toBe('UNAVAILABLE')
  maker.fail(false)
  expect(await outcome()).toBe('taken')
})
