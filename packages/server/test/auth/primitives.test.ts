import { expect, test } from 'vitest'
import { accessKeyOf } from '../../src/auth/access-key.ts'
import { signingKeys } from '../../src/auth/access-token.ts'
import { addressKey } from '../../src/auth/address.ts'
import { openKeyCursors } from '../../src/auth/key-cursors.ts'
import { openPasswords, UNKNOWN_USER_HASH } from '../../src/auth/password.ts'
import { authenticationCode, deriveKey, digestOf, randomToken } from '../../src/auth/primitives.ts'
import { refreshToken } from '../../src/auth/refresh-token.ts'
import { secretFingerprint } from '../../src/auth/secret.ts'
import { BrokerTexts } from '../../src/realtime/broker-text.ts'

const SECRET = 'golden secret, golden secret, golden secret'

// Changing one of these makes every token, fingerprint or password of a running system worthless.
test('[SES9] the primitives answer their golden vectors, which another implementation agrees with', () => {
  expect(Buffer.from(deriveKey(SECRET, 'golden')).toString('hex')).toBe(
    'ae79ebb079140db47bc23f8814cacaf7b673d7110dd1e9902927511eb42c2338',
  )
  expect(digestOf('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  expect(authenticationCode(deriveKey(SECRET, 'golden'), 'text')).toBe(
    '-vfdUvEkss0tQPgv2YY-4Gu0sb3f_PhwqxQR36XoiEY',
  )
  expect(authenticationCode(deriveKey(SECRET, 'guesses'), 'address:192.0.2.1')).toBe(
    '-hQFI-uGTpL81081EhRAxKDwgrlfAnrf_09MGM8Sb4E',
  )
  expect(accessKeyOf(SECRET, '2c57526a-3f33-41db-9311-719074024a40')).toEqual({
    id: 'FRLVE2R7GNA5XEYROGIHIASKIDR7MEU6VSKH5J7QMZ7FXCBE7GDQ',
    secret: 'NT5KWFRYACML72S5HCWHIS7LBQBEKKCF5ZD3NETPTNFJGYZGNVFQ',
  })
  expect(openKeyCursors([SECRET]).seal('golden', 7)).toBe('RV-79XxHGAiAeAeS1R-JKQ')
  const texts = new BrokerTexts({
    name: 'tidings_1',
    nodeId: '2c57526a-3f33-41db-9311-719074024a40',
    secrets: [SECRET],
    maxBytes: 1000,
    clock: { now: () => 1_800_000_000_000 },
  })
  expect(texts.write([{ kind: 'hints', hints: [[1, 2]] }])).toEqual([
    '16gCiPi3pSVg_K_9czXV-iV2c57526a-3f33-41db-9311-719074024a400mywpiww0[{"kind":"hints","hints":[[1,2]]}]',
  ])
  expect(signingKeys([SECRET])[0]?.id).toBe('Ldg89_2A12Ix')
  expect(secretFingerprint(SECRET)).toBe('ifo3yEcH95xEKpyw5aHwaq')
  const seed = { sessionId: '2c57526a-3f33-41db-9311-719074024a40', generation: 3, salt: 'salt' }
  expect(refreshToken(SECRET, seed)).toBe('tdr_gG8-HoMm2TWjIe5rzi4im8sz_i3lj24DGB966QbXwEM')
})

test('[ADM10] a cursor of internal keys tells nothing of them, and is good for its list, as it was given, alone', () => {
  const cursors = openKeyCursors([SECRET])
  const given = Array.from({ length: 300 }, (_, key) => cursors.seal('a list', key + 1))
  expect(new Set(given.map((cursor) => cursor.slice(0, 4))).size).toBeGreaterThan(290)
  expect(new Set(given.map((cursor) => cursor.slice(-4))).size).toBeGreaterThan(290)
  expect(given.map((cursor) => cursors.open('a list', cursor))).toEqual(
    given.map((_, at) => at + 1),
  )
  const [cursor = ''] = given
  expect(cursors.open('another list', cursor)).toBe(undefined)
  expect(openKeyCursors([`${SECRET}!`]).open('a list', cursor)).toBe(undefined)
  expect(openKeyCursors([`${SECRET}!`, SECRET]).open('a list', cursor)).toBe(1)
  const ours = Buffer.from(JSON.stringify([1])).toString('base64url')
  for (const wrong of [
    '',
    'x',
    ours,
    `${cursor}=`,
    ` ${cursor}`,
    `${cursor}A`,
    'A'.repeat(22),
    '_'.repeat(22),
  ])
    expect([wrong, cursors.open('a list', wrong)]).toEqual([wrong, undefined])
})

test('[SES9] HMAC-SHA256 is that of RFC 4231, test case 2', () => {
  const code = authenticationCode(Buffer.from('Jefe'), 'what do ya want for nothing?')
  expect(Buffer.from(code, 'base64url').toString('hex')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('[SES6] a random token has 256 bits', () => {
  const tokens = Array.from({ length: 100 }, randomToken)
  expect(new Set(tokens).size).toBe(100)
  for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32)
})

test('[ACC5] the Argon2 reference implementation and ours agree; our own hashes cost what OWASP asks for', async () => {
  const passwords = openPasswords()
  const reference =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await passwords.verify(reference, 'password')).toBe(true)
  expect(await passwords.verify(reference, 'passworD')).toBe(false)
  expect(await passwords.hash('password')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('[ACC3] the hash that stands for an unknown user costs what a real one costs, and matches nothing', async () => {
  const passwords = openPasswords()
  const parameters = (hash: string) => hash.split('$').slice(0, 4).join('$')
  const real = await passwords.hash('x')
  expect(parameters(UNKNOWN_USER_HASH)).toBe(parameters(real))
  expect(UNKNOWN_USER_HASH).toHaveLength(real.length)
  expect(await passwords.verify(undefined, 'x')).toBe(false)
  expect(await passwords.verify(undefined, '')).toBe(false)
})

test('[ACC5] a hash that cannot be read matches nothing', async () => {
  const passwords = openPasswords()
  for (const hash of ['', '-', '$argon2id$', '$argon2id$v=19$m=1,t=1,p=1$AA$AA', 'x'.repeat(1000)])
    expect(await passwords.verify(hash, 'x')).toBe(false)
})

test('[ACC5] a password counts to its last byte and in any normal form', async () => {
  const passwords = openPasswords()
  const long = 'p'.repeat(256)
  const hash = await passwords.hash(long)
  expect(await passwords.verify(hash, long)).toBe(true)
  expect(await passwords.verify(hash, 'p'.repeat(255))).toBe(false)
  expect(await passwords.verify(hash, `${'p'.repeat(255)}q`)).toBe(false)
  const composed = await passwords.hash('\u00e9t\u00e9 2026')
  expect(await passwords.verify(composed, 'e\u0301te\u0301 2026')).toBe(true)
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0db8:0001:0002:ffff::1', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['unknown', 'unknown'],
])('[ACC4] tries from %s count for %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})
