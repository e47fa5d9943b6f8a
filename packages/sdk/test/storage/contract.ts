import fc from 'fast-check'
import type { ClientStorage, KeyRange, StorageChange, StoredRow } from '../../src/storage.ts'

// What every storage must do. Runs in Node and in pages alike: no test runner, nothing of a platform.

/** One place where rows are kept, which can be opened again and again. */
export interface StoragePlace {
  open(): ClientStorage
  /** Nothing outlives the object: it is not opened a second time. */
  readonly isVolatile?: boolean | undefined
}

export interface ContractCase {
  readonly title: string
  readonly run: (place: StoragePlace) => Promise<void>
}

const put = (key: string, value: unknown = key): StorageChange => ({ kind: 'put', key, value })
const replace = (key: string, value: unknown): StorageChange => ({ kind: 'replace', key, value })
const remove = (key: string): StorageChange => ({ kind: 'delete', key })
const removeRange = (from: string, to: string): StorageChange => ({ kind: 'deleteRange', from, to })

/** Beyond every key of these tests. */
const END = '\uffff\uffff\uffff'
const ALL: KeyRange = { from: '', to: END }

function assertSame(actual: unknown, expected: unknown, what = 'value'): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (one === other) return
  throw new Error(`${what}: expected ${other.slice(0, 800)}, got ${one.slice(0, 800)}`)
}

async function keysOf(storage: ClientStorage, range: KeyRange = ALL): Promise<string[]> {
  return (await storage.read(range)).map(({ key }) => key)
}

/** Code points and code units order these differently: U+1F600 is written D83D DE00. */
const UNICODE = ['', '\u0000', 'a', 'a\u0000', 'a/', 'é', '\ud7ff', '\u{1f600}', '\ue000', '\uffee']

async function ordered(storage: ClientStorage): Promise<void> {
  await storage.write(UNICODE.toReversed().map((key) => put(key)))
  assertSame(await keysOf(storage), UNICODE, 'order')
  assertSame(
    (await storage.read(ALL)).map(({ value }) => value),
    UNICODE,
    'values',
  )
  assertSame(await keysOf(storage, { from: '\u{1f600}', to: '\uffee' }), ['\u{1f600}', '\ue000'])
  await storage.write([put('\ud83d', 'half of a pair'), put('\ud83d\ud83d', 'two halves')])
  assertSame(
    await keysOf(storage, { from: '\ud7ff', to: '\ue000' }),
    ['\ud7ff', '\ud83d', '\ud83d\ud83d', '\u{1f600}'],
    'lone surrogates',
  )
}

async function ranges(storage: ClientStorage): Promise<void> {
  await storage.write(['a', 'b', 'c', 'd', 'e'].map((key) => put(key)))
  const cases: [KeyRange, string[]][] = [
    [{ from: 'b', to: 'd' }, ['b', 'c']],
    [{ from: 'b', to: 'd', reverse: true }, ['c', 'b']],
    [{ from: 'a', to: 'z', limit: 2 }, ['a', 'b']],
    [{ from: 'a', to: 'z', limit: 2, reverse: true }, ['e', 'd']],
    [{ from: 'a', to: 'z', limit: 0 }, []],
    [{ from: 'a', to: 'z', limit: 0, reverse: true }, []],
    [{ from: 'aa', to: 'cc', limit: 10, reverse: true }, ['c', 'b']],
    [{ from: 'c', to: 'c' }, []],
    [{ from: 'd', to: 'b' }, []],
    [{ from: 'x', to: 'z' }, []],
  ]
  for (const [range, expected] of cases)
    assertSame(await keysOf(storage, range), expected, JSON.stringify(range))
}

async function values(storage: ClientStorage): Promise<void> {
  const kept = [null, false, 0, -1.5, 2 ** 53, '', [], {}, [[]], { a: { b: [null, ''] } }, '\ud83d']
  await storage.write(kept.map((value, place) => put(`v/${place}`, value)))
  for (const [place, value] of kept.entries()) {
    const [row] = await storage.read({ from: `v/${place}`, to: `v/${place}\u0000` })
    assertSame(row?.value, value, `value ${place}`)
  }
}

async function changes(storage: ClientStorage): Promise<void> {
  await storage.write([])
  await storage.write(['a', 'b', 'c', 'd'].map((key) => put(key, 1)))
  await storage.write([
    put('a', 2),
    removeRange('b', 'd'),
    put('c', 3),
    remove('d'),
    remove('never'),
    removeRange('z', 'a'),
    put('e', 1),
    put('e', 2),
    put('f', 1),
    remove('f'),
    put('f', 3),
  ])
  assertSame(await storage.read(ALL), [
    ...[
      { key: 'a', value: 2 },
      { key: 'c', value: 3 },
      { key: 'e', value: 2 },
    ],
    { key: 'f', value: 3 },
  ])
}

async function atOnce(storage: ClientStorage): Promise<void> {
  const batches = Array.from({ length: 20 }, (_, number) => [put('last', number), put(`${number}`)])
  await Promise.all(batches.map(async (batch) => storage.write(batch)))
  assertSame((await storage.read({ from: 'last', to: 'last\u0000' }))[0]?.value, 19)
  assertSame((await keysOf(storage)).length, 21)
}

async function reopened(place: StoragePlace): Promise<void> {
  const first = place.open()
  await first.write([put('a', { deep: ['\u{1f600}'] }), put('b'), put('c')])
  await first.write([remove('b')])
  await first.close?.()
  const second = place.open()
  assertSame(await second.read(ALL), [
    { key: 'a', value: { deep: ['\u{1f600}'] } },
    { key: 'c', value: 'c' },
  ])
  await second.clear()
  assertSame(await keysOf(second), [], 'cleared')
  await second.write([put('d')])
  await second.close?.()
  const third = place.open()
  assertSame(await keysOf(third), ['d'], 'after clearing')
  await third.close?.()
}

async function many(place: StoragePlace): Promise<void> {
  // What no program outlives need not be made for so much.
  const MANY = place.isVolatile === true ? 10_000 : 100_000
  const storage = place.open()
  const keyOf = (number: number): string => `message/${String(number).padStart(16, '0')}`
  // Every key once, in an order that no sorted list likes.
  const scattered = Array.from({ length: MANY }, (_, turn) => (turn * 7_919) % MANY)
  for (let start = 0; start < MANY; start += 5_000) {
    const batch = scattered.slice(start, start + 5_000)
    await storage.write(batch.map((number) => put(keyOf(number), { number, text: 'hello' })))
  }
  const newest = await storage.read({ from: keyOf(0), to: END, limit: 50, reverse: true })
  assertSame(
    newest.map(({ key }) => key),
    Array.from({ length: 50 }, (_, place) => keyOf(MANY - 1 - place)),
  )
  await storage.write([removeRange(keyOf(10), keyOf(MANY - 10))])
  assertSame((await keysOf(storage)).length, 20)
  await storage.close?.()
}

/** Few keys, so that they meet; of every kind that matters. */
const key = fc.constantFrom('a', 'a/', 'a0', 'b', '', 'é', '\u{1f600}', '\ue000', '\ud83d', 'owner')
const bounds = fc.record({
  from: fc.oneof(key, fc.constant(END)),
  to: fc.oneof(key, fc.constant(END)),
})

const change: fc.Arbitrary<StorageChange> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(key, fc.jsonValue()).map(([name, value]) => put(name, value)) },
  {
    weight: 2,
    arbitrary: fc.tuple(key, fc.jsonValue()).map(([name, value]) => replace(name, value)),
  },
  { weight: 2, arbitrary: key.map(remove) },
  { weight: 1, arbitrary: bounds.map(({ from, to }) => removeRange(from, to)) },
)

/** As many as a page of events brings, neighbours for the most part, and some of them twice. */
const page = fc
  .array(
    fc.oneof(
      key,
      fc.nat(60).map((number) => `b/${100 + number}`),
    ),
    {
      minLength: 17,
      maxLength: 40,
    },
  )
  .map((names) => names.map((name, at) => put(name, at)))

type Step =
  | { readonly kind: 'write'; readonly changes: readonly StorageChange[] }
  | { readonly kind: 'read'; readonly range: KeyRange }
  | { readonly kind: 'clear' | 'reopen' }

const read: fc.Arbitrary<Step> = fc
  .record({ bounds, limit: fc.option(fc.nat(4), { nil: undefined }), reverse: fc.boolean() })
  .map(({ bounds: { from, to }, limit, reverse }) => ({
    kind: 'read',
    range: { from, to, limit, reverse },
  }))

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record<Step & { kind: 'write' }>({
      kind: fc.constant('write'),
      changes: fc.oneof(
        { weight: 5, arbitrary: fc.array(change, { maxLength: 6 }) },
        { weight: 1, arbitrary: page },
        { weight: 1, arbitrary: fc.tuple(page, change, page).map((all) => all.flat()) },
      ),
    }),
  },
  { weight: 6, arbitrary: read },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'clear' }, { kind: 'reopen' }) },
)

/** The same in the plainest way. */
class Model {
  readonly #rows = new Map<string, unknown>()

  write(changes: readonly StorageChange[]): void {
    for (const one of changes) {
      if (one.kind === 'put') this.#rows.set(one.key, one.value)
      else if (one.kind === 'replace') {
        if (this.#rows.has(one.key)) this.#rows.set(one.key, one.value)
      } else if (one.kind === 'delete') this.#rows.delete(one.key)
      else for (const name of this.#rows.keys()) if (isIn(name, one)) this.#rows.delete(name)
    }
  }

  read(range: KeyRange): StoredRow[] {
    const keys = [...this.#rows.keys()].filter((name) => isIn(name, range))
    keys.sort((one, other) => (one < other ? -1 : 1))
    if (range.reverse === true) keys.reverse()
    return keys.slice(0, range.limit).map((name) => ({ key: name, value: this.#rows.get(name) }))
  }

  clear(): void {
    this.#rows.clear()
  }
}

function isIn(name: string, { from, to }: { readonly from: string; readonly to: string }): boolean {
  return name >= from && name < to
}

async function playAgainstModel(place: StoragePlace, steps: readonly Step[]): Promise<void> {
  let storage = place.open()
  const model = new Model()
  // Left over from the last run.
  await storage.clear()
  try {
    for (const one of [...steps, { kind: 'reopen' as const }]) {
      if (one.kind === 'write') {
        model.write(one.changes)
        await storage.write(one.changes)
      } else if (one.kind === 'read') {
        assertSame(await storage.read(one.range), model.read(one.range), JSON.stringify(one.range))
      } else if (one.kind === 'clear') {
        model.clear()
        await storage.clear()
      } else if (place.isVolatile !== true) {
        await storage.close?.()
        storage = place.open()
      }
      assertSame(await storage.read(ALL), model.read(ALL), `after ${one.kind}`)
    }
  } finally {
    await storage.close?.()
  }
}

const opened =
  (check: (storage: ClientStorage) => Promise<void>) =>
  async (place: StoragePlace): Promise<void> => {
    const storage = place.open()
    await check(storage)
    await storage.close?.()
  }

async function property(place: StoragePlace): Promise<void> {
  const steps = fc.array(step, { minLength: 1, maxLength: 15 })
  await fc.assert(
    fc.asyncProperty(steps, (some) => playAgainstModel(place, some)),
    { numRuns: 60 },
  )
}

export const CONTRACT: readonly ContractCase[] = [
  {
    title: '[KEP1] rows come in the order of their code units, astral ones too',
    run: opened(ordered),
  },
  {
    title:
      '[KEP1] a range begins with its first key, ends before its last, from either side, up to a limit',
    run: opened(ranges),
  },
  { title: '[KEP1] values come back as they were, empty ones too', run: opened(values) },
  { title: '[KEP2] the changes of a write take effect in their order', run: opened(changes) },
  { title: '[KEP2] writes that are not awaited keep their order', run: opened(atOnce) },
  {
    title: '[KEP2] [KEP3] reopening brings everything back, and nothing of what was cleared',
    run: reopened,
  },
  {
    title: '[KEP1] [KEP2] [KEP3] whatever is done, it answers what a plain list would',
    run: property,
  },
  { title: '[KEP8] a hundred thousand rows in any order are no burden', run: many },
]
