import { expect, onTestFinished, test, vi } from 'vitest'
import { memoryStorage, type TidingsClient } from '../../src/index.ts'
import { makeAdmin } from '../../../server/test/support/administrators.ts'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { openWorld, type World } from '../support/world.ts'
import { openScene } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

interface Stage {
  readonly world: World
  readonly dan: TidingsClient
  readonly ann: TidingsClient
  readonly annId: string
}

async function setStage(): Promise<Stage> {
  const place = await createTestPlace('sqlite')
  const world = await openWorld({ databaseUrl: place.url })
  onTestFinished(async () => {
    await world[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })
  const dan = await world.join('dan')
  const ann = await world.join('ann')
  await makeAdmin(place.url, 'dan')
  return { world, dan, ann, annId: (await ann.account.get()).id }
}

/** However busy the machine is. */
const until = (isSo: () => boolean) => vi.waitUntil(isSo, 20_000)

const titlesOf = (client: TidingsClient) =>
  client.store.notifications.get().items.map(({ title, readAt }) => [title, readAt !== null])

test('[S4.1] [NTF4] [NTF7] a notification comes as it is sent, on all devices, and each shows what the other has done', async () => {
  const { world, dan, ann, annId } = await setStage()
  const phone = await world.again('ann')
  const send = (title: string) =>
    dan.notification.send({ to: { userIds: [annId] }, kind: 'news', title })
  await send('one')
  const heard: string[] = []
  ann.on('notification.created', ({ body }) => heard.push(body.notification.title))
  await Promise.all([ann.connect(), phone.connect()])
  for (const client of [ann, phone]) client.store.notifications.subscribe(() => undefined)
  await until(() => titlesOf(ann).length === 1 && titlesOf(phone).length === 1)
  await send('two')
  await until(() => titlesOf(ann).length === 2 && titlesOf(phone).length === 2)
  expect(heard).toEqual(['two'])
  expect(ann.store.notifications.get()).toMatchObject({
    unread: 2,
    hasOlder: false,
    complete: true,
  })
  const [two, one] = ann.store.notifications.get().items
  await ann.notification.read({ upTo: one?.seq ?? 0 })
  await phone.notification.remove({ notificationIds: [two?.id ?? ''] })
  for (const client of [ann, phone]) {
    await until(() => titlesOf(client).length === 1)
    expect(titlesOf(client)).toEqual([['one', true]])
    expect(client.store.notifications.get().unread).toBe(0)
  }
  expect(await ann.notification.list()).toMatchObject({ unread: 0, next: null })
})

test('[NTF7] what was shown is kept: a later run shows it at once, and asks for nothing that its events tell', async () => {
  const { world, dan, ann, annId } = await setStage()
  const storage = memoryStorage()
  const first = await world.again('ann', { storage })
  await first.connect()
  const shown = (client: TidingsClient): Promise<void> => {
    client.store.notifications.subscribe(() => undefined)
    return until(() => client.store.notifications.get().complete).then(() => undefined)
  }
  await shown(first)
  await first.close()
  await dan.notification.send({ to: { userIds: [annId] }, kind: 'news', title: 'meanwhile' })
  const second = await world.again('ann', { storage })
  await second.store.load()
  expect(second.store.notifications.get()).toMatchObject({ complete: true, items: [] })
  await second.connect()
  expect(titlesOf(second)).toEqual([['meanwhile', false]])
  expect(second.store.notifications.get().unread).toBe(1)
  expect(ann.store.notifications.get().complete).toBe(false)
})

test('[NTF7] nobody is asked until somebody looks; what expires goes by itself; what cannot be known is asked for again', async () => {
  const { client, server, clock } = openScene()
  const item = (seq: number, expiresAt: number | null) => ({
    id: `00000000-0000-4000-8000-00000000000${seq}`,
    ...{ kind: 'news', title: `no. ${seq}`, body: null, link: null, data: null },
    ...{ createdAt: 1, expiresAt, seq, readAt: null },
  })
  let asked = 0
  const soon = clock.wallClock() + 60_000
  server.on('notification.list', () => {
    asked += 1
    return { items: [item(2, soon), item(1, null)], next: 'further', unread: 7, head: 2 }
  })
  void client.connect()
  await clock.advance(0)
  await settle()
  expect(asked).toBe(0)
  client.store.notifications.subscribe(() => undefined)
  await clock.advance(0)
  await settle()
  expect(asked).toBe(1)
  expect(client.store.notifications.get()).toMatchObject({ unread: 7, hasOlder: true })
  await clock.advance(60_000)
  await settle()
  expect(client.store.notifications.get().items.map(({ seq }) => seq)).toEqual([1])
  expect(client.store.notifications.get().unread).toBe(6)
  expect(asked).toBe(1)
  await client.close()
})

test('[NTF7] where more are unread than are counted, what expires makes them no fewer until the server has counted again', async () => {
  const { client, server, clock } = openScene()
  const soon = clock.wallClock() + 60_000
  const item = (seq: number, expiresAt: number | null) => ({
    id: `00000000-0000-4000-8000-00000000000${seq}`,
    ...{ kind: 'news', title: `no. ${seq}`, body: null, link: null, data: null },
    ...{ createdAt: 1, expiresAt, seq, readAt: null },
  })
  const shown: number[] = []
  let asked = 0
  server.on('notification.list', () => {
    asked += 1
    const items = asked === 1 ? [item(2, soon), item(1, null)] : [item(1, null)]
    return { items, next: 'further', unread: asked === 1 ? 1000 : 998, head: 2 }
  })
  void client.connect()
  client.store.notifications.subscribe(() => shown.push(client.store.notifications.get().unread))
  await clock.advance(0)
  await settle()
  await clock.advance(60_000)
  await settle()
  expect(asked).toBe(2)
  expect(client.store.notifications.get().items.map(({ seq }) => seq)).toEqual([1])
  expect(client.store.notifications.get().unread).toBe(998)
  expect(new Set(shown.filter((unread) => unread > 0))).toEqual(new Set([1000, 998]))
  await client.close()
})
