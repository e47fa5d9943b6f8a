import { appBodySchema } from '@tidings/protocol'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import fc from 'fast-check'
import superjson from 'superjson'
import { afterEach, describe, expect, test } from 'vitest'
import { transformer } from '../../src/rpc/transformer.ts'
import { createFigures } from '../../src/figures.ts'
import { createLogger } from '../../src/logger.ts'
import type { Context } from '../../src/rpc/context.ts'
import { publicProcedure, router } from '../../src/rpc/trpc.ts'
import { z } from 'zod'

const { input, output } = transformer
const bytes = Object.getOwnPropertyNames(Object.prototype).toSorted()

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(bytes)
})

/** What the client's superjson sends, after the trip over the wire. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(superjson.serialize(value)))

/** Why an input is refused; undefined when it is taken. */
function refusal(raw: unknown): string | undefined {
  const read = input.deserialize(raw)
  return typeof read === 'symbol' ? (read.description ?? '') : undefined
}

const shared = { id: 1 }
const cyclic: Record<string, unknown> = { name: 'a' }
cyclic['self'] = { deep: cyclic }
const cyclicRoot: unknown[] = []
cyclicRoot.push(cyclicRoot)

test('[CAL4] any JSON arrives as it was sent', () => {
  const key = fc
    .string()
    .filter((name) => !['__proto__', 'constructor', 'prototype'].includes(name))
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      tie('list'),
      tie('record'),
    ),
    list: fc.array(tie('tree'), { maxLength: 5 }),
    record: fc.dictionary(key, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      expect(input.deserialize(sent(value))).toEqual(value)
    }),
  )
})

test('[CAL4] undefined, dates and one object in several places arrive too', () => {
  expect(input.deserialize(sent(undefined))).toBeUndefined()
  expect(input.deserialize(sent({ a: undefined, b: 1 }))).toEqual({ a: undefined, b: 1 })
  expect(input.deserialize(sent({ at: new Date(7) }))).toEqual({ at: new Date(7) })
  expect(input.deserialize(sent([shared, { again: shared }]))).toEqual([
    { id: 1 },
    { again: { id: 1 } },
  ])
})

describe('[CAL4] what a client could use superjson for, beyond JSON and dates, is refused', () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ['a regular expression', sent(/(a+)+$/)],
    ['a big integer', sent({ n: 10n ** 40n })],
    [
      'a big integer of a million digits',
      { json: '9'.repeat(1_000_000), meta: { values: ['bigint'], v: 1 } },
    ],
    ['an error', sent(new Error('forged'))],
    ['NaN', sent(Number.NaN)],
    ['infinity', sent({ n: Number.POSITIVE_INFINITY })],
    ['minus zero', sent(-0)],
    ['a URL', sent(new URL('https://example.com'))],
    ['a set', sent(new Set([1]))],
    ['a map', sent(new Map([[1, 2]]))],
    ['a typed array', sent(new Uint8Array(3))],
    ['a cycle', sent(cyclic)],
    ['a cycle at the root', sent(cyclicRoot)],
    ['a class', { json: {}, meta: { values: [['class', 'User']], v: 1 } }],
    ['a symbol', { json: 'x', meta: { values: [['symbol', 'x']], v: 1 } }],
    ['a custom type', { json: 'x', meta: { values: [['custom', 'x']], v: 1 } }],
    ['an unknown type', { json: 'x', meta: { values: ['evil'], v: 1 } }],
    ['a type that is no text', { json: 'x', meta: { values: [7], v: 1 } }],
    ['a set inside a date', { json: { a: 1 }, meta: { values: ['Date', { a: ['set'] }], v: 1 } }],
    ['a path to the prototype', { json: {}, meta: { values: { '__proto__.x': ['Date'] }, v: 1 } }],
    [
      'a path to the constructor',
      { json: {}, meta: { values: { 'a.constructor.prototype': ['Date'] }, v: 1 } },
    ],
    ['a broken path', { json: {}, meta: { values: { 'a\\b': ['Date'] }, v: 1 } }],
    ['meta that is a text', { json: {}, meta: 'x' }],
    ['meta that is a list', { json: {}, meta: [] }],
    ['values that are a text', { json: {}, meta: { values: 'Date', v: 1 } }],
    ['values that are null', { json: {}, meta: { values: { a: null }, v: 1 } }],
    ['equalities that are a text', { json: {}, meta: { referentialEqualities: 'x', v: 1 } }],
    [
      'equalities that are no lists',
      { json: {}, meta: { referentialEqualities: { a: 'b' }, v: 1 } },
    ],
    ['no wrapping', { name: 'ann' }],
    ['a list instead of the wrapping', [1]],
    ['a text instead of the wrapping', 'x'],
    ['null instead of the wrapping', null],
  ]
  test.each(rows)('%s', (_name, raw) => {
    expect(refusal(raw)).toEqual(expect.any(String))
  })
})

describe('[CAL4] JSON beyond the limits is refused before any schema sees it', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]))
  const rows: readonly (readonly [string, unknown])[] = [
    ['40 lists in each other', nested(40)],
    ['120,000 lists in each other', nested(120_000)],
    ['10,000 keys', keys(10_000)],
    ['the key __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}')],
    ['the key constructor', JSON.parse('{"constructor":{"prototype":{"admin":true}}}')],
    ['1e999', JSON.parse('[1e999]')],
    ['a lone surrogate', '\ud800'],
    ['a NUL', 'a\u0000b'],
    ['a NUL in a key', { 'a\u0000b': 1 }],
  ]
  test.each(rows)('%s', (_name, json) => {
    expect(refusal({ json })).toEqual(expect.any(String))
  })

  test('within them it is taken: 2^53 + 1, minus zero, toString as a key, 30 lists', () => {
    const json: unknown = JSON.parse(
      '{"n":9007199254740993,"z":-0,"toString":1,"hasOwnProperty":null}',
    )
    expect(refusal({ json })).toBeUndefined()
    expect(refusal({ json: nested(30) })).toBeUndefined()
  })

  test("[WIR6] an app's own data may be as deep as it may be stored, also in a list of messages", () => {
    const data = nested(33)
    const list = { json: [{ body: { kind: 'tree', data } }] }
    expect(appBodySchema.safeParse({ kind: 'tree', data }).success).toBe(true)
    expect(appBodySchema.safeParse({ kind: 'tree', data: nested(34) }).success).toBe(false)
    expect(refusal(list)).toBeUndefined()
  })
})

test('[CAL4] a hundred paths are taken, one more is not', () => {
  const dates = (count: number) => sent(Array.from({ length: count }, () => new Date(7)))
  expect(refusal(dates(99))).toBeUndefined()
  expect(refusal(dates(101))).toContain('100')
  const flat = (count: number) => ({
    json: [],
    meta: {
      referentialEqualities: { a: Array.from({ length: count }, (_, index) => `b.${index}`) },
      v: 1,
    },
  })
  expect(refusal(flat(100))).toBeUndefined()
  expect(refusal(flat(101))).toContain('100')
})

test('[CAL4] garbage of any shape is taken or refused, and never throws', () => {
  const meta = fc.oneof(
    fc.anything(),
    fc.record({ values: fc.anything(), referentialEqualities: fc.anything(), v: fc.anything() }),
  )
  fc.assert(
    fc.property(fc.jsonValue(), meta, (json, wild) => {
      input.deserialize({ json, meta: wild })
      input.deserialize(wild)
    }),
  )
})

test('[CAL4] answers are plain: a client reads them with superjson, and there is no meta', () => {
  const answer = { list: [{ id: 'a', at: 7, none: null }] }
  expect(output.serialize(answer)).toEqual({ json: answer })
  const wire: unknown = JSON.parse(JSON.stringify(output.serialize(undefined)))
  expect(superjson.deserialize(wire as { json: null })).toBeUndefined()
  expect(output.deserialize(output.serialize(answer))).toEqual(answer)
})

test('[CAL4] of a batch, the call whose input is refused fails, and its neighbours do not', async () => {
  const greet = publicProcedure
    .input(z.object({ name: z.string() }))
    .query(({ input: { name } }) => `hi ${name}`)
  const deps = {
    auth: { takeCall: () => 0 },
    figures: createFigures(),
    log: createLogger({ level: 'silent' }),
  } as unknown as Context['deps']
  const source = { door: 'http', ip: '192.0.2.1', origin: null } as const
  const inputs = {
    0: sent({ name: 'ann' }),
    1: sent({ name: /x/ }),
    2: { name: 'bob' },
    3: sent({ name: 'cat' }),
  }
  const url = `http://localhost/trpc/greet,greet,greet,greet?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`
  const response = await fetchRequestHandler({
    endpoint: '/trpc',
    req: new Request(url),
    router: router({ greet }),
    createContext: () => ({ deps, actor: null, source, transport: null }),
  })
  expect(response.status).toBe(207)
  const refused = (message: string) => ({
    error: {
      json: { data: { code: 'INVALID_INPUT', httpStatus: 400, fields: [{ path: '', message }] } },
    },
  })
  expect(await response.json()).toMatchObject([
    { result: { data: { json: 'hi ann' } } },
    refused('only JSON and Date are taken'),
    refused('the input must be wrapped as {"json": …}'),
    { result: { data: { json: 'hi cat' } } },
  ])
})
