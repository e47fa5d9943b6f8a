import { isTidingsError, type Event, type SendInput } from '@tidings/protocol/wire'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  createClient,
  type BodyOf,
  type DeletedBody,
  type ImageBody,
  type Kinds,
  type TypedBody,
  type TidingsClient,
  type UnknownBody,
  type VideoBody,
} from '../src/index.ts'
import { createClientIn } from '../src/client.ts'
import { FakeClock } from './support/fake-clock.ts'
import { CONVERSATION, keptTokens, messageEvent, sentOf } from './support/fake-client.ts'
import { FakeServer } from './support/fake-server.ts'

const kinds = {
  poll: z.object({ question: z.string(), options: z.array(z.string()).min(2) }),
  place: z.object({ latitude: z.number(), longitude: z.number() }),
}

function openScene<K extends Kinds>(own: K) {
  const server = new FakeServer()
  const clock = new FakeClock()
  const options = {
    url: 'http://server.test',
    tokens: keptTokens(),
    fetch: server.fetch,
    WebSocket: server.WebSocket,
  }
  server.on('message.send', (input: never) => sentOf(input, 1))
  return { client: createClientIn<K>({ ...options, kinds: own }, clock), server, clock }
}

function bodiesSentTo(server: FakeServer): unknown[] {
  return server.callsOf('message.send').map(({ input }) => (input as SendInput).body)
}

const IMAGE = { kind: 'image', url: 'https://a.test/1.png', width: 640, height: 480 } as const
const VIDEO = {
  ...{ kind: 'video', url: 'https://a.test/v', length: 12.5, source: 'youtube' },
} as const
const POLL = { kind: 'poll', data: { question: 'Where?', options: ['here', 'there'] } } as const

test('[SDK15] a body of an own kind is sent as its schema makes it', async () => {
  const { client, server } = openScene(kinds)
  const data = { question: 'Where?', options: ['here', 'there'], extra: 'dropped by the schema' }
  await client.message.send({ conversationId: CONVERSATION, body: { kind: 'poll', data } })
  expect(bodiesSentTo(server)).toEqual([POLL])
})

test.each([
  ['poll', { question: 'Where?', options: ['here'] }, 'INVALID_INPUT'],
  ['poll', null, 'INVALID_INPUT'],
  ['dance', {}, 'UNSUPPORTED_KIND'],
  ['toString', {}, 'UNSUPPORTED_KIND'],
])(
  '[SDK15] a body that its schema refuses is rejected before it is sent (%s %j)',
  async (kind, data, code) => {
    const { client, server } = openScene(kinds)
    // What the types refuse already, a program without types sends.
    const body = { kind, data } as unknown as BodyOf<typeof kinds>
    await expect(client.message.send({ conversationId: CONVERSATION, body })).rejects.toMatchObject(
      { code },
    )
    expect(server.calls).toEqual([])
  },
)

test.each([
  { kind: 'text', text: 'a\u0000b' },
  { kind: 'text', text: '\ud800' },
  { kind: 'text', text: 'é'.repeat(8193) },
  { kind: 'text', text: 7 },
  { kind: 'text' },
  'hello',
  null,
])('[SDK15] a text that nobody can store is rejected before it is sent (%#)', async (body) => {
  const { client, server } = openScene({})
  const sending = client.message.send({
    conversationId: CONVERSATION,
    // As above.
    body: body as unknown as BodyOf<{}>,
  })
  await expect(sending).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  expect(server.calls).toEqual([])
})

test('[SDK15] what a schema makes must be JSON', async () => {
  const { client } = openScene({ odd: z.object({ at: z.date() }) })
  const body = { kind: 'odd', data: { at: new Date(0) } } as const
  await expect(client.message.send({ conversationId: CONVERSATION, body })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    details: { fields: [{ path: 'body.data' }] },
  })
})

test('[SDK3] a schema that answers later keeps the message’s place in line', async () => {
  let check: () => void = () => undefined
  const checked = new Promise<void>((resolve) => (check = resolve))
  const slow = z.object({ name: z.string() }).refine(async ({ name }) => {
    await checked
    return name !== 'bad'
  })
  const { client, server } = openScene({ slow })
  const send = (body: BodyOf<{ slow: typeof slow }>) =>
    client.message.send({ conversationId: CONVERSATION, body }).catch((error: unknown) => error)
  const sends = [
    send({ kind: 'slow', data: { name: 'bad' } }),
    send({ kind: 'slow', data: { name: 'first' } }),
    send({ kind: 'text', text: 'second' }),
  ]
  server.on('message.send', (input: SendInput[]) =>
    input.map((one, index) => sentOf(one, index + 1)),
  )
  check()
  const [bad, first, second] = await Promise.all(sends)
  expect(isTidingsError(bad) && bad.code).toBe('INVALID_INPUT')
  expect([first, second]).toMatchObject([{ seq: 1 }, { seq: 2 }])
})

describe('what is received', () => {
  async function receive(bodies: readonly unknown[]): Promise<TypedBody<typeof kinds>[]> {
    const { client, server, clock } = openScene(kinds)
    void client.connect()
    await clock.advance(0)
    const received: TypedBody<typeof kinds>[] = []
    client.on('message.created', ({ body }) => received.push(body.message.body))
    const events = bodies.map((body, index) => {
      const event = messageEvent(index + 1) as Extract<Event, { type: 'message.created' }>
      return { ...event, body: { message: { ...event.body.message, body } } } as Event
    })
    server.push({ kind: 'events', events })
    await clock.advance(0)
    return received
  }

  test('[SDK15] bodies of own kinds are told as they are, others as unknown', async () => {
    const text = { kind: 'text', text: 'hi' }
    const dance = { kind: 'dance', data: { steps: 3 } }
    const broken = { kind: 'place', data: { latitude: 'north' } }
    expect(await receive([text, POLL, dance, broken])).toEqual([
      text,
      POLL,
      { kind: 'unknown', name: 'dance', data: { steps: 3 }, raw: dance },
      { kind: 'unknown', name: 'place', data: { latitude: 'north' }, raw: broken },
    ])
  })

  test('[MSG13] kinds and fields of a newer server are told as unknown, with the whole body', async () => {
    const sketch = { kind: 'sketch', strokes: [[1, 2]], ink: 'blue' }
    const film = { ...VIDEO, source: 'cinema' }
    const bare = { kind: 'empty' }
    const script = { ...IMAGE, url: 'javascript:alert(1)' }
    expect(await receive([sketch, film, bare, script, VIDEO])).toEqual([
      { kind: 'unknown', name: 'sketch', data: null, raw: sketch },
      { kind: 'unknown', name: 'video', data: null, raw: film },
      { kind: 'unknown', name: 'empty', data: null, raw: bare },
      { kind: 'unknown', name: 'image', data: null, raw: script },
      VIDEO,
    ])
  })

  test('[MSG12] images and videos are told as they are', async () => {
    const captioned = { ...IMAGE, caption: 'us' }
    expect(await receive([IMAGE, VIDEO, captioned])).toEqual([IMAGE, VIDEO, captioned])
  })

  test.for([
    ['image', 'url', { ...IMAGE, url: 'ftp://a.test/x' }],
    ['image', 'width', { ...IMAGE, width: 0 }],
    ['image', 'height', { ...IMAGE, height: 1.5 }],
    ['image', 'caption', { ...IMAGE, caption: 'é'.repeat(2049) }],
    ['video', 'length', { ...VIDEO, length: -1 }],
    ['video', 'source', { ...VIDEO, source: 'cinema' }],
  ] as const)(
    '[MSG12] %s with a wrong %s is refused before it is sent',
    async ([, field, body]) => {
      const { client } = openScene({})
      const sending = client.message.send({ conversationId: CONVERSATION, body: body as never })
      await expect(sending).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        details: { fields: [{ path: `body.${field}` }] },
      })
    },
  )

  test('[SDK15] history shows bodies in the same way', async () => {
    const { client, server } = openScene({})
    const { body } = messageEvent(1) as Extract<Event, { type: 'message.created' }>
    server.on('message.list', () => ({ items: [{ ...body.message, body: POLL }], next: null }))
    const page = await client.message.list({ conversationId: CONVERSATION })
    expect(page.items[0]?.body).toEqual({
      kind: 'unknown',
      name: 'poll',
      data: POLL.data,
      raw: POLL,
    })
  })
})

test('[SDK15] kinds are inferred from the options to the listener', () => {
  const client = createClient({ url: 'http://server.test', kinds })
  type Poll = { kind: 'poll'; data: { question: string; options: string[] } }
  type Place = { kind: 'place'; data: { latitude: number; longitude: number } }
  type Text = { kind: 'text'; text: string }
  type Linked = ImageBody | VideoBody
  type Shown = Text | Linked | Poll | Place | DeletedBody | UnknownBody
  expectTypeOf(client).toEqualTypeOf<TidingsClient<typeof kinds>>()
  expectTypeOf(client.message.send)
    .parameter(0)
    .toHaveProperty('body')
    .toEqualTypeOf<Text | Linked | Poll | Place>()
  client.on('message.created', ({ body }) => {
    expectTypeOf(body.message.body).toEqualTypeOf<Shown>()
    if (body.message.body.kind === 'place')
      expectTypeOf(body.message.body.data.latitude).toEqualTypeOf<number>()
  })
  client.on('event', (event) => {
    if (event.type === 'message.created') {
      expectTypeOf(event.body.message.body).toEqualTypeOf<Shown>()
    }
  })
  expectTypeOf(client.message.list)
    .returns.resolves.toHaveProperty('items')
    .items.toHaveProperty('body')
    .toEqualTypeOf<Shown>()
})

test('[SDK15] a wrong payload does not compile', () => {
  const typed = createClient({ url: 'http://server.test', kinds })
  const plain = createClient({ url: 'http://server.test' })
  expectTypeOf(plain).toEqualTypeOf<TidingsClient>()
  const compiled = (): void => {
    const { send } = typed.message
    // @ts-expect-error: a kind that nobody declared
    void send({ conversationId: 'c', body: { kind: 'dance', data: {} } })
    // @ts-expect-error: a poll without options
    void send({ conversationId: 'c', body: { kind: 'poll', data: { question: '?' } } })
    // @ts-expect-error: a text is not a number
    void send({ conversationId: 'c', body: { kind: 'text', text: 1 } })
    // @ts-expect-error: an unknown body is only shown, never sent
    void send({ conversationId: 'c', body: { kind: 'unknown', name: 'x', data: null } })
    // @ts-expect-error: an image without a size
    void send({ conversationId: 'c', body: { kind: 'image', url: 'https://a.test/1.png' } })
    // @ts-expect-error: a source that is none
    void send({ conversationId: 'c', body: { ...VIDEO, source: 'cinema' } })
    // @ts-expect-error: mentions are ids
    void send({ conversationId: 'c', body: VIDEO, mentions: [1] })
    // @ts-expect-error: without kinds there are ours only
    void plain.message.send({ conversationId: 'c', body: POLL })
    // @ts-expect-error: no such event
    plain.on('message.sent', () => undefined)
    // @ts-expect-error: a typo in an option
    createClient({ url: 'http://server.test', kind: kinds })
  }
  expect(compiled).toBeTypeOf('function')
})
