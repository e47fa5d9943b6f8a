import { randomUUID } from 'node:crypto'
import type { SendNotificationInput } from '@tidings/protocol/wire'
import { sendNotificationSchema } from '@tidings/protocol'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { Actor } from '../../src/services/actor.ts'
import { deliverNotifications } from '../../src/services/notification/deliver.ts'
import { countUnread, listNotifications } from '../../src/services/notification/list.ts'
import { readNotifications, removeNotifications } from '../../src/services/notification/mark.ts'
import { sendNotification } from '../../src/services/notification/send.ts'
import { sweepNotifications } from '../../src/services/notification/sweep.ts'
import { confirmSession } from '../../src/stores/session-confirmation.ts'
import { insertSession } from '../../src/stores/session.ts'
import { breaths } from '../support/breaths.ts'
import { describeEngines } from '../support/databases.ts'
import { codeOf, eventsOf, insertUsers, openWorld, type World } from './conversation-world.ts'

type People = World<'root' | 'ann' | 'bob'>

async function openScene(engine: Parameters<typeof openWorld>[0]): Promise<People> {
  const world = await openWorld(engine, ['root', 'ann', 'bob'])
  const { users } = world.database.tables
  await world.database.tx(async (tx) => {
    await tx.update(users).set({ role: 'admin' }).where(eq(users.username, 'root'))
  })
  const { root } = world.users
  const { database } = world
  await database.tx(async (tx) => {
    const now = await database.now(tx)
    const span = { now, expiresAt: now + 86_400_000 }
    const session = { id: root.sessionId, userKey: root.userKey, device: undefined, ...span }
    const { key } = await insertSession(database, tx, session)
    // Far ahead: none of these tests is about whether somebody has shown lately that it is he.
    await confirmSession(database, tx, { key, confirmedAt: now + 86_400_000_000 })
    Object.assign(root, { sessionKey: key })
  })
  return world
}

function news(to: SendNotificationInput['to'], more: Partial<SendNotificationInput> = {}) {
  return { to, clientNotificationId: randomUUID(), kind: 'news', title: 'News', ...more }
}

const listOf = ({ deps }: People, actor: Actor, limit = 50) =>
  listNotifications(deps, actor, { limit })

async function typesOf(world: People, actor: Actor): Promise<readonly string[]> {
  return (await eventsOf(world, `u:${actor.userId}`)).map(({ type }) => type)
}

describeEngines('notifications', (engine) => {
  test('[S4.1] [NTF1] an administrator notifies some users, and they alone have it, with all that it holds', async () => {
    await using world = await openScene(engine)
    const { deps, users } = world
    const input = news(
      { userIds: [users.ann.userId] },
      { body: 'two\nlines', link: 'https://example.org/?a=1', data: { at: [1, null] } },
    )
    const sent = await sendNotification(deps, users.root, input)
    expect(sent).toMatchObject({ users: 1, finished: true, duplicate: false })
    const { clientNotificationId: _, to: _to, ...content } = input
    const [item, ...more] = (await listOf(world, users.ann)).items
    expect(more).toEqual([])
    expect(item).toEqual({
      ...content,
      id: sent.notificationId,
      createdAt: sent.createdAt,
      expiresAt: null,
      seq: 1,
      readAt: null,
    })
    const [event] = await eventsOf(world, `u:${users.ann.userId}`)
    const { seq: _seq, readAt: _readAt, ...notification } = item ?? {}
    expect(event).toMatchObject({ type: 'notification.created', body: { notification } })
    expect((await listOf(world, users.bob)).items).toEqual([])
  })

  test('[NTF1] who is no administrator may not, and when one user does not exist nobody is notified', async () => {
    await using world = await openScene(engine)
    const { deps, users } = world
    const toAnn = news({ userIds: [users.ann.userId] })
    expect(await codeOf(sendNotification(deps, users.bob, toAnn))).toBe('FORBIDDEN')
    // What a connection was opened with does not count, but what the database says now.
    const claimed: Actor = { ...users.bob, role: 'admin' }
    expect(await codeOf(sendNotification(deps, claimed, toAnn))).toBe('FORBIDDEN')
    const withNobody = news({ userIds: [users.ann.userId, randomUUID()] })
    expect(await codeOf(sendNotification(deps, users.root, withNobody))).toBe('NOT_FOUND')
    const past = news({ userIds: [users.ann.userId] }, { expiresAt: 1 })
    expect(await codeOf(sendNotification(deps, users.root, past))).toBe('INVALID_INPUT')
    expect(await typesOf(world, users.ann)).toEqual([])
  })

  test('[NTF2] however often it is sent under one id, also at once, it is one; with another content it is refused', async () => {
    await using world = await openScene(engine)
    const { deps, users } = world
    const [ann, bob] = [users.ann.userId, users.bob.userId]
    const input = news({ userIds: [ann, bob] })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => sendNotification(deps, users.root, input)),
    )
    expect(new Set(answers.map(({ notificationId }) => notificationId)).size).toBe(1)
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    const otherwise = { ...input, to: { userIds: [bob, ann, bob] } }
    expect(await sendNotification(deps, users.root, otherwise)).toMatchObject({ duplicate: true })
    const conflict = sendNotification(deps, users.root, { ...input, title: 'Other news' })
    expect(await codeOf(conflict)).toBe('IDEMPOTENCY_CONFLICT')
    expect(await typesOf(world, users.ann)).toEqual(['notification.created'])
    expect(await typesOf(world, users.bob)).toEqual(['notification.created'])
  })

  test('[NTF3] everybody gets it once, whatever ends the delivery and however many nodes go on with it; not who comes later', async () => {
    await using world = await openScene(engine)
    const { deps, users, database } = world
    const names = Array.from({ length: 250 }, (_, index) => `user${index}`)
    const crowd = await insertUsers(database, names)
    const input = news('all')
    expect(await sendNotification(deps, users.root, input)).toMatchObject({ finished: false })
    const [late] = await insertUsers(database, ['late'])
    await deliverNotifications(deps, breaths(1))
    expect(await sendNotification(deps, users.root, input)).toMatchObject({ users: 100 })
    await Promise.all([1, 2, 3].map(() => deliverNotifications(deps, breaths(9))))
    const repeat = await sendNotification(deps, users.root, input)
    expect(repeat).toMatchObject({ users: 253, finished: true, duplicate: true })
    for (const user of [users.ann, ...crowd])
      expect(await typesOf(world, user)).toEqual(['notification.created'])
    expect(late && (await typesOf(world, late))).toEqual([])
  })

  test('[NTF5] they are listed newest first, page by page, with what is unread; what has expired is neither shown nor counted', async () => {
    await using world = await openScene(engine)
    const { deps, users, database } = world
    const to = { userIds: [users.ann.userId] }
    const now = await database.now()
    for (const title of ['one', 'two', 'three'])
      await sendNotification(deps, users.root, news(to, { title, expiresAt: now + 3_600_000 }))
    const first = await listNotifications(deps, users.ann, { limit: 2 })
    expect(first).toMatchObject({ unread: 3, head: 3 })
    expect(first.items.map(({ title }) => title)).toEqual(['three', 'two'])
    const cursor = first.next ?? ''
    const second = await listNotifications(deps, users.ann, { cursor, limit: 2 })
    expect(second.items.map(({ title }) => title)).toEqual(['one'])
    expect(second.next).toBeNull()
    const none = listNotifications(deps, users.ann, { cursor: 'none of ours', limit: 2 })
    await expect(none).rejects.toMatchObject({ code: 'INVALID_INPUT' })
    const { notifications } = database.tables
    await database.tx(async (tx) => {
      await tx
        .update(notifications)
        .set({ expiresAt: now - 1 })
        .where(eq(notifications.title, 'two'))
    })
    const left = await listOf(world, users.ann)
    expect(left.items.map(({ title }) => title)).toEqual(['three', 'one'])
    expect(left.unread).toBe(2)
    expect(await countUnread(deps, users.ann)).toEqual({ unread: 2 })
    expect(await sweepNotifications(deps, breaths(9))).toBe(1)
    expect(await listOf(world, users.ann)).toEqual(left)
    expect(await listOf(world, users.bob)).toEqual({ items: [], next: null, unread: 0, head: 0 })
  })

  test('[NTF9] however much has expired, a sweep goes on until nothing of it is left, or the server closes', async () => {
    await using world = await openScene(engine)
    const { deps, users, database } = world
    const { userKey } = users.ann
    const { addressees } = database.tables
    const now = await database.now()
    await sendNotification(
      deps,
      users.root,
      news({ userIds: [users.ann.userId] }, { expiresAt: now + 3_600_000 }),
    )
    await database.tx(async (tx) => {
      const { notifications } = database.tables
      const [sent] = await tx.select().from(notifications)
      if (sent === undefined) throw new Error('nothing was sent')
      const { key: _, ...row } = sent
      for (let from = 0; from < 2500; from += 500) {
        const rows = Array.from({ length: 500 }, () => ({
          ...row,
          id: randomUUID(),
          clientNotificationId: randomUUID(),
        }))
        const made = await tx.insert(notifications).values(rows).returning()
        await tx.insert(addressees).values(
          made.map(({ key }, at) => ({
            userKey,
            notificationKey: key,
            seq: from + at + 2,
            readAt: null,
          })),
        )
      }
      await tx.update(notifications).set({ expiresAt: now - 1 })
    })
    expect(await sweepNotifications(deps, breaths(0))).toBe(0)
    expect(await sweepNotifications(deps, breaths(1))).toBe(1000)
    expect(await sweepNotifications(deps, breaths(9))).toBe(1501)
    expect(await database.read.select().from(addressees)).toEqual([])
  })

  test('[NTF6] reading and removing concern the user alone, tell his devices once, and nothing when nothing changes', async () => {
    await using world = await openScene(engine)
    const { deps, users } = world
    const to = { userIds: [users.ann.userId, users.bob.userId] }
    const ids: string[] = []
    for (const title of ['one', 'two', 'three'])
      ids.push((await sendNotification(deps, users.root, news(to, { title }))).notificationId)
    const [one = '', two = '', three = ''] = ids
    await readNotifications(deps, users.ann, { notificationIds: [one, randomUUID()] })
    await readNotifications(deps, users.ann, { notificationIds: [one] })
    expect(await countUnread(deps, users.ann)).toEqual({ unread: 2 })
    await removeNotifications(deps, users.ann, { notificationIds: [two] })
    await readNotifications(deps, users.ann, { upTo: 3 })
    await removeNotifications(deps, users.ann, { upTo: 1 })
    await removeNotifications(deps, users.ann, { upTo: 1 })
    const { items, unread } = await listOf(world, users.ann)
    expect(items.map(({ id, readAt }) => [id, readAt !== null])).toEqual([[three, true]])
    expect(unread).toBe(0)
    const told = (await eventsOf(world, `u:${users.ann.userId}`)).slice(3)
    expect(told.map(({ body }) => body)).toEqual([
      { change: 'read', notificationIds: [one] },
      { change: 'removed', notificationIds: [two] },
      { change: 'read', upTo: 3 },
      { change: 'removed', upTo: 1 },
    ])
    expect(await listOf(world, users.bob)).toMatchObject({ unread: 3, head: 3 })
  })
})

describe('what a notification may hold', () => {
  const whole = news('all')

  test.each([
    ['a script for a link', { link: 'javascript:alert(1)' }],
    ['a link without a host', { link: 'https://' }],
    ['a link with a space', { link: 'https://example.org/ a' }],
    ['a link of another scheme', { link: 'ftp://example.org/' }],
    ['an invisible title', { title: '\u200B ' }],
    ['a title of two lines', { title: 'a\nb' }],
    ['a title that is too long', { title: 'x'.repeat(201) }],
    ['a body that is too long', { body: 'x'.repeat(4097) }],
    ['a body that is not Unicode', { body: '\uD800' }],
    ['data that is too much', { data: 'x'.repeat(4097) }],
    ['a key that reaches a prototype', { data: JSON.parse('{"__proto__":1}') as never }],
    ['nobody', { to: { userIds: [] } }],
    ['a kind that is a sentence', { kind: 'Some news' }],
  ])('[NTF1] %s is refused', (_what, more) => {
    expect(sendNotificationSchema.safeParse({ ...whole, ...more }).success).toBe(false)
  })

  test('[NTF1] the rest is taken', () => {
    const full = { body: ' a\tb\n', link: 'HTTP://EXAMPLE.org/%20?#', data: null, expiresAt: 1 }
    expect(sendNotificationSchema.safeParse({ ...whole, ...full }).success).toBe(true)
  })
})
