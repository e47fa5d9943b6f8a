import { expect, test, vi } from 'vitest'
import {
  createCoreClient,
  memoryStorage,
  memoryTokens,
  type CoreClient,
} from '../src/core-entry.ts'
import { openWorld, type World } from './support/world.ts'

/** A signed-in client without a store. */
async function openBot(
  world: World,
  name: string,
  options: Partial<Parameters<typeof createCoreClient>[0]> = {},
): Promise<CoreClient & AsyncDisposable> {
  const bot = createCoreClient({
    url: world.url,
    pingIntervalMs: 200,
    pingTimeoutMs: 300,
    ...options,
  })
  if (options.tokens === undefined)
    await bot.account.login({ login: name, password: 'correct horse' })
  return Object.assign(bot, { [Symbol.asyncDispose]: () => bot.close() })
}

test('[SDK21] a client without a store is told everything once, answers, and marks what it has had', async () => {
  await using world = await openWorld()
  const ann = await world.join('ann')
  await world.join('bob')
  await using bot = await openBot(world, 'bob')
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  await ann.connect()
  bot.on('message.created', ({ body: { message } }) => {
    if (message.senderId === bot.userId || message.body.kind !== 'text') return
    const body = { kind: 'text', text: `you said ${message.body.text}` } as const
    void bot.message.send({ conversationId, body })
    void bot.message.read({ conversationId, seq: message.seq })
  })
  await bot.connect()
  const answers: string[] = []
  ann.on('message.created', ({ body: { message } }) => {
    if (message.senderId !== ann.userId && message.body.kind === 'text')
      answers.push(message.body.text)
  })
  for (const text of ['one', 'two']) {
    await ann.message.send({ conversationId, body: { kind: 'text', text } })
    world.proxy.cut()
  }
  await vi.waitFor(() => expect(answers).toEqual(['you said one', 'you said two']), 15_000)
  ann.store.messages(conversationId).subscribe(() => undefined)
  await vi.waitFor(
    () =>
      expect(
        ann.store
          .messages(conversationId)
          .get()
          .items.map(({ state }) => state),
      ).toEqual(expect.arrayContaining(['read', 'read', 'received', 'received'])),
    15_000,
  )
})

test('[SDK21] it keeps its place and what it has still to send, and nothing else', async () => {
  await using world = await openWorld()
  const ann = await world.join('ann')
  const tokens = memoryTokens()
  await world.join('bob', { tokens })
  const storage = memoryStorage()
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  {
    await using bot = await openBot(world, 'bob', { storage, tokens })
    await bot.connect()
    await ann.message.send({ conversationId, body: { kind: 'text', text: 'heard' } })
    await vi.waitFor(async () => {
      const rows = await storage.read({ from: 'position/m:', to: 'position/m;' })
      expect(rows).toMatchObject([{ value: { seq: 1 } }])
    })
    world.proxy.refuse(true)
    world.proxy.cut()
    void bot.message.send({ conversationId, body: { kind: 'text', text: 'later' } })
    await vi.waitFor(async () =>
      expect(await storage.read({ from: 'outbox/', to: 'outbox0' })).toHaveLength(1),
    )
  }
  world.proxy.refuse(false)
  expect(await storage.read({ from: 'message/', to: 'message0' })).toEqual([])
  expect(await storage.read({ from: 'conversation/', to: 'conversation0' })).toEqual([])
  await using again = await openBot(world, 'bob', { storage, tokens })
  const told: string[] = []
  again.on('message.created', ({ body: { message } }) => {
    if (message.body.kind === 'text') told.push(message.body.text)
  })
  await again.connect()
  await vi.waitFor(() => expect(told).toEqual(['later']), 15_000)
  await vi.waitFor(async () =>
    expect(await storage.read({ from: 'outbox/', to: 'outbox0' })).toEqual([]),
  )
})
