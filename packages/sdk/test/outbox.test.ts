import { ERRORS, TidingsError, type ErrorCode, type SendInput } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { openScene, sentOf, textTo, type Scene } from './support/fake-client.ts'
import { settle } from './support/fake-clock.ts'

const LUNCH = '00000000-0000-4000-8000-00000000000a'
const DINNER = '00000000-0000-4000-8000-00000000000b'

type Input = SendInput | readonly SendInput[]

/** Stores what is sent, as a server does: each clientMessageId once, numbered in each conversation. */
class Store {
  readonly texts: string[] = []
  readonly #seqs = new Map<string, number>()
  readonly #heads = new Map<string, number>()

  take(input: SendInput) {
    const { conversationId, clientMessageId = '', body } = input
    const known = this.#seqs.get(clientMessageId)
    const seq = known ?? (this.#heads.get(conversationId) ?? 0) + 1
    if (known === undefined) {
      this.#heads.set(conversationId, seq)
      this.#seqs.set(clientMessageId, seq)
      this.texts.push('text' in body ? body.text : body.kind)
    }
    return { ...sentOf(input, seq), duplicate: known !== undefined }
  }
}

function many(input: Input): readonly SendInput[] {
  return 'conversationId' in input ? [input] : input
}

function storing({ server }: Scene): Store {
  const store = new Store()
  server.on('message.send', (input: Input) =>
    'conversationId' in input ? store.take(input) : input.map((one) => store.take(one)),
  )
  return store
}

function callsOf({ server }: Scene): string[][] {
  return server
    .callsOf('message.send')
    .map(({ input }) => many(input as Input).map(({ body }) => ('text' in body ? body.text : '')))
}

function itemError(code: ErrorCode) {
  const { message, retryable } = ERRORS[code]
  return { error: { code, message, retryable } }
}

async function connected(scene: Scene): Promise<void> {
  void scene.client.connect()
  await scene.clock.advance(0)
}

test('[SDK3] messages sent in one turn go out as one call, in order', async () => {
  const scene = openScene()
  storing(scene)
  const { message } = scene.client
  const sent = await Promise.all([
    message.send(textTo(LUNCH, 'one')),
    message.send(textTo(DINNER, 'two')),
    message.send(textTo(LUNCH, 'three')),
  ])
  expect(callsOf(scene).flat().sort()).toEqual(['one', 'three', 'two'])
  expect(callsOf(scene)).toHaveLength(1)
  expect(sent.map(({ seq }) => seq)).toEqual([1, 1, 2])
})

test('[SDK3] while a call is under way its conversation waits, and another one does not', async () => {
  const scene = openScene()
  const store = storing(scene)
  let release: () => void = () => undefined
  scene.server.on('message.send', async (input: Input) => {
    const inputs = many(input)
    if (callsOf(scene).length === 1) await new Promise<void>((resolve) => (release = resolve))
    return inputs.length === 1
      ? store.take(inputs[0] as SendInput)
      : inputs.map((one) => store.take(one))
  })
  const first = scene.client.message.send(textTo(LUNCH, 'one'))
  await settle()
  const second = scene.client.message.send(textTo(LUNCH, 'two'))
  const third = scene.client.message.send(textTo(LUNCH, 'three'))
  await scene.client.message.send(textTo(DINNER, 'elsewhere'))
  expect(callsOf(scene)).toEqual([['one'], ['elsewhere']])
  release()
  await Promise.all([first, second, third])
  expect(callsOf(scene)).toEqual([['one'], ['elsewhere'], ['two', 'three']])
})

test('[SDK3] a call carries at most 100 messages, and no more bytes than a frame may have', async () => {
  const scene = openScene()
  storing(scene)
  const short = Array.from({ length: 150 }, (_, index) =>
    scene.client.message.send(textTo(LUNCH, `${index}`)),
  )
  await Promise.all(short)
  expect(callsOf(scene).map((call) => call.length)).toEqual([100, 50])
  const long = Array.from({ length: 40 }, () =>
    scene.client.message.send(textTo(LUNCH, 'é'.repeat(8000))),
  )
  await Promise.all(long)
  const sizes = scene.server
    .callsOf('message.send')
    .map(({ input }) => new TextEncoder().encode(JSON.stringify(input)).length)
  expect(Math.max(...sizes)).toBeLessThan(256 * 1024)
  expect(callsOf(scene)).toHaveLength(5)
})

test('[SDK2] a lost answer is made up for: the same id again, stored once, and the order is kept', async () => {
  const scene = openScene()
  await connected(scene)
  const store = storing(scene)
  let losses = 1
  scene.server.on('message.send', (input: Input) => {
    const inputs = many(input)
    const sent = inputs.map((one) => store.take(one))
    // Stored, and the connection breaks before the answer.
    losses -= 1
    if (losses >= 0) {
      scene.server.socket.drop(1006)
      return new Promise(() => undefined)
    }
    return sent.length === 1 ? sent[0] : sent
  })
  const sends = ['one', 'two'].map((text) => scene.client.message.send(textTo(LUNCH, text)))
  await settle()
  sends.push(scene.client.message.send(textTo(LUNCH, 'three')))
  await scene.clock.advance(2000)
  const sent = await Promise.all(sends)
  expect(sent.map(({ seq, duplicate }) => [seq, duplicate])).toEqual([
    [1, true],
    [2, true],
    [3, false],
  ])
  expect(store.texts).toEqual(['one', 'two', 'three'])
})

test.each(['UNKNOWN_RETRY', 'UNAVAILABLE', 'STORAGE_FULL', 'INTERNAL', 'RATE_LIMITED'] as const)(
  '[SDK2] %s is tried again until there is a definite answer, with growing waits',
  async (code) => {
    const scene = openScene()
    const store = storing(scene)
    let failures = 5
    scene.server.on('message.send', (input: SendInput) => {
      failures -= 1
      if (failures >= 0) throw new TidingsError(code)
      return store.take(input)
    })
    const sending = scene.client.message.send(textTo(LUNCH, 'hi'))
    await scene.clock.advance(1000)
    expect(callsOf(scene).length).toBeLessThan(5)
    await scene.clock.advance(60_000)
    expect(await sending).toMatchObject({ seq: 1 })
    const ids = scene.server
      .callsOf('message.send')
      .map(({ input }) => (input as SendInput).clientMessageId)
    expect(new Set(ids).size).toBe(1)
  },
)

test('[SDK2] without a network a message waits, however long, and leaves with the next connection', async () => {
  const scene = openScene()
  await connected(scene)
  const store = storing(scene)
  scene.clock.chance = 0.999_999
  scene.server.isUnreachable = true
  scene.server.socket.drop(1006)
  const sending = scene.client.message.send(textTo(LUNCH, 'patience'))
  await scene.clock.advance(24 * 3_600_000)
  scene.server.isUnreachable = false
  void scene.client.connect()
  await scene.clock.advance(0)
  expect(await sending).toMatchObject({ seq: 1 })
  expect(store.texts).toEqual(['patience'])
})

test('[SDK5] after RATE_LIMITED nothing of the conversation is sent before the time that the server gave', async () => {
  const scene = openScene()
  await connected(scene)
  const store = storing(scene)
  let isLimited = true
  scene.server.on('message.send', (input: Input) => {
    if (isLimited) throw new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 9000 })
    const sent = many(input).map((one) => store.take(one))
    return sent.length === 1 ? sent[0] : sent
  })
  const first = scene.client.message.send(textTo(LUNCH, 'one'))
  await settle()
  isLimited = false
  const second = scene.client.message.send(textTo(LUNCH, 'two'))
  scene.server.socket.drop(1006)
  await scene.clock.advance(8999)
  expect(callsOf(scene)).toHaveLength(1)
  await scene.clock.advance(500)
  await Promise.all([first, second])
  expect(store.texts).toEqual(['one', 'two'])
})

test('[SDK4] a refused message is rejected, and its neighbours arrive', async () => {
  const scene = openScene()
  const store = storing(scene)
  scene.server.on('message.send', (input: Input) => {
    const inputs = many(input)
    return inputs.map((one) =>
      'text' in one.body && one.body.text === 'bad' ? itemError('FORBIDDEN') : store.take(one),
    )
  })
  const sends = ['one', 'bad', 'three'].map((text) =>
    scene.client.message.send(textTo(LUNCH, text)),
  )
  const [one, bad, three] = await Promise.allSettled(sends)
  expect(one).toMatchObject({ value: { seq: 1 } })
  expect(bad).toMatchObject({ reason: { name: 'TidingsError', code: 'FORBIDDEN' } })
  expect(three).toMatchObject({ value: { seq: 2 } })
})

test.each(['INVALID_INPUT', 'INTERNAL'] as const)(
  '[SDK4] when one message makes the whole call fail with %s, the others get through without it',
  async (code) => {
    const scene = openScene()
    const store = storing(scene)
    let isBroken = true
    scene.server.on('message.send', (input: Input) => {
      const inputs = many(input)
      const isBad = inputs.some(({ body }) => 'text' in body && body.text === 'bad')
      if (isBad && isBroken) throw new TidingsError(code)
      const sent = inputs.map((one) => store.take(one))
      return sent.length === 1 ? sent[0] : sent
    })
    const bad = scene.client.message.send(textTo(DINNER, 'bad')).catch((error: unknown) => error)
    const good = ['one', 'two'].map((text) => scene.client.message.send(textTo(LUNCH, text)))
    expect((await Promise.all(good)).map(({ seq }) => seq)).toEqual([1, 2])
    isBroken = false
    await scene.clock.advance(1000)
    expect(await bad).toMatchObject(code === 'INTERNAL' ? { seq: 1 } : { code })
  },
)

test('[SDK4] one message that may pass later holds up its conversation and no other', async () => {
  const scene = openScene()
  const store = storing(scene)
  let isFull = true
  scene.server.on('message.send', (input: Input) => {
    const outcomes = many(input).map((one) =>
      isFull && one.conversationId === LUNCH ? itemError('UNAVAILABLE') : store.take(one),
    )
    return 'conversationId' in input ? outcomes[0] : outcomes
  })
  const held = [
    scene.client.message.send(textTo(LUNCH, 'one')),
    scene.client.message.send(textTo(LUNCH, 'two')),
  ]
  await scene.client.message.send(textTo(DINNER, 'elsewhere'))
  isFull = false
  await scene.clock.advance(1000)
  expect((await Promise.all(held)).map(({ seq }) => seq)).toEqual([1, 2])
  expect(store.texts).toEqual(['elsewhere', 'one', 'two'])
})

test('[SDK11] when the session is over, what waits is rejected at once', async () => {
  const scene = openScene()
  await connected(scene)
  scene.server.on('message.send', () => {
    throw new TidingsError('UNAVAILABLE')
  })
  const failed = scene.client.message.send(textTo(LUNCH, 'one')).catch((error: unknown) => error)
  await settle()
  scene.server.on('message.send', () => {
    throw new TidingsError('SESSION_REVOKED')
  })
  scene.server.socket.drop(4403)
  await settle()
  expect(await failed).toMatchObject({ code: 'SESSION_REVOKED' })
})

test('[SDK2] closing rejects with CLOSED what is not acknowledged', async () => {
  const scene = openScene()
  scene.server.on('message.send', () => new Promise(() => undefined))
  const sends = ['one', 'two'].map((text) => scene.client.message.send(textTo(LUNCH, text)))
  const outcomes = Promise.allSettled(sends)
  await settle()
  await scene.client.close()
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ reason: { code: 'CLOSED' } })
  await expect(scene.client.message.send(textTo(LUNCH, 'three'))).rejects.toMatchObject({
    code: 'CLOSED',
  })
})
