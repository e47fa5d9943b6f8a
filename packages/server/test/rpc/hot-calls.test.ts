import {
  compactPullSchema,
  headsSchema,
  markOutputSchema,
  messagePageSchema,
  pullSchema,
  sendOutputSchema,
  sinceSchema,
  TidingsError,
} from '@tidings/protocol'
import { callTRPCProcedure } from '@trpc/server'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { z } from 'zod'
import { callProcedure, procedureType } from '../../src/doors/procedure.ts'
import { JsonText } from '../../src/json-text.ts'
import { createLogger } from '../../src/logger.ts'
import type { Context } from '../../src/rpc/context.ts'
import { toTidingsError } from '../../src/rpc/errors.ts'
import { HOT_CALLS } from '../../src/rpc/hot-calls.ts'
import { appRouter } from '../../src/rpc/root.ts'
import type { Deps } from '../../src/services/deps.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { sendMessage } from '../../src/services/message.ts'
import { markMessages } from '../../src/services/receipt.ts'
import { openMessageWorld } from '../services/message-world.ts'

let world: Awaited<ReturnType<typeof openMessageWorld>>
let context: Context
let charged: string[] = []
let retryAfterMs = 0

beforeAll(async () => {
  world = await openMessageWorld('sqlite')
  const auth: Partial<Deps['auth']> = {
    takeMessages: () => 0,
    takeCall: (key) => {
      charged.push(key)
      return retryAfterMs
    },
  }
  const log = createLogger({ level: 'silent' })
  const typed: string[] = []
  const typing = { start: () => typed.push('start'), stop: () => typed.push('stop') }
  const deps = {
    ...world.deps,
    auth,
    log,
    realtime: { typing, audienceSize: () => 0 },
  } as unknown as Deps
  const source = { door: 'websocket', ip: '::1', origin: null } as const
  context = { deps, actor: world.ann, source, transport: null }
})

afterAll(() => world[Symbol.asyncDispose]())

beforeEach(() => {
  charged = []
  retryAfterMs = 0
})

/** What a call answers or fails with, and what it is charged for. */
async function outcomeOf(call: () => Promise<unknown>) {
  charged = []
  const outcome = await call().then(
    (output) => ({ output }),
    (thrown: unknown) => {
      const { code, message, details } = toTidingsError(thrown)
      return { code, message, fields: details.fields, retryAfterMs: details.retryAfterMs }
    },
  )
  return { outcome, charged: [...charged] }
}

function byRouter(path: string, input: unknown, ctx: Context) {
  return callTRPCProcedure({
    router: appRouter,
    path,
    type: procedureType(path) ?? 'mutation',
    getRawInput: () => Promise.resolve(input),
    ctx,
    signal: undefined,
    batchIndex: 0,
  })
}

async function expectSame(path: string, input: unknown, ctx = context) {
  const hot = await outcomeOf(() => callProcedure(ctx, { path, input }))
  expect(hot).toEqual(await outcomeOf(() => byRouter(path, input, ctx)))
  return hot.outcome
}

const PATHS = [...HOT_CALLS.keys()]

/** Most of what a client can say of a message or a mark, right and wrong. */
function anyInput() {
  const id = fc.constantFrom(world.group.id, world.annUser.id, '', 'x', 7, null, undefined)
  const body = fc.oneof(
    fc.record(
      { kind: fc.constantFrom('text', 'deleted', 'app.poll', '', 3), text: fc.string() },
      { requiredKeys: [] },
    ),
    fc.record({ kind: fc.constant('app.poll'), data: fc.jsonValue() }, { requiredKeys: [] }),
  )
  const one = fc.record(
    {
      conversationId: id,
      messageId: id,
      // Sent twice, so that both answer the same.
      clientMessageId: fc.oneof(fc.uuid(), fc.constantFrom('', 'a b', 5)),
      seq: fc.oneof(fc.nat(5), fc.constantFrom(-1, 1.5, '1', null)),
      body,
      more: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const odd = fc.constantFrom<unknown>(undefined, null, 'x', [], Symbol('refused'))
  return fc.oneof(one, fc.array(one, { maxLength: 3 }), odd)
}

test('[CAL3] a procedure that is carried out directly takes and refuses what the router does, in the same words', async () => {
  const refusals = fc.asyncProperty(fc.constantFrom(...PATHS), anyInput(), async (path, input) => {
    const direct = await outcomeOf(() => callProcedure(context, { path, input }))
    const routed = await outcomeOf(() => byRouter(path, input, context))
    if ('output' in direct.outcome) expect(routed.outcome).toHaveProperty('output')
    else expect(direct).toEqual(routed)
    expect(direct.charged).toEqual(routed.charged)
  })
  await fc.assert(refusals, { numRuns: 300 })
})

test('[CAL1] it is charged before anything else, and is for those who have signed in', async () => {
  const input = { conversationId: world.group.id, seq: 1 }
  const nobody = { ...context, actor: null }
  for (const path of PATHS) {
    expect(await expectSame(path, input, nobody)).toMatchObject({ code: 'UNAUTHENTICATED' })
    retryAfterMs = 40
    const limited = { code: 'RATE_LIMITED', retryAfterMs: 40 }
    expect(await expectSame(path, undefined)).toMatchObject(limited)
    expect(await expectSame(path, undefined, nobody)).toMatchObject(limited)
    retryAfterMs = 0
  }
})

test('[CAL3] a failure of our own is one answer, with nothing of its cause', async () => {
  const gone = () => Promise.reject(new Error('the table is gone'))
  const database = { tables: world.database.tables, prepare: () => gone }
  const deps = { ...context.deps, database } as unknown as Deps
  const input = { conversationId: world.group.id, body: { kind: 'text', text: 'hi' } }
  const outcome = await expectSame('message.send', input, { ...context, deps })
  const { message } = new TidingsError('INTERNAL')
  expect(outcome).toMatchObject({ code: 'INTERNAL', message })
})

test('[CAL5] what the services answer is what the schemas of the answers say, and nothing more', async () => {
  const { ann, group } = world
  const body = { kind: 'text', text: 'hi' } as const
  const one = { conversationId: group.id, clientMessageId: 'once', body }
  const unknown = { conversationId: ann.userId, body }
  for (const input of [one, one, [one, unknown, { ...one, body: { ...body, text: 'other' } }]]) {
    const output = await callProcedure(context, { path: 'message.send', input })
    expect(JSON.stringify(sendOutputSchema.parse(output))).toBe(JSON.stringify(output))
  }
  const mark = { conversationId: group.id, seq: 1 }
  for (const input of [mark, [mark, { conversationId: ann.userId, seq: 1 }]]) {
    const output = await callProcedure(context, { path: 'message.read', input })
    expect(JSON.stringify(markOutputSchema.parse(output))).toBe(JSON.stringify(output))
  }
})

test('[CAL5] what catching up and history answer is what the schemas of the answers say, and nothing more', async () => {
  const { ann, bob, group } = world
  const text = { kind: 'text', text: 'hi' } as const
  const clientMessageId = 'changed'
  const change = { conversationId: group.id, clientMessageId }
  await sendMessage(context.deps, ann, { ...change, body: text })
  await editMessage(context.deps, ann, { ...change, body: { ...text, text: 'ho' } })
  await deleteMessage(context.deps, ann, change)
  const beside = { mentions: [bob.userId] }
  const kept = { conversationId: group.id, clientMessageId: 'kept' }
  const sent = await sendMessage(context.deps, ann, { ...kept, body: text, ...beside })
  const replyTo = 'messageId' in sent ? sent.messageId : ''
  await sendMessage(context.deps, ann, { ...kept, clientMessageId: 'reply', body: text, replyTo })
  await editMessage(context.deps, ann, { ...kept, body: { ...text, text: 'ho' } })
  await markMessages(context.deps, bob, {
    kind: 'read',
    input: { conversationId: group.id, seq: 1 },
  })
  const heads = headsSchema.parse(await expectExact('sync.heads', headsSchema, {}))
  const streams = heads.heads.map(({ stream }) => ({ stream, after: 0, tag: 0 }))
  const { epoch } = heads
  const places = [...streams, { stream: `m:${ann.userId}`, after: 0, tag: 0 }]
  await expectExact('sync.pull', pullSchema, { epoch, streams: places })
  await expectExact('sync.pullCompact', compactPullSchema, { epoch, streams: places })
  await expectExact('sync.pull', pullSchema, { epoch: epoch + 1, streams })
  const { cursor } = sinceSchema.parse(await expectExact('sync.since', sinceSchema, { since: 0 }))
  await expectExact('sync.since', sinceSchema, { cursor })
  await expectExact('message.list', messagePageSchema, { conversationId: group.id, limit: 1 })
})

/** A schema leaves out what it does not know: then the two would differ. */
async function expectExact(path: string, schema: z.ZodType, input: unknown): Promise<unknown> {
  const answer = await callProcedure(context, { path, input })
  const output: unknown = answer instanceof JsonText ? answer.value() : answer
  const text = answer instanceof JsonText ? answer.text : JSON.stringify(output)
  expect(JSON.stringify(schema.parse(output))).toBe(text)
  return output
}
