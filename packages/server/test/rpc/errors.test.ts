import { ERRORS, TidingsError, type ErrorCode } from '@tidings/protocol/wire'
import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  TRPCError,
} from '@trpc/server'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createFigures } from '../../src/figures.ts'
import { createLogger } from '../../src/logger.ts'
import type { Context } from '../../src/rpc/context.ts'
import { toTidingsError, type ErrorData } from '../../src/rpc/errors.ts'
import { fieldProblems } from '../../src/rpc/field-problems.ts'
import { authedProcedure, publicProcedure, router } from '../../src/rpc/trpc.ts'

const ANN = {
  userKey: 1,
  userId: '470dab2c-b491-46e0-8b43-eb8ebc9f2d7b',
  username: 'ann',
  role: 'user',
  sessionKey: 2,
  sessionId: '2c57526a-3f33-41db-9311-719074024a40',
} as const

let thrown: unknown
const input = z.object({
  name: z.string().max(3),
  list: z.array(z.object({ id: z.int() })).optional(),
})

const testRouter = router({
  fail: publicProcedure.mutation(() => {
    throw thrown
  }),
  take: publicProcedure.input(input).mutation(() => null),
  lie: publicProcedure.output(z.object({ id: z.string() })).mutation(() => ({ id: 7 }) as never),
  mine: authedProcedure.mutation(({ ctx }) => ctx.actor.username),
})

interface Answer {
  readonly result?: unknown
  readonly message?: string
  readonly code?: number
  readonly data?: ErrorData
}

/** A call as every door makes it, and what it would send. */
async function call(
  path: string,
  raw: unknown,
  context: Partial<Context> = {},
): Promise<Answer & { log: string }> {
  const lines: string[] = []
  const log = createLogger({
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  })
  const auth = { takeCall: () => 0 }
  const deps = { log, auth, figures: createFigures() } as unknown as Context['deps']
  const source = { door: 'http', ip: '192.0.2.1', origin: null } as const
  const ctx: Context = { deps, actor: ANN, source, transport: null, ...context }
  const opts = {
    router: testRouter,
    path,
    type: 'mutation',
    ctx,
    signal: undefined,
    batchIndex: 0,
  } as const
  try {
    return { result: await callTRPCProcedure({ ...opts, getRawInput: async () => raw }), log: '' }
  } catch (cause) {
    const error = getTRPCErrorFromUnknown(cause)
    const config = testRouter._def._config
    const shape = getTRPCErrorShape({ config, error, type: 'mutation', path, input: raw, ctx })
    return { ...shape, log: lines.join('') }
  }
}

async function failWith(error: unknown) {
  thrown = error
  return call('fail', undefined)
}

const travelling = Object.keys(ERRORS).filter(
  (code) => ERRORS[code as ErrorCode].http > 0,
) as ErrorCode[]

describe('[CAL3] [WIR3] every code of the table reaches the client as itself', () => {
  test.each(travelling)('%s', async (code) => {
    const { message, data } = await failWith(
      new TidingsError(code, undefined, { cause: 'a private fact' }),
    )
    const { http, retryable, message: sentence } = ERRORS[code]
    expect(message).toBe(sentence)
    expect(data).toEqual({ code, httpStatus: http, retryable, path: 'fail' })
  })
})

test('[CAL3] the JSON-RPC number says the same as the status', async () => {
  const numbers: Record<string, number | undefined> = {}
  for (const code of travelling) numbers[code] = (await failWith(new TidingsError(code))).code
  expect(numbers).toMatchObject({
    INVALID_INPUT: -32600,
    UNAUTHENTICATED: -32001,
    FORBIDDEN: -32003,
    NOT_FOUND: -32004,
    METHOD_NOT_SUPPORTED: -32005,
    IDEMPOTENCY_CONFLICT: -32009,
    PAYLOAD_TOO_LARGE: -32013,
    UNSUPPORTED_MEDIA_TYPE: -32015,
    RATE_LIMITED: -32029,
    INTERNAL: -32603,
    UNAVAILABLE: -32603,
    STORAGE_FULL: -32603,
  })
})

test('[CAL3] a message, how long to wait and what is wrong with which field travel along', async () => {
  const fields = [{ path: 'password', message: 'at least 8 characters' }]
  const limited = await failWith(
    new TidingsError('RATE_LIMITED', 'Slow down.', { retryAfterMs: 1500 }),
  )
  expect(limited).toMatchObject({
    message: 'Slow down.',
    data: { code: 'RATE_LIMITED', retryAfterMs: 1500 },
  })
  const refused = await failWith(new TidingsError('INVALID_INPUT', undefined, { fields }))
  expect(refused.data).toMatchObject({ code: 'INVALID_INPUT', fields })
})

test('[CAL3] a choice names the fields of what was meant', async () => {
  const choice = z.union([
    z.object({ kind: z.literal('text'), text: z.string().min(1) }),
    z.object({ kind: z.string().regex(/^(?!text)/), data: z.object({ n: z.int() }) }),
  ])
  const body = z.object({ body: choice })
  const schema = z.union([body, z.array(body)])
  const problems = (value: unknown) => fieldProblems(schema.safeParse(value).error)
  const paths = (value: unknown) => problems(value)?.map(({ path }) => path)
  expect(paths({ body: { kind: 'text', text: '' } })).toEqual(['body.text'])
  expect(paths({ body: { kind: 'poll', data: { n: 0.5 } } })).toEqual(['body.data.n'])
  expect(paths([{ body: { kind: 'text', text: 'a' } }, { body: { kind: 'text' } }])).toEqual([
    '1.body.text',
  ])
  expect(paths('neither')).toEqual(['', ''])
})

describe('[CAL3] whatever else is thrown is INTERNAL: logged with its cause, sent without a word of it', () => {
  const secret = 'insert into users values'
  const rows: readonly (readonly [string, unknown])[] = [
    ['an error', new Error(secret)],
    ['a text', secret],
    ['an object', { message: secret, code: 'NOT_FOUND' }],
    ['undefined', undefined],
    ['null', null],
    [
      'a zod error',
      new z.ZodError([{ code: 'custom', path: [secret], message: secret, input: secret }]),
    ],
    ['an internal tRPC error', new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: secret })],
    [
      'an error that looks like ours',
      Object.assign(new Error(secret), { name: 'TidingsError', code: 'OTHER' }),
    ],
  ]
  test.each(rows)('%s', async (_name, error) => {
    const { log, ...answer } = await failWith(error)
    expect(answer.data).toEqual({
      code: 'INTERNAL',
      httpStatus: 500,
      retryable: true,
      path: 'fail',
    })
    expect(JSON.stringify(answer)).not.toContain(secret)
    expect(JSON.stringify(answer)).not.toContain('stack')
    expect(log).toContain('a call failed')
  })
})

test('[CAL3] the cause of our own failures is logged, what a client did wrong is not', async () => {
  const cause = new Error('disk I/O error')
  expect((await failWith(new TidingsError('UNAVAILABLE', undefined, { cause }))).log).toContain(
    'disk I/O error',
  )
  expect((await failWith(new TidingsError('STORAGE_FULL', undefined, { cause }))).log).toContain(
    'disk I/O error',
  )
  expect((await failWith(new TidingsError('NOT_FOUND', undefined, { cause }))).log).toBe('')
  expect((await call('take', { name: 7 })).log).toBe('')
})

test('[CAL3] an input that no schema takes is INVALID_INPUT, field by field, and never repeated', async () => {
  const answer = await call('take', {
    name: 'canary-too-long',
    list: [{ id: 1 }, { id: 'canary' }],
  })
  expect(answer.data).toMatchObject({ code: 'INVALID_INPUT', httpStatus: 400, retryable: false })
  expect(answer.data?.fields).toEqual([
    { path: 'name', message: expect.any(String) },
    { path: 'list.1.id', message: expect.any(String) },
  ])
  expect(JSON.stringify(answer)).not.toContain('canary')
  const many = await call('take', { name: 'ann', list: Array.from({ length: 100 }, () => ({})) })
  expect(many.data?.fields).toHaveLength(20)
})

test('[CAL3] an answer that its schema does not allow is our failure', async () => {
  const answer = await call('lie', undefined)
  expect(answer.data).toMatchObject({ code: 'INTERNAL' })
  expect(answer.data).not.toHaveProperty('fields')
})

describe('[CAL3] what tRPC itself refuses has a code of the table, and its message is not repeated', () => {
  const rows = [
    ['PARSE_ERROR', 'INVALID_INPUT'],
    ['BAD_REQUEST', 'INVALID_INPUT'],
    ['NOT_FOUND', 'NOT_FOUND'],
    ['METHOD_NOT_SUPPORTED', 'METHOD_NOT_SUPPORTED'],
    ['UNSUPPORTED_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
    ['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
    ['TOO_MANY_REQUESTS', 'RATE_LIMITED'],
    ['UNAUTHORIZED', 'UNAUTHENTICATED'],
    ['FORBIDDEN', 'FORBIDDEN'],
    ['CLIENT_CLOSED_REQUEST', 'UNAVAILABLE'],
    ['TIMEOUT', 'UNAVAILABLE'],
    ['INTERNAL_SERVER_ERROR', 'INTERNAL'],
    ['NOT_IMPLEMENTED', 'INTERNAL'],
  ] as const
  test.each(rows)('%s is %s', (code, expected) => {
    const error = toTidingsError(new TRPCError({ code, message: 'canary' }))
    expect(error.code).toBe(expected)
    expect(error.message).toBe(ERRORS[expected].message)
  })
})

test('[CAL1] without an actor a signed-in call is UNAUTHENTICATED, and an open one is made', async () => {
  expect(await call('mine', undefined)).toMatchObject({ result: 'ann' })
  expect((await call('mine', undefined, { actor: null })).data).toMatchObject({
    code: 'UNAUTHENTICATED',
    httpStatus: 401,
  })
  expect(await call('take', { name: 'ann' }, { actor: null })).toMatchObject({ result: null })
})

describe('[CAL2] a call is charged to the session, or to the address of one who has none, before anything else', () => {
  const charged: string[] = []
  const takeCall = (key: string, kind: string) => {
    charged.push(`${kind} ${key}`)
    return 250
  }
  const limited = {
    auth: { takeCall },
    figures: createFigures(),
    log: createLogger({ level: 'silent' }),
  } as unknown as Context['deps']

  test.each([
    ['mine', ANN, `session ${ANN.sessionId}`],
    ['take', null, 'ip 192.0.2.1'],
    ['mine', null, 'ip 192.0.2.1'],
  ] as const)('%s', async (path, actor, key) => {
    charged.length = 0
    const { data } = await call(path, { name: 7 }, { deps: limited, actor })
    expect(data).toEqual({
      code: 'RATE_LIMITED',
      httpStatus: 429,
      retryable: true,
      retryAfterMs: 250,
      path,
    })
    expect(charged).toEqual([key])
  })

  test('code inside the process is not charged', async () => {
    const source = { door: 'local', ip: '', origin: null } as const
    expect(await call('mine', undefined, { deps: limited, source })).toMatchObject({
      result: 'ann',
    })
  })
})
