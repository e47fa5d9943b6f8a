import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signAccessToken, signingKeys, verifyAccessToken } from '../../src/auth/access-token.ts'
import { outcomeOf } from '../services/account-world.ts'

const OLD = 'the secret of last year, 32 characters at least'
const NEW = 'the secret of this year, 32 characters at least'
const ANN = {
  userId: '470dab2c-b491-46e0-8b43-eb8ebc9f2d7b',
  sessionId: '2c57526a-3f33-41db-9311-719074024a40',
}
/** As a promise, for `outcomeOf`. */
const verify = async (...args: Parameters<typeof verifyAccessToken>) => verifyAccessToken(...args)

const NOW = 1_800_000_000_000
const [key] = signingKeys([NEW])
if (key === undefined) throw new Error('no key')
const times = { issuedAt: NOW, expiresAt: NOW + 900_000 }

/** What somebody makes who knows a key, with any header and any payload. */
function forge(header: object, payload: unknown, signer: Uint8Array | string = 'guess'): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const data = `${part(header)}.${part(payload)}`
  return `${data}.${createHmac('sha256', signer).update(data).digest('base64url')}`
}

const header = { alg: 'HS256', typ: 'JWT', kid: key.id }
const claims = {
  exp: NOW / 1000 + 900,
  iat: NOW / 1000,
  user_id: ANN.userId,
  sid: ANN.sessionId,
  iss: 'tidings',
  aud: 'tidings',
}
const without = (name: keyof typeof claims) =>
  Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name))

test('[SES1] [S2.2] an access token is this very text: claims exp, iat, user_id, sid, signed with HS256', async () => {
  const token = await signAccessToken(key, { ...ANN, ...times })
  expect(token).toBe(forge(header, claims, key.key))
  const [, payload = ''] = token.split('.')
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual(claims)
  expect(await verify([key], token, NOW)).toEqual(ANN)
})

test('[SES1] an access token ends at its second and not before', async () => {
  const token = await signAccessToken(key, { ...ANN, ...times })
  expect(await outcomeOf(verify([key], token, NOW + 899_999))).toBe('done')
  expect(await outcomeOf(verify([key], token, NOW + 900_000))).toBe('TOKEN_EXPIRED')
})

test('[SES1] after a rotation tokens of the old secret are still taken, and new ones are made with the new', async () => {
  const [old] = signingKeys([OLD])
  if (old === undefined) throw new Error('no key')
  const token = await signAccessToken(old, { ...ANN, ...times })
  expect(await verify(signingKeys([NEW, OLD]), token, NOW)).toEqual(ANN)
  expect(await outcomeOf(verify([key], token, NOW))).toBe('UNAUTHENTICATED')
})

describe('[SES1] anything else is UNAUTHENTICATED, expired or not', () => {
  const good = forge(header, claims, key.key)
  const [head = '', payload = '', signature = ''] = good.split('.')
  const rows: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['a word', 'garbage'],
    ['three dots', '...'],
    ['three words', 'a.b.c'],
    ['not base64', '!!!.???.***'],
    ['a JSON of nothing', `${Buffer.from('null').toString('base64url')}.${payload}.${signature}`],
    ['two parts', `${head}.${payload}`],
    ['four parts', `${good}.x`],
    ['no signature', `${head}.${payload}.`],
    ['another signature', `${head}.${payload}.${signature.slice(0, -4)}AAAA`],
    [
      'another payload',
      `${head}.${Buffer.from('{"exp":9999999999}').toString('base64url')}.${signature}`,
    ],
    ['algorithm none', forge({ ...header, alg: 'none' }, claims, key.key)],
    ['algorithm HS512', forge({ ...header, alg: 'HS512' }, claims, key.key)],
    ['algorithm RS256', forge({ ...header, alg: 'RS256' }, claims, key.key)],
    ['no key id', forge({ alg: 'HS256', typ: 'JWT' }, claims, key.key)],
    ['an unknown key id', forge({ ...header, kid: 'other' }, claims, key.key)],
    ['a guessed key', forge(header, claims)],
    ['the bare secret as key', forge(header, claims, NEW)],
    ['no exp', forge(header, without('exp'), key.key)],
    ['exp as text', forge(header, { ...claims, exp: '9999999999' }, key.key)],
    ['no iss', forge(header, without('iss'), key.key)],
    ['another iss', forge(header, { ...claims, iss: 'other' }, key.key)],
    ['no aud', forge(header, without('aud'), key.key)],
    ['another aud', forge(header, { ...claims, aud: 'other' }, key.key)],
    ['no user', forge(header, without('user_id'), key.key)],
    ['no session', forge(header, without('sid'), key.key)],
    ['a payload of text', forge(header, 'text', key.key)],
    ['expired, by a guessed key', forge(header, { ...claims, exp: 1 })],
    ['3,000 characters', `${head}.${payload}.${'A'.repeat(3000)}`],
  ]
  test.each(rows)('%s', async (_name, token) => {
    expect(await outcomeOf(verify([key], token, NOW))).toBe('UNAUTHENTICATED')
  })
})
