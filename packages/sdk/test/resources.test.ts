import { expect, test } from 'vitest'
import { z } from 'zod'
import { createClient } from '../src/index.ts'
import { next, openPair, openWorld } from './support/world.ts'

test('[CNV18] a group is made under a new id each time, or under the one that is given, and then once', async () => {
  await using world = await openWorld()
  const ann = await world.join('ann')
  const make = (clientConversationId?: string) =>
    ann.group.create({ name: 'Lunch', clientConversationId })
  const once = await make('lunch-of-monday')
  expect((await make('lunch-of-monday')).id).toBe(once.id)
  const ids = [once, await make(), await make()].map(({ id }) => id)
  expect(new Set(ids).size).toBe(3)
})

// To whichever adapter: the client leans on nothing that tRPC's protocol does not promise.
const WAYS = [
  ['http', 'own'],
  ['websocket', 'own'],
  ['websocket', 'stock'],
] as const

test.each(WAYS)('[SDK1] every procedure can be called over %s (%s)', async (way, adapter) => {
  await using world = await openWorld({ adapter })
  const { ann, bob, conversationId } = await openPair(world)
  const cat = await world.join('cat')
  if (way === 'websocket') await cat.connect()
  const [annId, bobId, catId] = [ann, bob, cat].map(({ userId }) => userId ?? '')

  expect(await cat.account.get()).toMatchObject({ id: catId, username: 'cat' })
  await cat.account.refresh()
  await cat.account.changePassword({
    currentPassword: 'correct horse',
    newPassword: 'battery staple',
  })
  const { session, messagingUrl } = await cat.session.create({ deviceId: 'phone' })
  expect(messagingUrl).toMatch(/^ws:/)
  expect((await cat.session.createTicket()).ticket).not.toBe('')
  expect(await cat.session.rename({ sessionId: session.id, name: 'my phone' })).toMatchObject({
    name: 'my phone',
  })
  expect(await cat.session.list()).toHaveLength(1)
  await cat.session.revokeOthers()

  expect(await cat.user.get({ username: 'ANN' })).toEqual({ id: annId, username: 'ann' })
  const direct = await cat.conversation.open({ userId: annId ?? '' })
  expect(await cat.conversation.get({ conversationId: direct.id })).toEqual(direct)

  const group = await cat.group.create({ name: 'Lunch', joinPolicy: 'open' })
  const { id } = group
  expect(await cat.group.update({ conversationId: id, name: 'Dinner' })).toMatchObject({
    name: 'Dinner',
  })
  expect(await cat.group.addMembers({ conversationId: id, userIds: [bobId ?? ''] })).toEqual({
    added: [bobId],
  })
  await cat.group.setRole({ conversationId: id, userId: bobId ?? '', role: 'admin' })
  await ann.group.join({ conversationId: id })
  await ann.group.leave({ conversationId: id })
  expect((await cat.group.listMembers({ conversationId: id })).items).toHaveLength(2)
  expect((await cat.conversation.list()).items.map((item) => item.id).sort()).toEqual(
    [direct.id, id].sort(),
  )

  const { seq } = await cat.message.send({ conversationId: id, body: { kind: 'text', text: 'hi' } })
  const read = next(ann, 'receipt.updated')
  await bob.message.read({ conversationId: id, seq })
  await ann.message.send({ conversationId, body: { kind: 'text', text: 'hi' } })
  await bob.message.delivered({ conversationId, seq: 1 })
  await read
  expect(await cat.message.countReceipts({ conversationId: id, seq })).toMatchObject({ read: 1 })
  const page = await cat.message.list({ conversationId: id })
  expect(page.items.map(({ body }) => body)).toEqual([{ kind: 'text', text: 'hi' }])

  await cat.typing.start({ conversationId: id })
  await cat.typing.stop({ conversationId: id })
  const heads = await cat.sync.heads()
  expect(heads.heads.map(({ stream }) => stream)).toContain(`m:${id}`)
  const pulled = await cat.sync.pull({
    epoch: heads.epoch,
    streams: [{ stream: `m:${id}`, after: 0, tag: 0 }],
  })
  expect(pulled.streams[0]).toHaveProperty('events')
  const since = await cat.sync.since({ since: 0 })
  expect(since.events.length).toBeGreaterThan(0)
  expect((await cat.sync.since({ cursor: since.cursor })).events).toEqual([])
  await cat.group.removeMember({ conversationId: id, userId: bobId ?? '' })
  await expect(cat.session.revoke({ sessionId: id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await cat.account.logout()
  await expect(cat.account.get()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('[SDK6] signals, receipts and marks reach those whom they concern', async () => {
  await using world = await openWorld()
  const { ann, bob, conversationId } = await openPair(world)
  const started = next(bob, 'typing.started')
  await ann.typing.start({ conversationId })
  expect((await started).body).toEqual({ conversationId, userId: ann.userId })
  const { seq } = await ann.message.send({ conversationId, body: { kind: 'text', text: 'hi' } })
  const receipt = next(ann, 'receipt.updated')
  const mark = next(bob, 'mark.updated')
  await bob.message.read({ conversationId, seq })
  expect((await receipt).body.receipts).toContainEqual({
    userId: bob.userId,
    kind: 'read',
    from: 0,
    to: seq,
  })
  expect((await mark).body).toEqual({ conversationId, readSeq: seq })
})

test('[SDK15] one record of kinds serves the server and its clients', async () => {
  const kinds = { poll: z.object({ question: z.string() }) }
  await using world = await openWorld({ kinds })
  const { ann, bob, conversationId } = await openPair(world)
  await using typed = await signedIn(world.url, kinds)
  const opened = await typed.client.conversation.open({ username: 'bob' })
  const told = next(bob, 'message.created')
  const body = { kind: 'poll', data: { question: 'Where?' } } as const
  await typed.client.message.send({ conversationId: opened.id, body })
  expect((await told).body.message.body).toEqual({
    kind: 'unknown',
    name: 'poll',
    data: { question: 'Where?' },
    raw: body,
  })
  expect((await typed.client.message.list({ conversationId: opened.id })).items[0]?.body).toEqual(
    body,
  )
  const untyped = ann.message.send as (message: unknown) => Promise<unknown>
  await expect(
    untyped({ conversationId, body: { kind: 'dance', data: {} } }),
  ).rejects.toMatchObject({
    code: 'UNSUPPORTED_KIND',
  })
})

async function signedIn<K extends Record<string, z.ZodType>>(url: string, kinds: K) {
  const client = createClient({ url, kinds })
  await client.account.register({ username: 'dan', password: 'correct horse', signIn: true })
  return { client, [Symbol.asyncDispose]: () => client.close() }
}
