import { TidingsError, type SendInput } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import {
  memoryStorage,
  type ClientStorage,
  type MessageItem,
  type NoKinds,
  type StorageChange,
} from '../../src/index.ts'
import { CONVERSATION, openScene, sentOf, textTo, type Scene } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

type Input = SendInput | readonly SendInput[]

/** Numbers what is sent from 1, each id once, and records the texts. */
function storing({ server }: Scene, texts: string[] = []): string[] {
  const seqs = new Map<string, number>()
  const take = (input: SendInput) => {
    const { clientMessageId = '', body } = input
    const known = seqs.get(clientMessageId)
    if (known === undefined) texts.push('text' in body ? body.text : '')
    const seq = known ?? texts.length
    seqs.set(clientMessageId, seq)
    return sentOf(input, seq)
  }
  server.on('message.send', (input: Input) =>
    'conversationId' in input ? take(input) : input.map(take),
  )
  return texts
}

/** A storage in memory whose writes end when the test says so, or fail. */
function slowStorage(): ClientStorage & { settle: (() => void)[]; isFull: boolean } {
  const memory = memoryStorage()
  const storage = {
    settle: [] as (() => void)[],
    isFull: false,
    read: memory.read.bind(memory),
    clear: memory.clear.bind(memory),
    write: (changes: readonly StorageChange[]) =>
      new Promise<void>((resolve, reject) => {
        storage.settle.push(() => {
          if (storage.isFull) reject(new Error('no room'))
          else resolve(memory.write(changes) ?? undefined)
        })
      }),
  }
  return storage
}

async function connected(scene: Scene): Promise<void> {
  void scene.client.connect()
  await scene.clock.advance(0)
}

function shown({ client }: Scene): readonly (readonly [string, string])[] {
  return client.store.messages(CONVERSATION).get().items.map(told)
}

function told({ body, state }: MessageItem<NoKinds>): readonly [string, string] {
  return [body.kind === 'text' ? body.text : body.kind, state]
}

test('[STO6] nothing of a message leaves before it is kept', async () => {
  const storage = slowStorage()
  const scene = openScene({ storage })
  const texts = storing(scene)
  const loading = scene.client.store.load()
  await settle()
  for (const run of storage.settle.splice(0)) run()
  await loading
  const sending = scene.client.message.send(textTo(CONVERSATION, 'kept first'))
  await settle()
  expect(texts).toEqual([])
  expect(shown(scene)).toEqual([['kept first', 'queued']])
  for (const run of storage.settle.splice(0)) run()
  await sending
  expect(texts).toEqual(['kept first'])
})

test('[STO6] a storage without room is reported and holds up nobody', async () => {
  const storage = slowStorage()
  const scene = openScene({ storage })
  const texts = storing(scene)
  const errors: string[] = []
  scene.client.on('error', ({ message }) => errors.push(message))
  const loading = scene.client.store.load()
  await settle()
  for (const run of storage.settle.splice(0)) run()
  await loading
  storage.isFull = true
  const sending = scene.client.message.send(textTo(CONVERSATION, 'anyway'))
  await settle()
  for (const run of storage.settle.splice(0)) run()
  await sending
  expect(texts).toEqual(['anyway'])
  expect(errors).toEqual(['no room'])
})

test('[STO6] the next run sends what the last one could not, in order and under the same ids', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  first.server.on('message.send', () => {
    throw new TidingsError('UNAVAILABLE')
  })
  const outcomes = ['one', 'two', 'three'].map((text) =>
    first.client.message.send(textTo(CONVERSATION, text)).catch((error: unknown) => error),
  )
  await settle()
  await first.client.close()
  expect(await Promise.all(outcomes)).toMatchObject(Array(3).fill({ code: 'CLOSED' }))
  const ids = first.server.callsOf('message.send').flatMap(({ input }) => idsOf(input as Input))

  const second = openScene({ storage })
  const texts = storing(second)
  await second.client.store.load()
  expect(shown(second).map(([text]) => text)).toEqual(['one', 'two', 'three'])
  const four = { ...textTo(CONVERSATION, 'four'), clientMessageId: 'four' }
  void second.client.message.send(four)
  await connected(second)
  await settle()
  expect(texts).toEqual(['one', 'two', 'three', 'four'])
  const again = second.server.callsOf('message.send').flatMap(({ input }) => idsOf(input as Input))
  expect(again.slice(0, 1)).toEqual(ids.slice(0, 1))
})

function idsOf(input: Input): (string | undefined)[] {
  const inputs = 'conversationId' in input ? [input] : input
  return inputs.map(({ clientMessageId }) => clientMessageId)
}

test('[STO7] what was refused is shown with the reason, also by the next run, until it is tried again', async () => {
  const storage = memoryStorage()
  const first = openScene({ storage })
  first.server.on('message.send', () => {
    throw new TidingsError('FORBIDDEN', 'Muted.')
  })
  const refused = first.client.message.send(textTo(CONVERSATION, 'unwelcome'))
  await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(shown(first)).toEqual([['unwelcome', 'failed']])
  await first.client.close()

  const second = openScene({ storage })
  const texts = storing(second)
  await second.client.store.load()
  await connected(second)
  const [item] = second.client.store.messages(CONVERSATION).get().items
  expect(item).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN', message: 'Muted.' } })
  expect(texts).toEqual([])
  const { clientMessageId } = item ?? { clientMessageId: null }
  await second.client.message.retry({ clientMessageId: clientMessageId ?? '' })
  expect(texts).toEqual(['unwelcome'])
})

test('[STO7] what was refused or has not left can be discarded; what may have left cannot', async () => {
  const scene = openScene()
  await scene.client.store.load()
  let refuse: () => void = () => undefined
  scene.server.on(
    'message.send',
    () => new Promise((_, reject) => (refuse = () => reject(new TidingsError('FORBIDDEN')))),
  )
  const first = scene.client.message.send({ ...textTo(CONVERSATION, 'one'), clientMessageId: '1' })
  await settle()
  const second = scene.client.message.send({ ...textTo(CONVERSATION, 'two'), clientMessageId: '2' })
  await expect(scene.client.message.discard({ clientMessageId: '1' })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
  await scene.client.message.discard({ clientMessageId: '2' })
  await expect(second).rejects.toMatchObject({ code: 'DISCARDED' })
  refuse()
  await expect(first).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await scene.client.message.discard({ clientMessageId: '1' })
  await settle()
  expect(shown(scene)).toEqual([])
  expect(scene.server.callsOf('message.send')).toHaveLength(1)
  await expect(scene.client.message.discard({ clientMessageId: '1' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('[STO8] an edit of a message that has not left goes with it; of one that may have, after it', async () => {
  const scene = openScene()
  await scene.client.store.load()
  const answers: (() => void)[] = []
  const sent: Input[] = []
  scene.server.on('message.send', (input: Input) => {
    sent.push(input)
    return new Promise((resolve) => {
      answers.push(() => resolve(sentOf(input as SendInput, sent.length)))
    })
  })
  const edits: unknown[] = []
  scene.server.on('message.edit', (input: never) => edits.push(input))
  const send = (clientMessageId: string) =>
    scene.client.message.send({
      ...textTo(CONVERSATION, `${clientMessageId} as said`),
      clientMessageId,
    })
  const edit = (clientMessageId: string) =>
    scene.client.message.edit({
      ...textTo(CONVERSATION, `${clientMessageId} as meant`),
      clientMessageId,
    })
  void send('a')
  await settle()
  void send('b')
  void edit('b')
  const edited = edit('a')
  await settle()
  expect(shown(scene).map(([text]) => text)).toEqual(['a as said', 'b as meant'])
  answers.shift()?.()
  await settle()
  expect(edits).toEqual([])
  answers.shift()?.()
  await edited
  expect(sent.map((input) => ('body' in input ? input.body : undefined))).toMatchObject([
    { text: 'a as said' },
    { text: 'b as meant' },
  ])
  expect(edits).toEqual([
    {
      conversationId: CONVERSATION,
      clientMessageId: 'a',
      body: { kind: 'text', text: 'a as meant' },
    },
  ])
})

test('[STO8] deleting a message that has not left forgets it, and nobody is asked', async () => {
  const scene = openScene()
  await scene.client.store.load()
  scene.server.on('message.send', () => {
    throw new TidingsError('UNAVAILABLE')
  })
  void scene.client.message.send({ ...textTo(CONVERSATION, 'first'), clientMessageId: '1' })
  await settle()
  const said = scene.client.message.send({ ...textTo(CONVERSATION, 'oops'), clientMessageId: '2' })
  await scene.client.message.delete({ conversationId: CONVERSATION, clientMessageId: '2' })
  await expect(said).rejects.toMatchObject({ code: 'DISCARDED' })
  expect(scene.server.callsOf('message.delete')).toEqual([])
  expect(shown(scene)).toEqual([['first', 'queued']])
})

test('[STO6] the same id again is the same message; with another body it is a conflict', async () => {
  const scene = openScene()
  const texts = storing(scene)
  const once = { ...textTo(CONVERSATION, 'once'), clientMessageId: '1' }
  const other = { ...textTo(CONVERSATION, 'other'), clientMessageId: '1' }
  const outcomes = [once, once, other].map((message) => scene.client.message.send(message))
  const [first, second, third] = await Promise.allSettled(outcomes)
  expect(first).toMatchObject({ value: { duplicate: false } })
  expect(second).toMatchObject({ value: { duplicate: true } })
  expect(third).toMatchObject({ reason: { code: 'IDEMPOTENCY_CONFLICT' } })
  expect(texts).toEqual(['once'])
})

test('[STO6] the message is there at once, as it is shown, whatever becomes of it', async () => {
  const scene = openScene()
  storing(scene)
  const sending = scene.client.message.send(textTo(CONVERSATION, 'hello'))
  expect(sending.message).toMatchObject({ state: 'queued', id: undefined, body: { text: 'hello' } })
  expect(await sending).toMatchObject({ seq: 1 })
  const bad = scene.client.message.send(textTo(CONVERSATION, '\u0000'))
  expect(bad.message).toMatchObject({ state: 'failed', error: { code: 'INVALID_INPUT' } })
  await expect(bad).rejects.toMatchObject({ code: 'INVALID_INPUT' })
})
