import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Event, EventOf } from '@tidings/protocol'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Late } from '../../src/doors/late.ts'
import { DoorSocket } from '../../src/doors/socket.ts'
import { OwnSends } from '../../src/doors/trpc/own-sends.ts'
import { toLiveEvent } from '../../src/realtime/live-event.ts'
import { startTestServer } from '../support/test-server.ts'
import { createGroup, signUp, type SeedUser } from './support/seed-client.ts'
import { codeOf, RawTrpcClient, type TrpcFrame } from './support/trpc-client.ts'

const said = (text: string) => ({ kind: 'text', text }) as const

/** A connection that follows, from when it does. */
async function follow({ url, token }: SeedUser, input: object): Promise<RawTrpcClient> {
  const client = await RawTrpcClient.open(url, token)
  client.call('live', 'sync.live', input, 'subscription')
  await client.heard((frame) => kindsIn(frame).includes('ready'))
  return client
}

interface Pushed {
  readonly kind: string
  readonly events?: readonly Event[]
}

/** What a frame of the subscription carries. */
function pushedIn({ id, result }: TrpcFrame): readonly Pushed[] {
  const items = id === 'live' ? result?.data?.json : undefined
  return Array.isArray(items) ? items : []
}

const kindsIn = (frame: TrpcFrame) => pushedIn(frame).map(({ kind }) => kind)

const eventsIn = (frame: TrpcFrame) => pushedIn(frame).flatMap(({ events = [] }) => events)

function textsIn(frame: TrpcFrame): string[] {
  return eventsIn(frame).flatMap(({ body }) =>
    'message' in body && 'text' in body.message.body ? [body.message.body.text] : [],
  )
}

const textsOf = ({ frames }: RawTrpcClient) => frames.flatMap(textsIn)

const hears = (client: RawTrpcClient, text: string) =>
  client.heard((frame) => textsIn(frame).includes(text))

/** ann, who wants no echo, at two connections; bob, who wants one; and their group. */
async function openTalk() {
  const server = await startTestServer({ engine: 'sqlite', kinds: { 'app.x': z.object({}) } })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  const [sparing, other] = [
    await follow(ann, { echo: false }),
    await follow(ann, { echo: false }),
  ] as const
  const echoing = await follow(bob, {})
  const message = (clientMessageId: string, body: object = said(clientMessageId)) => ({
    ...{ conversationId: group, clientMessageId, body },
  })
  return {
    ...{ sparing, other, echoing, group, message },
    async [Symbol.asyncDispose]() {
      for (const client of [sparing, other, echoing]) await client[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('[NET21] without echo what is said over a connection comes back as its answer alone, and to everybody else as ever', async () => {
  await using talk = await openTalk()
  const { sparing, other, echoing, message } = talk
  sparing.call('one', 'message.send', message('one'))
  expect((await sparing.answer('one')).result?.data?.json).toMatchObject({ seq: 1 })
  sparing.call('many', 'message.send', [message('two'), message('three')])
  await sparing.answer('many')
  echoing.call('end', 'message.send', message('end'))
  for (const client of [sparing, other, echoing]) await hears(client, 'end')
  expect(textsOf(sparing)).toEqual(['end'])
  expect(textsOf(other)).toEqual(['one', 'two', 'three', 'end'])
  expect(textsOf(echoing)).toEqual(['one', 'two', 'three', 'end'])
})

test('[NET21] what the answer does not say is pushed: a kind of the app, and what has no id of its sender', async () => {
  await using talk = await openTalk()
  const { sparing, group, message } = talk
  sparing.call('kind', 'message.send', message('kind', { kind: 'app.x', data: {} }))
  await sparing.answer('kind')
  sparing.call('bare', 'message.send', { conversationId: group, body: said('bare') })
  await hears(sparing, 'bare')
  const bodies = sparing.frames.flatMap(eventsIn).map(({ body }) => 'message' in body && body)
  expect(bodies).toMatchObject([
    { message: { body: { kind: 'app.x' } } },
    { message: { body: said('bare') } },
  ])
})

test('[NET21] a repeat is answered, and of two that say something else under one id both hear what is stored', async () => {
  await using talk = await openTalk()
  const { sparing, other, message } = talk
  other.call('first', 'message.send', message('x'))
  sparing.call('again', 'message.send', message('x'))
  await Promise.all([other.answer('first'), sparing.answer('again')])
  for (let turn = 0; turn < 20; turn += 1) {
    const [id, key] = [`turn-${turn}`, `key-${turn}`]
    const clients = turn % 2 === 0 ? [sparing, other] : [other, sparing]
    for (const [at, client] of clients.entries())
      client.call(id, 'message.send', message(key, said(`${id}-${at}`)))
    const answers = await Promise.all(clients.map((client) => client.answer(id)))
    const winner = answers.findIndex(({ error }) => error === undefined)
    const [loser, refusal] = [clients[1 - winner], answers[1 - winner]]
    if (loser === undefined || refusal === undefined) throw new Error('both were stored')
    expect(codeOf(refusal)).toBe('IDEMPOTENCY_CONFLICT')
    await hears(loser, `${id}-${winner}`)
    expect(clients[winner] && textsOf(clients[winner])).not.toContain(`${id}-${winner}`)
  }
})

test('[NET21] a subscription of the same connection that wants an echo gets it', async () => {
  await using talk = await openTalk()
  const { sparing, message } = talk
  sparing.call('loud', 'sync.live', {}, 'subscription')
  await sparing.heard(({ id, result }) => id === 'loud' && result?.type === 'data')
  sparing.call('one', 'message.send', message('one'))
  await sparing.heard((frame) => frame.id === 'loud' && JSON.stringify(frame).includes('"one"'))
  expect(textsOf(sparing)).toEqual([])
})

function created(
  text: string,
  change: Partial<EventOf<'message.created'>['body']['message']> = {},
) {
  const place = { seq: 1, conversationId: 'a', senderId: 'ann' }
  const message = {
    ...{ ...place, id: 'm', clientMessageId: text, body: said(text) },
    ...{ createdAt: 1, editedAt: null, ...change },
  }
  const { seq, conversationId } = message
  const event = { stream: `m:${conversationId}`, seq, tag: 1, timestamp: 1, body: { message } }
  return toLiveEvent({ ...event, type: 'message.created' })
}

/** Time that a test makes pass. */
class Time {
  now = 0

  elapsed(): number {
    return this.now
  }
}

const input = (clientMessageId: string) => ({ conversationId: 'a', clientMessageId, body: {} })

test('[NET21] what is withheld is told after all when the answer turns out to say something else', () => {
  const refusal = { error: { code: 'NOT_FOUND' } }
  const cases: readonly [unknown, unknown, number][] = [
    [input('x'), { seq: 1 }, 0],
    [input('x'), undefined, 1],
    [[input('y'), input('x')], [{ seq: 1 }, { seq: 2 }], 0],
    [[input('y'), input('x')], [refusal, { seq: 2 }], 1],
  ]
  for (const [given, output, count] of cases) {
    const sends = new OwnSends(new Time())
    let told = 0
    const sending = sends.begin(given)
    expect(sends.withhold([created('x')], () => (told += 1))).toBe(true)
    expect(told).toBe(0)
    sends.end(sending, output)
    expect(told, JSON.stringify(output)).toBe(count)
    expect(sends.withhold([created('x')], () => undefined)).toBe(false)
  }
})

test('[NET21] nothing is withheld but what is under way, whole', () => {
  const time = new Time()
  const sends = new OwnSends(time)
  const withholds = (...events: Parameters<OwnSends['withhold']>[0]) =>
    sends.withhold(events, () => undefined)
  expect(withholds(created('x'))).toBe(false)
  for (const odd of [undefined, null, 7, 'x', [], [null, 5], {}]) sends.begin(odd)
  expect(withholds(created('x'))).toBe(false)
  const first = sends.begin(input('x'))
  sends.begin([input('y')])
  // The first may be stored, and the second refused.
  expect(withholds(created('x'), created('y'))).toBe(false)
  expect(withholds(created('x'), created('z'))).toBe(false)
  expect(withholds(created('x', { conversationId: 'b' }))).toBe(false)
  expect(withholds(created('x', { body: { kind: 'app.x', data: {} } }))).toBe(false)
  expect(withholds(created('x', { clientMessageId: null }))).toBe(false)
  expect(withholds(created('x'))).toBe(true)
  sends.end(first, { seq: 1 })
  expect(withholds(created('x'))).toBe(false)
  sends.begin([input('z'), { ...input('z'), conversationId: 'b' }])
  expect(withholds(created('z'))).toBe(false)
  time.now = 999
  expect(withholds(created('y'))).toBe(true)
  time.now = 1_000
  expect(withholds(created('y'))).toBe(false)
})

test('[NET22] the answer to a mark for which nobody waits comes with whatever comes next, in its place', async () => {
  await using talk = await openTalk()
  const { sparing, echoing, group, message } = talk
  const send = vi.spyOn(DoorSocket.prototype, 'send')
  using _ = { [Symbol.dispose]: () => send.mockRestore() }
  /** When the frames with a word in them leave. */
  const urgenciesOf = (word: string) =>
    send.mock.calls.flatMap(([text, urgency]) => (text.includes(word) ? [urgency] : []))
  for (const text of ['one', 'two', 'three']) {
    echoing.call(text, 'message.send', message(text))
    await hears(sparing, text)
  }
  sparing.call('mark', 'message.delivered', { conversationId: group, seq: 1, late: true })
  // Nothing else comes: it does not wait for ever.
  await sparing.answer('mark')
  expect(urgenciesOf('"mark"')).toEqual(['late'])
  sparing.call('soon', 'message.delivered', { conversationId: group, seq: 2 })
  await sparing.answer('soon')
  expect(urgenciesOf('"soon"')).toEqual(['turn'])
  const marks = [{ conversationId: group, seq: 3, late: true }]
  sparing.call('all', 'message.delivered', marks)
  sparing.call('some', 'message.delivered', [...marks, { conversationId: group, seq: 3 }])
  await Promise.all([sparing.answer('all'), sparing.answer('some')])
  expect([urgenciesOf('"all"'), urgenciesOf('"some"')]).toEqual([['late'], ['turn']])
  // To ann's two connections, and to bob, who hears of it at once.
  const receipts = urgenciesOf('receipt.updated')
  expect(receipts.filter((urgency) => urgency === 'late').length).toBeGreaterThan(0)
  expect(receipts.filter((urgency) => urgency === 'news').length).toBeGreaterThan(0)
  sparing.call('bad', 'message.delivered', { conversationId: group, seq: 1, late: 'yes' })
  expect(codeOf(await sparing.answer('bad'))).toBe('INVALID_INPUT')
})

test('[NET22] what is late goes once for all, 20 ms after the first, and not again', async () => {
  const timers: (readonly [number, () => void])[] = []
  const late = new Late({
    after(ms, run) {
      timers.push([ms, run])
      return () => undefined
    },
  })
  const released: string[] = []
  const latecomer = (name: string) => ({ releaseLate: () => void released.push(name) })
  for (const name of ['a', 'b', 'a']) late.add(latecomer(name))
  expect(timers.map(([ms]) => ms)).toEqual([20])
  timers[0]?.[1]()
  expect(released).toEqual(['a', 'b', 'a'])
  late.add(latecomer('c'))
  expect(timers).toHaveLength(2)
  await nextTurn()
  expect(released).toHaveLength(3)
})
