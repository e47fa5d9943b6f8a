import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor, MAX_CURSOR_LENGTH } from '../../src/sync/index.ts'

const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const savedSync = fc.record({
  mark: fc.option(fc.record({ epoch: count, watermark: count, comparedAt: count }), {
    nil: undefined,
  }),
  positions: fc
    .uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), fc.record({ seq: count, tag: count })), {
      selector: ([stream]) => stream,
      maxLength: 20,
    })
    .map((entries) => new Map(entries)),
})

function written(saved: Parameters<typeof encodeCursor>[0]): string {
  const result = encodeCursor(saved)
  if (!result.ok) throw new Error(result.problem)
  return result.cursor
}

test('[SYN19] a cursor gives back what it was made of, in safe characters', () => {
  fc.assert(
    fc.property(savedSync, (saved) => {
      const cursor = written(saved)
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(decodeCursor(cursor)).toEqual({ ok: true, saved })
    }),
  )
})

test('[SYN19] it is the base64url of plain ASCII', () => {
  const cursor = written({
    mark: undefined,
    positions: [['m:\u00e9\u{1f389}', { seq: 1, tag: 2 }]],
  })
  expect(Buffer.from(cursor, 'base64url').toString('latin1')).toBe(
    '[1,[],["m:\\u00e9\\ud83c\\udf89",1,2]]',
  )
})

test('[SYN19] a few hundred streams fit, ten thousand are refused', () => {
  const streams = (many: number) =>
    Array.from({ length: many }, (_, index) => {
      const id = String(index).padStart(36, '0')
      return [`m:${id}`, { seq: 1_000_000, tag: 4_000_000_000 }] as const
    })
  expect(encodeCursor({ mark: undefined, positions: streams(700) }).ok).toBe(true)
  expect(encodeCursor({ mark: undefined, positions: streams(10_000) })).toEqual({
    ok: false,
    problem: 'too_large',
  })
})

test('[SYN19] any text can be read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeCursor(text)).toHaveProperty('ok')
    }),
  )
  expect(decodeCursor('A'.repeat(MAX_CURSOR_LENGTH + 1))).toEqual({
    ok: false,
    problem: 'too_large',
  })
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test.each([
  ['nothing', ''],
  ['another character', `${encode([1, [], []])}=`],
  ['a bit too many', 'WzEsW10sW11e'],
  ['no JSON', Buffer.from('[1,[]').toString('base64url')],
  ['no list', encode({})],
  ['another version', encode([2, [], []])],
  ['a missing part', encode([1, []])],
  ['a mark too short', encode([1, [1, 2], []])],
  ['a mark too long', encode([1, [1, 2, 3, 4], []])],
  ['a negative mark', encode([1, [1, 2, -3], []])],
  ['positions cut off', encode([1, [], ['m:a', 1]])],
  ['a seq that is no integer', encode([1, [], ['m:a', 1.5, 1]])],
  ['a stream that is no text', encode([1, [], [5, 1, 1]])],
])('[SYN19] a cursor with %s is malformed', (_what, cursor) => {
  expect(decodeCursor(cursor)).toEqual({ ok: false, problem: 'malformed' })
})
