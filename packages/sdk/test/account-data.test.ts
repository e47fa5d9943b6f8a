import { beforeAll, expect, test } from 'vitest'
import type { ExportItem } from '../src/index.ts'
import { openTestKit } from '../src/testing/index.ts'

// The first kit loads the whole server, which takes a busy machine longer than any test may take.
beforeAll(() => import('@tidings/server/testing'), 400_000)

test('[EXP2] an export is asked for as it is taken, and is what the server shows', async () => {
  await using kit = await openTestKit()
  const [ann, bob] = [await kit.createClient('ann'), await kit.createClient('bob')]
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  const wanted = Array.from({ length: 150 }, (_, index) => `number ${index}`)
  for (const text of wanted)
    await bob.message.send({ conversationId, body: { kind: 'text', text } })
  const items: ExportItem[] = []
  for await (const item of ann.account.export()) items.push(item)
  const texts = (from: readonly ExportItem[]) =>
    from.flatMap((item) =>
      item.type === 'message' && 'text' in item.message.body ? [item.message.body.text] : [],
    )
  expect(items[0]).toMatchObject({ type: 'user', user: { username: 'ann' } })
  expect(texts(items)).toEqual(wanted)
  const one = ann.account.export({ conversationId })[Symbol.asyncIterator]()
  expect((await one.next()).value).toMatchObject({ type: 'conversation' })
  await one.return?.()
  const missing = ann.account.export({ conversationId: ann.userId ?? '' })[Symbol.asyncIterator]()
  await expect(missing.next()).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('[EXP2] an export that asks faster than calls are allowed waits, and goes on', async () => {
  await using kit = await openTestKit({
    server: { limits: { callsPerSecond: 1, callsBurst: 12 } },
  })
  const ann = await kit.createClient('ann')
  for (let index = 0; index < 8; index += 1) {
    const { id } = await ann.group.create({ name: `group ${index}`, userIds: [] })
    expect(id).toBeTypeOf('string')
  }
  const taken: string[] = []
  const taking = (async () => {
    for (let turn = 0; turn < 6; turn += 1)
      for await (const { type } of ann.account.export()) taken.push(type)
  })()
  await kit.clock.advance(60_000)
  await taking
  expect(taken.filter((type) => type === 'conversation')).toHaveLength(48)
})

test('[EXP4] [EXP5] who erases his account is signed out, and the others see what is left', async () => {
  await using kit = await openTestKit()
  const [ann, bob] = [await kit.createClient('ann'), await kit.createClient('bob')]
  await Promise.all([ann.connect(), bob.connect()])
  const { id: conversationId } = await ann.conversation.open({ username: 'bob' })
  await ann.message.send({ conversationId, body: { kind: 'text', text: 'gone soon' } })
  bob.store.messages(conversationId).subscribe(() => undefined)
  await kit.settle()
  const wrong = ann.account.erase({ password: 'not it' })
  await expect(wrong).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' })
  expect(ann.connection.state).toMatchObject({ state: 'connected' })
  await ann.account.erase({ password: kit.password })
  expect(ann.userId).toBeUndefined()
  await kit.clock.advance(10_000)
  const [message] = bob.store.messages(conversationId).get().items
  expect(message?.body).toEqual({ kind: 'deleted' })
  const late = bob.message.send({ conversationId, body: { kind: 'text', text: 'hello?' } })
  await expect(late).rejects.toMatchObject({ code: 'FORBIDDEN' })
})
