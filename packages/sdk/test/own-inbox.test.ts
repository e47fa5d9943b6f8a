import { expect, expectTypeOf, test, vi } from 'vitest'
import * as z from 'zod'
import { FOREVER, readData, type TidingsClient } from '../src/index.ts'
import { openPair, openWorld, untilAfter } from './support/world.ts'

const text = (said: string) => ({ kind: 'text', text: said }) as const
const SOON = { timeout: 15_000 }

/** What a device lists, by its store. */
function listed(client: TidingsClient): readonly string[] {
  return client.store.conversations.get().items.map(({ id }) => id)
}

async function shown(client: TidingsClient, conversationId: string) {
  const list = client.store.messages(conversationId)
  const stop = list.subscribe(() => undefined)
  while (list.get().hasOlder) await list.loadOlder()
  const texts = list.get().items.map(({ body }) => (body.kind === 'text' ? body.text : body.kind))
  stop()
  return texts
}

test('[INB4] [S0.4] hiding is the same on all devices: out of the list, and only what is new comes back', async () => {
  await using world = await openWorld()
  const { ann, bob, conversationId } = await openPair(world)
  const phone = await world.again('bob')
  await phone.connect()
  const stops = [bob, phone].map((client) => client.store.conversations.subscribe(() => undefined))
  for (const said of ['one', 'two']) await ann.message.send({ conversationId, body: text(said) })
  for (const device of [bob, phone])
    await vi.waitFor(() => expect(device.store.unread.get()).toBe(2), SOON)
  await bob.conversation.hide({ conversationId })
  for (const device of [bob, phone]) {
    await vi.waitFor(() => expect(listed(device)).toEqual([]), SOON)
    expect(device.store.unread.get()).toBe(0)
    expect(await shown(device, conversationId)).toEqual([])
  }
  await ann.message.send({ conversationId, body: text('three') })
  const fresh = await world.again('bob')
  await fresh.connect()
  stops.push(fresh.store.conversations.subscribe(() => undefined))
  for (const device of [bob, phone, fresh]) {
    await vi.waitFor(() => expect(listed(device)).toEqual([conversationId]), SOON)
    await vi.waitFor(
      async () => expect(await shown(device, conversationId)).toEqual(['three']),
      SOON,
    )
    expect(device.store.unread.get()).toBe(1)
  }
  expect(await shown(ann, conversationId)).toEqual(['one', 'two', 'three'])
  for (const stop of stops) stop()
})

test('[RCP8] [RCP9] a private read and a mark of unread are the same on all devices, and unknown to others', async () => {
  await using world = await openWorld()
  const { ann, bob, conversationId } = await openPair(world)
  const phone = await world.again('bob')
  await phone.connect()
  const stops = [ann, bob, phone].flatMap((client) => [
    client.store.conversations.subscribe(() => undefined),
    client.store.messages(conversationId).subscribe(() => undefined),
  ])
  for (const said of ['one', 'two', 'three'])
    await ann.message.send({ conversationId, body: text(said) })
  const isUnread = (client: TidingsClient, count: number) =>
    vi.waitFor(() => expect(client.store.unread.get()).toBe(count), SOON)
  for (const device of [bob, phone]) await isUnread(device, 3)
  const read: number[] = []
  ann.on('receipt.updated', ({ body }) => {
    for (const { kind, to } of body.receipts) if (kind === 'read') read.push(to)
  })
  await bob.message.read({ conversationId, private: true })
  expect(bob.store.unread.get()).toBe(0)
  await isUnread(phone, 0)
  await phone.conversation.markUnread({ conversationId, seq: 2 })
  for (const device of [bob, phone]) await isUnread(device, 2)
  expect(bob.store.conversations.get().items[0]).toMatchObject({ unreadFrom: 2, readSeq: 3 })
  await bob.message.read({ conversationId, seq: 2, private: true })
  for (const device of [bob, phone]) await isUnread(device, 1)
  const own = () => ann.store.messages(conversationId).get().items
  expect(own().map((item) => item.read)).toEqual([false, false, false])
  await bob.message.read({ conversationId })
  await vi.waitFor(() => expect(own().map((item) => item.read)).toEqual([true, true, true]), SOON)
  expect(own().at(-1)).toMatchObject({ state: 'read', delivered: true, read: true })
  expect(read).toEqual([3])
  for (const stop of stops) stop()
})

test('[RCP8] [STO9] what was read privately without a network is told privately with the next one', async () => {
  await using world = await openWorld()
  const { ann, bob, conversationId } = await openPair(world)
  const stop = bob.store.conversations.subscribe(() => undefined)
  await ann.message.send({ conversationId, body: text('one') })
  await vi.waitFor(() => expect(bob.store.unread.get()).toBe(1), SOON)
  world.proxy.cut()
  void bob.message.read({ conversationId, private: true })
  expect(bob.store.unread.get()).toBe(0)
  await bob.connect()
  await vi.waitFor(async () => {
    const conversation = await bob.conversation.get({ conversationId })
    expect(conversation).toMatchObject({ readSeq: 1, shownReadSeq: 0, unread: 0 })
  }, SOON)
  expect((await ann.conversation.get({ conversationId })).othersReadSeq).toBe(0)
  stop()
})

test('[INB2] a preference is the same on all devices, and what is pinned stands first', async () => {
  await using world = await openWorld()
  const { ann, bob, conversationId } = await openPair(world)
  untilAfter((await bob.conversation.get({ conversationId })).createdAt)
  const group = await bob.group.create({ name: 'Lunch' })
  const phone = await world.again('bob')
  await phone.connect()
  const stops = [bob, phone].map((client) => client.store.conversations.subscribe(() => undefined))
  await vi.waitFor(() => expect(listed(phone)).toEqual([group.id, conversationId]), SOON)
  await bob.conversation.updatePreference({ conversationId, pinned: true, mutedUntil: FOREVER })
  for (const device of [bob, phone]) {
    await vi.waitFor(() => expect(listed(device)).toEqual([conversationId, group.id]), SOON)
    const [item] = device.store.conversations.get().items
    expect(item?.preference).toMatchObject({ mutedUntil: FOREVER, archived: false })
  }
  expect((await ann.conversation.get({ conversationId })).preference.pinnedAt).toBeNull()
  for (const stop of stops) stop()
})

test("[INB5] [INB8] the app's data of a group reaches every member, typed by the app's schema", async () => {
  await using world = await openWorld()
  const { ann, bob } = await openPair(world)
  const schema = z.object({ colour: z.enum(['red', 'blue']) })
  const stop = bob.store.conversations.subscribe(() => undefined)
  const { id: conversationId } = await ann.group.create({
    ...{ name: 'Lunch', userIds: [bob.userId ?? ''], data: { colour: 'red' } },
  })
  const colour = () => {
    const item = bob.store.conversation(conversationId).get()
    const data = item && readData(schema, item.data)
    expectTypeOf(data).toEqualTypeOf<{ colour: 'red' | 'blue' } | undefined>()
    return data?.colour
  }
  await vi.waitFor(() => expect(colour()).toBe('red'), SOON)
  await ann.group.update({ conversationId, data: { colour: 'blue' } })
  await vi.waitFor(() => expect(colour()).toBe('blue'), SOON)
  await ann.group.update({ conversationId, data: { colour: 'of a newer version' } })
  await vi.waitFor(() => expect(colour()).toBeUndefined(), SOON)
  expect(readData(schema, null)).toBeUndefined()
  const later = z.string().refine(() => Promise.resolve(true))
  expect(() => readData(later, 'x')).toThrow()
  stop()
})
