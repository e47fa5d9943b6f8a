import { describe, expect, test } from 'vitest'
import {
  draftOf,
  edit,
  EMPTY_DRAFT,
  insert,
  layOut,
  moveLine,
  textOf,
} from '../src/screen/editor.ts'
import { KeyReader, type Key } from '../src/screen/keys.ts'
import { readLine } from '../src/screen/slash.ts'
import { fit, truncate, widthOf, wrap } from '../src/screen/width.ts'
import { safeJson, safeLine, safeText, typedText } from '../src/words/safe-text.ts'
import { readTime } from '../src/words/when.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (...chunks: readonly string[]): readonly Key[] => {
  const reader = new KeyReader()
  return chunks.flatMap((chunk) => reader.read(bytes(chunk)))
}
const press = (name: string) => ({ kind: 'press', name })

const HARMFUL =
  /(?!\n)\p{Cc}|[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]|\uFE0F|\u{E0041}|\p{Cs}/u

const HOSTILE = [
  '\u001B[31mred\u001B[0m',
  '\u001B]0;your window\u0007',
  '\u009B2J clears, as C1',
  '\u001B]8;;http://evil\u001B\\click\u001B]8;;\u001B\\',
  '\u001BP+q544e\u001B\\ asks the terminal',
  'over\rwrite',
  'back\b\b\bspace',
  'user\u202Etxt.exe',
  'iso\u2066lated\u2069',
  'zero\u200Bwidth\u200Djoined\uFEFF',
  'tag\u{E0041}ged',
  'va\uFE0Friation',
  `marks${'\u0301'.repeat(50)}`,
  'lone \uD800 surrogate',
  'line\u2028separator\u0085next',
]

describe('what others wrote', () => {
  test('[CLI10] nothing that a terminal obeys, and nothing invisible, is left of a text', () => {
    for (const hostile of HOSTILE) {
      expect(safeText(hostile), JSON.stringify(hostile)).not.toMatch(HARMFUL)
      expect(safeLine(hostile), JSON.stringify(hostile)).not.toMatch(/\n/)
    }
    expect(safeText('\u001B[31mred')).toBe('␛[31mred')
    expect(safeText('user\u202Etxt.exe')).toBe('usertxt.exe')
    expect(safeText(`e${'\u0301'.repeat(50)}`)).toBe(`e${'\u0301'.repeat(4)}`)
    expect(safeText('one\r\ntwo\u2028three')).toBe('one\ntwo\nthree')
    expect(safeLine('  one\n two ')).toBe('one two')
  })

  test('[CLI10] text in any script is shown as it is', () => {
    for (const harmless of ['Grüße 🍜', 'ἄνθρωπος', '한국어', 'עברית', 'हिन्दी', 'e\u0301'])
      expect(safeText(harmless)).toBe(harmless)
  })

  test('[CLI10] JSON escapes the same and says exactly what was written', () => {
    for (const hostile of HOSTILE) {
      const line = safeJson({ text: hostile })
      expect(line).not.toMatch(HARMFUL)
      expect(JSON.parse(line)).toEqual({ text: hostile })
    }
  })

  test('[CLI10] what is pasted keeps its line breaks and loses other controls', () => {
    expect(typedText('a\tb\nc\u001B[2Jd')).toBe('a    b\nc[2Jd')
  })
})

describe('keys', () => {
  test('[CLI11] text and Enter that arrive together are two keys', () => {
    expect(read('hello\r')).toEqual([{ kind: 'text', text: 'hello' }, press('enter')])
  })

  test('[CLI11] a key that arrives in halves is one key', () => {
    expect(read('\u001B', '[', '5', '~')).toEqual([press('pageUp')])
    const [first, second] =
      ['한']
        .map((text) => bytes(text))[0]
        ?.reduce<number[][]>((all, byte) => [...all, [byte]], []) ?? []
    const reader = new KeyReader()
    expect(reader.read(Uint8Array.from(first ?? []))).toEqual([])
    expect(reader.read(Uint8Array.from(second ?? []))).toEqual([])
    expect(reader.read(bytes('한').slice(2))).toEqual([{ kind: 'text', text: '한' }])
  })

  test('[CLI11] ESC alone is a key once nothing has followed', () => {
    const reader = new KeyReader()
    expect(reader.read(bytes('\u001B'))).toEqual([])
    expect(reader.isWaiting).toBe(true)
    expect(reader.settle()).toEqual([press('escape')])
    expect(reader.settle()).toEqual([])
  })

  test('[CLI11] what is pasted is one piece, line breaks and all', () => {
    expect(read('\u001B[200~one\rtwo', '\r\nthree\u001B[201~\r')).toEqual([
      { kind: 'paste', text: 'one\ntwo\nthree' },
      press('enter'),
    ])
  })

  test('[CLI11] arrows, words, focus and Alt-Enter are known; what is not, is passed over', () => {
    expect(
      read('\u001B[A\u001BOB\u001B[1;5D\u001Bf\u001B\r\u001B[I\u001B[O\u001B[99;9X\u0000x'),
    ).toEqual([
      ...['up', 'down', 'wordLeft', 'wordRight', 'newline'].map(press),
      { kind: 'focus', isFocused: true },
      { kind: 'focus', isFocused: false },
      { kind: 'text', text: 'x' },
    ])
  })
})

describe('the input', () => {
  const typed = (text: string) => insert(EMPTY_DRAFT, text)

  test('[CLI11] the cursor goes by what a reader calls characters', () => {
    const draft = edit(typed('a👨‍👩‍👧é'), 'left')
    expect(textOf(edit(draft, 'backspace'))).toBe('aé')
    expect(textOf(insert(typed('e'), '\u0301'))).toBe('e\u0301')
    expect(insert(typed('e'), '\u0301').cursor).toBe(1)
  })

  test('[CLI11] words and lines are cut where they begin and end', () => {
    expect(textOf(edit(typed('one two  '), 'killWord'))).toBe('one ')
    expect(textOf(edit(typed('one\ntwo'), 'killLine'))).toBe('one\n')
    expect(textOf(edit({ ...typed('one\ntwo'), cursor: 1 }, 'killRest'))).toBe('o\ntwo')
    expect(edit(typed('one\ntwo'), 'home').cursor).toBe(4)
    expect(edit({ ...typed('one\ntwo'), cursor: 0 }, 'end').cursor).toBe(3)
    expect(edit(typed('one two'), 'wordLeft').cursor).toBe(4)
    expect(edit({ ...typed('one two'), cursor: 0 }, 'wordRight').cursor).toBe(3)
    expect(edit(EMPTY_DRAFT, 'backspace')).toEqual(EMPTY_DRAFT)
  })

  test('[CLI11] a long line goes on in the next row, and the arrows find their way', () => {
    const draft = draftOf('abcdef한글')
    expect(layOut(draft, 5)).toEqual({
      lines: ['abcde', 'f한글', ''],
      cursor: { line: 2, column: 0 },
    })
    expect(moveLine({ ...draft, cursor: 2 }, 1, 5)?.cursor).toBe(6)
    expect(moveLine({ ...draft, cursor: 6 }, -1, 5)?.cursor).toBe(1)
    expect(moveLine({ ...draft, cursor: 2 }, -1, 5)).toBeUndefined()
  })

  test('[CLI11] a line that begins with a slash is a command, with two a message', () => {
    expect(readLine('/edit 12')).toEqual({ kind: 'command', name: 'edit', rest: '12' })
    expect(readLine('/ugh')).toEqual({ kind: 'unknown', name: 'ugh' })
    expect(readLine('//usr is a folder')).toEqual({ kind: 'text', text: '/usr is a folder' })
    expect(readLine('/ is a slash')).toEqual({ kind: 'text', text: '/ is a slash' })
  })
})

describe('columns', () => {
  test('[CLI12] lines are broken and cut by the columns that they take', () => {
    expect(wrap('the quick brown fox', 10)).toEqual(['the quick', 'brown fox'])
    expect(wrap('한국어한국어', 5)).toEqual(['한국', '어한', '국어'])
    expect(wrap('a\n\nb', 5)).toEqual(['a', '', 'b'])
    expect(wrap('unbreakable', 4)).toEqual(['unbr', 'eaka', 'ble'])
    expect(truncate('한국어', 5)).toBe('한국…')
    expect(widthOf(truncate('한국어', 4))).toBeLessThanOrEqual(4)
    expect(fit('한', 4)).toBe('한  ')
    for (const width of [1, 2, 3, 7])
      for (const line of wrap('wide 한글 and 🍜 or narrow', Math.max(2, width)))
        expect(widthOf(line)).toBeLessThanOrEqual(Math.max(2, width))
  })
})

test('[CLI9] [CLI20] a time is a date, how long ago, or milliseconds', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  expect(readTime('2h', now)).toBe(now - 7_200_000)
  expect(readTime('1795257015076', now)).toBe(1795257015076)
  expect(readTime('2026-11-20T09:00:00Z', now)).toBe(Date.parse('2026-11-20T09:00:00Z'))
  expect(readTime('2026-11-20', now)).toBe(new Date(2026, 10, 20).getTime())
  const before1970 = ['1969-12-30', '99999d', '99999999999999999999d']
  for (const word of ['yesterday', '5', '2026-99-99', '', '9'.repeat(20), ...before1970])
    expect(() => readTime(word, now)).toThrow(/is no time/)
})
