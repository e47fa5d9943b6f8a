import { expect, test } from 'vitest'
import { BrokerGathering } from '../../src/realtime/broker-gathering.ts'
import { BrokerTexts } from '../../src/realtime/broker-text.ts'
import type { BrokerMessage } from '../../src/realtime/broker.ts'

const [one, two] = ['00000001-0000-4000-8000-000000000001', '00000002-0000-4000-8000-000000000001']
const NOW = 1_800_000_000_000
const defaults = {
  name: 'tidings_1',
  nodeId: one,
  secrets: ['a secret'],
  maxBytes: 7990,
  clock: { now: () => NOW },
}

const textsOf = (options: Partial<typeof defaults> = {}) =>
  new BrokerTexts({ ...defaults, ...options })

test('[BRK2] texts are as large as they may be and no larger, and say all that was said', () => {
  const messages: BrokerMessage[] = Array.from({ length: 40 }, (_, at) => ({
    kind: 'hints',
    hints: Array.from({ length: 1 + 25 * at }, (_unused, seq) => [2 ** 53 - 1 - at, 2 ** 50 + seq]),
  }))
  for (const maxBytes of [500, 7990, 60_000]) {
    const texts = textsOf({ maxBytes }).write(messages)
    expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(maxBytes)
    const reader = textsOf({ nodeId: two })
    const read = texts.flatMap((text) => {
      const incoming = reader.read(text)
      return incoming?.own === false ? incoming.messages : []
    })
    const hintsIn = (all: readonly BrokerMessage[]) =>
      all.flatMap((message) => (message.kind === 'hints' ? message.hints : []))
    // As texts: looking at 60,000 pairs one by one takes seconds.
    expect(JSON.stringify(hintsIn(read))).toBe(JSON.stringify(hintsIn(messages)))
  }
})

test('[BRK5] a text that was changed anywhere, or was written under another name or secret, is not read', () => {
  const [text = ''] = textsOf().write([{ kind: 'hints', hints: [[1, 5]] }])
  const reader = textsOf({ nodeId: two })
  expect(reader.read(text)).toMatchObject({ own: false, messages: [{ kind: 'hints' }] })
  for (let at = 0; at < text.length; at += 1) {
    const changed = `${text.slice(0, at)}${text[at] === '7' ? '8' : '7'}${text.slice(at + 1)}`
    expect(reader.read(changed)).toBeUndefined()
  }
  for (const cut of ['', text.slice(1), text.slice(0, -1), `${text} `])
    expect(reader.read(cut)).toBeUndefined()
  for (const other of [{ name: 'tidings_2' }, { secrets: ['another'] }])
    expect(textsOf({ nodeId: two, ...other }).read(text)).toBeUndefined()
})

test('[BRK5] messages of a later version are left out, and those beside them are read', () => {
  const later = { kind: 'later', what: 1 } as unknown as BrokerMessage
  const malformed = { kind: 'hints', hints: [[1]] } as unknown as BrokerMessage
  const hint: BrokerMessage = { kind: 'hints', hints: [[1, 5]] }
  const [text = ''] = textsOf().write([later, hint, malformed])
  expect(textsOf({ nodeId: two }).read(text)).toEqual({ own: false, messages: [hint] })
})

test('[BRK5] a text that is repeated later is not read, nor one of a clock that is far ahead', () => {
  const [text = ''] = textsOf().write([{ kind: 'hints', hints: [[1, 5]] }])
  const at = (now: number) => textsOf({ nodeId: two, clock: { now: () => now } }).read(text)
  for (const near of [NOW - 60_000, NOW, NOW + 60_000])
    expect(at(near)).toMatchObject({ own: false })
  for (const far of [NOW - 60_001, NOW + 60_001]) expect(at(far)).toBeUndefined()
})

test('[BRK5] nodes with the old secret and with both hear each other, and who has none of them hears nothing', () => {
  const of = (...secrets: string[]) => textsOf({ nodeId: two, secrets })
  const hint: BrokerMessage = { kind: 'hints', hints: [[1, 5]] }
  for (const [writer, readers] of [
    [
      ['new', 'old'],
      [['old'], ['new'], ['new', 'old']],
    ],
    [['old'], [['new', 'old'], ['old']]],
  ] as const) {
    const [text = ''] = textsOf({ secrets: [...writer] }).write([hint])
    for (const reader of readers)
      expect(of(...reader).read(text)).toEqual({ own: false, messages: [hint] })
    expect(of('another').read(text)).toBeUndefined()
  }
})

test('[BRK2] more sessions than one message may name are named by several', () => {
  const keys = Array.from({ length: 2500 }, (_, at) => at + 1)
  const said = [keys.slice(0, 1000), keys.slice(1000, 2000), keys.slice(2000)]
  const texts = textsOf().write(said.map((sessionKeys) => ({ kind: 'revoked', sessionKeys })))
  const read = texts.flatMap((text) => {
    const incoming = textsOf({ nodeId: two }).read(text)
    return incoming?.own === false ? incoming.messages : []
  })
  expect(
    read.flatMap((message) => (message.kind === 'revoked' ? message.sessionKeys : [])),
  ).toEqual(keys)
})

test('[BRK4] a text in the name of this node that it has not written is not its own', () => {
  const [text = ''] = textsOf({ secrets: ['a stranger'] }).write([])
  expect(textsOf().read(text)).toBeUndefined()
})

test('[BRK4] a text without messages is known to its writer alone', () => {
  const [text = ''] = textsOf().write([])
  expect(textsOf().read(text)).toEqual({ own: true })
  expect(textsOf({ nodeId: two }).read(text)).toEqual({ own: false, messages: [] })
})

test('[BRK7] what waits for a slow link is bounded, and of a stream the newest hint alone', () => {
  const gathering = new BrokerGathering()
  for (let head = 1; head <= 1000; head += 1) gathering.add({ kind: 'hints', hints: [[1, head]] })
  gathering.add({ kind: 'hints', hints: [[1, 7]] })
  expect(gathering.take()).toEqual([{ kind: 'hints', hints: [[1, 1000]] }])
  expect(gathering.isEmpty).toBe(true)
  for (let at = 1; at <= 50_000; at += 1) {
    gathering.add({ kind: 'hints', hints: [[at, 1]] })
    gathering.add({ kind: 'revoked', sessionKeys: [at] })
  }
  const taken = gathering.take()
  const hints = taken.flatMap((message) => (message.kind === 'hints' ? message.hints : []))
  const others = taken.filter(({ kind }) => kind === 'revoked')
  expect(hints).toHaveLength(10_000)
  expect(others).toHaveLength(10_000)
  expect(others.at(-1)).toEqual({ kind: 'revoked', sessionKeys: [50_000] })
})
