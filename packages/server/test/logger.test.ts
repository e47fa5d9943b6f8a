import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLogger, redact } from '../src/logger.ts'

const CANARY = 'canary-7f3a'
const JWT =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE1MzM5OTQ5MzksInVzZXJfaWQiOiI0NzBkIn0.hE5NF5Dscdtn-Z2pdIyMBrXVeSBG69xeArr8DqoceWo'
const TICKET = `tdt_${'k'.repeat(43)}`
const REFRESH = `tdr_${'r'.repeat(43)}`

/** The line that a record becomes. */
function lineOf(record: object, message = 'something happened'): string {
  const lines: string[] = []
  createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } }).info(
    record,
    message,
  )
  return lines.join('')
}

test.each([
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'password_hash',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'ticket',
  'secret',
  'client_secret',
  'authorization',
  'Authorization',
  'proxy-authorization',
  'X-Api-Key',
  'secretAccessKey',
  'METRICS_TOKEN',
  'TIDINGS_SECRET',
  'cookie',
  'set-cookie',
  'messagingUrl',
  'messaging_url',
])(
  '[CFG5] the value of %s is struck out at any depth, as a text, in JSON in a text, and in a query',
  (name) => {
    const record = {
      [name]: CANARY,
      deep: [{ deeper: { [name]: `a "quoted" ${CANARY} \\` } }],
      text: JSON.stringify({ [name]: CANARY, other: 'kept' }),
      url: `https://example.com/?a=kept&${name}=${CANARY}&b=kept`,
      list: { [name]: [CANARY, CANARY] },
    }
    const line = lineOf(record)
    expect(line).not.toContain(CANARY)
    expect(line.match(/kept/g)).toHaveLength(3)
    expect(JSON.parse(line)).toMatchObject({ msg: 'something happened', [name]: '[secret]' })
  },
)

test.each([
  ['a JWT', JWT],
  ['a ticket', TICKET],
  ['a refresh token', REFRESH],
  [
    'a password hash',
    '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
])('[CFG5] %s is struck out wherever it stands', (_name, secret) => {
  const error = new Error(`it failed with ${secret}`, { cause: new Error(`because of ${secret}`) })
  const line = lineOf(
    { err: error, path: `/ws/${secret}`, header: `bearer ${secret}` },
    `tried ${secret}`,
  )
  expect(line).not.toContain(secret)
  expect(line).not.toContain(secret.slice(-20))
  expect(JSON.parse(line)).toHaveProperty('msg')
})

test('[CFG5] the password in the address of a database is struck out, the rest stays', () => {
  const line = lineOf({
    err: new Error(`cannot reach postgres://tidings:${CANARY}@db.internal:5432/x`),
  })
  expect(line).not.toContain(CANARY)
  expect(line).toContain('postgres://tidings:[secret]@db.internal:5432/x')
})

test('[CFG5] headers that were written out lose what they hold, and sentences do not', () => {
  const headers = `GET / HTTP/1.1\r\nAuthorization: Basic ${CANARY}Zm9v=\r\nCookie: a=${CANARY}; b=${CANARY}\r\nHost: kept`
  const line = lineOf({ err: new Error(headers), text: `set-cookie: id=${CANARY}; Secure` })
  expect(line).not.toContain(CANARY)
  expect(line).toContain('Host: kept')
  const sentence = 'a basic idea, a bearer of news, and a cookie for tea'
  expect(lineOf({}, sentence)).toContain(sentence)
})

test('[CFG5] the password of a Redis is struck out, with and without a user', () => {
  const line = lineOf({}, `redis://:${CANARY}@redis:6379/0 and rediss://ann:${CANARY}@redis/1`)
  expect(line).not.toContain(CANARY)
  expect(line).toContain('redis://:[secret]@redis:6379/0 and rediss://ann:[secret]@redis/1')
})

test('[CFG5] a long text is cut, so that nobody can keep the search for secrets busy', () => {
  const line = lineOf({ text: 'eyJ-'.repeat(100_000) })
  expect(line.length).toBeLessThan(11_000)
})

test('[CFG5] ids, names and sentences stay', () => {
  const record = {
    userId: '470dab2c-b491-46e0-8b43-eb8ebc9f2d7b',
    path: 'account.login',
    tokens: 3,
    secretary: 'cat',
  }
  expect(JSON.parse(lineOf(record))).toMatchObject(record)
})

test('[CFG5] whatever is logged, the line is still JSON', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(JWT, TICKET, '\\', '"', '\\"', '"password":"', '\\"token\\":\\"'),
  )
  const text = fc.array(value, { maxLength: 6 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.dictionary(fc.oneof(text, fc.constantFrom('password', 'token')), fc.jsonValue()),
      text,
      (record, message) => {
        const line = JSON.stringify({ ...record, message })
        expect(() => JSON.parse(redact(line)) as unknown).not.toThrow()
      },
    ),
    { numRuns: 500 },
  )
})

test('[CFG5] a password with an @ in it is struck out to its end', () => {
  const line = lineOf(
    {},
    `postgres://tidings:${CANARY}@${CANARY}@db.internal/x for ann@example.com`,
  )
  expect(line).not.toContain(CANARY)
  expect(line).toContain('postgres://tidings:[secret]@db.internal/x for ann@example.com')
})

test('[CFG5] a text that looks like the beginnings of many tokens is searched in no time', () => {
  const text = JSON.stringify({ text: 'eyJ'.repeat(3300) })
  const start = performance.now()
  for (let time = 0; time < 10; time += 1) redact(text)
  // Without a bound on the header it took a second.
  expect(performance.now() - start).toBeLessThan(700)
})
