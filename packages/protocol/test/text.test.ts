import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  appBodySchema,
  fitsInBytes,
  isWellFormed,
  jsonProblem,
  lineSchema,
  messageBodySchema,
  messageTextSchema,
  nameKey,
  passwordSchema,
  textProblem,
  usernameSchema,
  utf8Length,
} from '@tidings/protocol'

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

describe('[WIR5] the text of a message', () => {
  test('is kept byte for byte', () => {
    for (const text of [
      'hi',
      '  padded  ',
      'שלום',
      '👩‍👩‍👧',
      'e\u0301',
      'line\nline',
      '\u202Ertl',
      '\uf8ff',
      '\u{1faff}',
      '\u{1ccff}',
    ])
      expect(messageTextSchema.parse(text)).toBe(text)
  })
  test('is refused when blank, too long, not Unicode or holding NUL', () => {
    const refused = [
      '',
      ' ',
      '\u200b\u200c',
      '\ufeff',
      '\n\t',
      '\u3164',
      'a\u0000b',
      '\ud800',
      'x\udc00',
      'x'.repeat(16385),
      '€'.repeat(5462),
    ]
    for (const text of refused)
      expect(accepts(messageTextSchema, text), JSON.stringify(text.slice(0, 8))).toBe(false)
    expect(accepts(messageTextSchema, 'x'.repeat(16384))).toBe(true)
    for (const value of [1, null, undefined, {}, ['a']])
      expect(accepts(messageTextSchema, value)).toBe(false)
  })
})

describe('[WIR5] names', () => {
  test('compare without regard to case and compatibility forms', () => {
    expect(nameKey('Ａnn')).toBe(nameKey('ann'))
    expect(nameKey('STRASSE')).toBe(nameKey('straße'))
    expect(nameKey('ﬁn')).toBe(nameKey('FIN'))
    expect(nameKey('e\u0301')).toBe(nameKey('é'))
    expect(nameKey('ann')).not.toBe(nameKey('anne'))
  })
  test('sharp s is one, however it is written', () => {
    expect(['STRASSE', 'Straße', 'STRAẞE'].map(nameKey)).toEqual(Array(3).fill('strasse'))
  })
  test('folding is stable for every character', () => {
    const characters = Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code))
    const folded = characters.map(nameKey)
    expect(folded.filter((key) => nameKey(key) !== key)).toEqual([])
  })
  test('folding is stable', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (name) => nameKey(nameKey(name)) === nameKey(name),
      ),
    )
  })
  test('a username is one word of letters, digits and _ . - of any script', () => {
    for (const name of ['ann', 'Jürgen', 'иван', '李雷', 'a.b-c_d', '7up'])
      expect(accepts(usernameSchema, name), name).toBe(true)
    const refused = [
      '',
      ' ',
      'a b',
      'admin',
      'ＡＤＭＩＮ',
      'Root',
      'a'.repeat(33),
      '_a',
      '.',
      '<b>',
      'a\r\nb',
      'a/b',
      '@ann',
      '\u200bann',
      'ann\u3164',
      'ann\ufe0f',
      'a\u034fnn',
      'ann\u{e0101}',
    ]
    for (const name of refused)
      expect(accepts(usernameSchema, name), JSON.stringify(name)).toBe(false)
    expect(usernameSchema.parse(' ann ')).toBe('ann')
  })
  test('a line is trimmed and holds no control characters', () => {
    const line = lineSchema(10)
    expect(line.parse('  group 1 ')).toBe('group 1')
    for (const text of ['', '   ', '\u200b', 'a\nb', 'a\u0007', 'x'.repeat(11), '\ud800'])
      expect(accepts(line, text)).toBe(false)
  })
  test('a password of up to 256 bytes is taken whole', () => {
    expect(passwordSchema.parse(' pässwörd ')).toBe(' pässwörd ')
    expect(accepts(passwordSchema, 'x'.repeat(256))).toBe(true)
    for (const text of ['', 'x'.repeat(257), 'é'.repeat(129), 'a\u0000b'])
      expect(accepts(passwordSchema, text)).toBe(false)
  })
})

describe('[WIR6] JSON of an app kind', () => {
  test('plain JSON of any shape is taken as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        fc.pre(
          !/"(__proto__|constructor|prototype)"|\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value)),
        )
        return jsonProblem(JSON.parse(JSON.stringify(value))) === undefined
      }),
    )
  })
  test('what no database or reader should get is refused', () => {
    let deep: unknown = 1
    for (let i = 0; i < 40; i++) deep = [deep]
    const wide = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${i}`, i]))
    const refused = [
      undefined,
      NaN,
      Infinity,
      1n,
      () => 1,
      new Date(),
      new Map(),
      deep,
      wide,
      'a\u0000',
      '\ud800',
      JSON.parse('{"__proto__":1}'),
      { constructor: 1 },
      { a: { 'b\u0000': 1 } },
    ]
    for (const value of refused) expect(jsonProblem(value)).toBeTypeOf('string')
  })
  test('a body is told apart by kind; reserved names and 16 KiB are limits', () => {
    expect(messageBodySchema.parse({ kind: 'text', text: 'hi' })).toEqual({
      kind: 'text',
      text: 'hi',
    })
    expect(messageBodySchema.parse({ kind: 'poll', data: { q: [1] } })).toEqual({
      kind: 'poll',
      data: { q: [1] },
    })
    const refused = [
      { kind: 'text' },
      { kind: 'image', data: 1 },
      { kind: 'Poll', data: 1 },
      { kind: 'poll' },
      { kind: 'poll', data: 'x'.repeat(16384) },
      { text: 'hi' },
      null,
    ]
    for (const body of refused)
      expect(accepts(messageBodySchema, body), JSON.stringify(body)?.slice(0, 40)).toBe(false)
    expect(accepts(appBodySchema, { kind: 'poll', data: null })).toBe(true)
  })
})

test('[WIR5] the length in bytes and well-formedness agree with the platform', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const bytes = Buffer.from(text, 'utf8')
      return (
        utf8Length(text) === bytes.length &&
        fitsInBytes(text, bytes.length) &&
        !fitsInBytes(text, bytes.length - 1) &&
        isWellFormed(text) === (bytes.toString('utf8') === text) &&
        (textProblem(text) === undefined) === (isWellFormed(text) && !text.includes('\0'))
      )
    }),
  )
})
