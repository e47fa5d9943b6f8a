import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  CLOSE_CODES,
  closeCodeOf,
  ERRORS,
  EVENTS,
  isErrorCode,
  isTidingsError,
  METHODS,
  TidingsError,
} from '@tidings/protocol'

test('[WIR2] no number is used twice, and none leaves its range', () => {
  const events = Object.values(EVENTS)
  expect(new Set(events).size).toBe(events.length)
  expect(new Set(Object.values(METHODS)).size).toBe(Object.keys(METHODS).length)
  for (const number of [...events, ...Object.keys(METHODS).map(Number)]) {
    expect(Number.isInteger(number) && number > 0 && number < 100).toBe(true)
  }
})

test('[WIR2] the numbers of seed 002 are those of the seed', () => {
  expect(METHODS).toMatchObject({
    20: 'sync.since',
    40: 'message.send',
    41: 'message.delivered',
    42: 'message.read',
    60: 'typing.start',
    61: 'typing.stop',
  })
  expect(EVENTS).toMatchObject({
    'message.created': 20,
    'message.accepted': 21,
    'message.delivered': 22,
    'message.read': 23,
    'typing.started': 40,
    'typing.stopped': 41,
    'conversation.added': 70,
    'member.joined': 72,
    'member.left': 73,
  })
})

test('[WIR2] the page about the wires has every number under its name', () => {
  const page = readFileSync(new URL('../../../docs/wires.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| (\d+) +\| `([\w.]+)` +\|/gm)].map(([, number, name]) => [
    Number(number),
    name,
  ])
  const calls = Object.entries(METHODS).map(([number, path]) => [Number(number), path])
  const events = Object.entries(EVENTS).map(([name, number]) => [number, name])
  expect(rows).toEqual([...calls, ...events])
})

test('[WIR3] every error says whether a repeat may help, and only server faults and floods do', () => {
  for (const [code, kind] of Object.entries(ERRORS)) {
    expect(typeof kind.retryable, code).toBe('boolean')
    if (kind.retryable) expect([0, 429, 500, 503, 507], code).toContain(kind.http)
    expect(new TidingsError(code as keyof typeof ERRORS).retryable).toBe(kind.retryable)
  }
})

test('[WIR3] a private cause stays out of what is sent', () => {
  const error = new TidingsError('NOT_FOUND', undefined, {
    cause: 'user 7 was removed',
    retryAfterMs: 5,
  })
  expect(error.cause).toBe('user 7 was removed')
  expect(error.message).toBe(ERRORS.NOT_FOUND.message)
  expect(JSON.stringify(error)).not.toContain('user 7')
  expect(error.details.retryAfterMs).toBe(5)
  expect(error.httpStatus).toBe(404)
})

test('[WIR3] an error is known across copies of the package, a stranger is not', () => {
  const foreign = Object.assign(new Error('x'), { name: 'TidingsError', code: 'NOT_FOUND' })
  expect(isTidingsError(foreign)).toBe(true)
  expect(
    isTidingsError(Object.assign(new Error('x'), { name: 'TidingsError', code: 'toString' })),
  ).toBe(false)
  expect(isTidingsError({ name: 'TidingsError', code: 'NOT_FOUND' })).toBe(false)
  expect(isErrorCode('__proto__')).toBe(false)
})

test('[WIR4] every close code says whether to come back; unknown ones count as a lost connection', () => {
  for (const [code, { reconnect }] of Object.entries(CLOSE_CODES)) {
    expect(['soon', 'later', 'never'], code).toContain(reconnect)
    expect(closeCodeOf(Number(code)).reconnect).toBe(reconnect)
  }
  expect(closeCodeOf(4999)).toBe(CLOSE_CODES[1006])
})
