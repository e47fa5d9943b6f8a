import { expect, test } from 'vitest'
import { compactPullSchema, messageRowSchema, pullSchema } from '../src/index.ts'
import { expandPull, type CompactPull } from '../src/wire.ts'

const STREAM = 'm:3e0a1e4f-8f0c-4d9b-9f53-0a4f6f6f1b11'
const MESSAGE = '01a201bd-0898-735f-9eea-caf4a945533a'
const SENDER = '016cfd9f-7cc2-47e3-9dd8-1f96be359de6'
const ROW: readonly unknown[] = [
  7,
  99,
  1_700_000_000_000,
  MESSAGE,
  SENDER,
  { kind: 'text', text: 'hi' },
  'once',
  null,
]

const pullOf = (...events: readonly unknown[]) => ({
  epoch: 5,
  streams: [{ stream: STREAM, events, upTo: { seq: 7, tag: 99 }, more: false }],
})

const eventsOf = (pull: unknown): readonly unknown[] => {
  const [pulled] = expandPull(pull as CompactPull).streams
  return pulled !== undefined && 'events' in pulled ? pulled.events : []
}

test('[JRN16] a row is made an event, which the schema of events takes', () => {
  const message = {
    ...{ id: MESSAGE, conversationId: STREAM.slice(2), seq: 7, senderId: SENDER },
    ...{ clientMessageId: 'once', body: { kind: 'text', text: 'hi' } },
    ...{ createdAt: 1_700_000_000_000, editedAt: null },
  }
  const event = {
    ...{ stream: STREAM, seq: 7, tag: 99, timestamp: 1_700_000_000_000 },
    ...{ type: 'message.created', body: { message } },
  }
  expect(eventsOf(pullOf(ROW))).toEqual([event])
  expect(pullSchema.parse(expandPull(pullOf(ROW) as CompactPull))).toEqual(pullOf(event))
})

test('[JRN16] what stands beside a body stays beside it', () => {
  const beside = {
    body: { kind: 'app.body', data: { body: {} } },
    replyTo: { messageId: MESSAGE, seq: 3, senderId: SENDER },
    mentions: [SENDER],
  }
  expect(eventsOf(pullOf(ROW.with(5, beside)))).toMatchObject([{ body: { message: beside } }])
})

test('[JRN16] events among rows, and resets, are left as they are', () => {
  const signal = {
    stream: STREAM,
    seq: 8,
    tag: 1,
    timestamp: 2,
    type: 'of.a.later.version',
    body: {},
  }
  expect(eventsOf(pullOf(signal))).toEqual([signal])
  const reset = { stream: STREAM, reset: { reason: 'floor', head: 9, tag: 1, floor: 4 } }
  const pull = { epoch: 5, streams: [reset] }
  expect(expandPull(pull as CompactPull)).toEqual(pull)
})

test('[JRN16] more fields of a later version are let through, and not looked at', () => {
  const longer = [...ROW, { a: 'field of a later version' }]
  expect(messageRowSchema.parse(longer)).toEqual(longer)
  expect(compactPullSchema.parse(pullOf(longer))).toEqual(pullOf(longer))
  expect(eventsOf(pullOf(longer))).toEqual(eventsOf(pullOf(ROW)))
})
