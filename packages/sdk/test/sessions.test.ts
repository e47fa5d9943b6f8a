import { expect, test, vi } from 'vitest'
import {
  memoryStorage,
  memoryTokens,
  type ConnectionState,
  type TidingsClient,
} from '../src/index.ts'
import { keepJournal, textsOf } from './support/journal.ts'
import { next, openPair, openWorld } from './support/world.ts'

/** A clock that a test moves on. */
function movableClock() {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    forward(ms: number) {
      ahead += ms
    },
  }
}

function send(client: TidingsClient, conversationId: string, text: string) {
  return client.message.send({ conversationId, body: { kind: 'text', text } })
}

test('[SDK10] a token that expires while connected is renewed unseen: by a call, and by the next connection', async () => {
  const clock = movableClock()
  await using world = await openWorld({ clock })
  const { ann, bob, conversationId } = await openPair(world)
  const journal = keepJournal(bob)
  clock.forward(16 * 60_000)
  await send(ann, conversationId, 'over the old connection')
  const [back] = [ann, bob].map((client) => next(client, 'caughtUp'))
  world.proxy.cut()
  await back
  await send(ann, conversationId, 'over the new one')
  await vi.waitFor(
    () =>
      expect(textsOf(journal.messages(conversationId))).toEqual([
        'over the old connection',
        'over the new one',
      ]),
    15_000,
  )
})

test('[SDK10] a sign-in that is kept is taken up by a later client, also after its token has expired', async () => {
  const clock = movableClock()
  await using world = await openWorld({ clock })
  const tokens = memoryTokens()
  const ann = await world.join('ann', { tokens })
  await ann.close()
  clock.forward(16 * 60_000)
  const later = world.open({ tokens })
  await later.connect()
  expect(later.userId).toBe(ann.userId)
  expect((await later.account.get()).username).toBe('ann')
})

test('[SDK11] a revoked session ends with SESSION_REVOKED within 5 seconds and does not come back', async () => {
  await using world = await openWorld()
  const ann = await world.join('ann')
  const phone = await world.again('ann')
  await phone.connect()
  const states: ConnectionState[] = []
  phone.on('connection', (state) => states.push(state))
  const ended = next(phone, 'connection', ({ state }) => state === 'disconnected')
  await ann.session.revokeOthers()
  expect(await ended).toMatchObject({
    reason: 'refused',
    error: { code: 'SESSION_REVOKED', retryable: false },
  })
  await expect(phone.account.get()).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  await expect(phone.connect()).rejects.toMatchObject({ code: 'SESSION_REVOKED' })
  await expect(send(phone, '00000000-0000-4000-8000-000000000000', 'hi')).rejects.toMatchObject({
    code: 'SESSION_REVOKED',
  })
  expect(states.filter(({ state }) => state === 'connecting')).toHaveLength(1)
})

test('[SDK12] two people use one client after the other, and neither gets what is the other’s', async () => {
  await using world = await openWorld()
  const storage = memoryStorage()
  const shared = await world.join('ann', { storage })
  const bob = await world.join('bob')
  const { id } = await shared.conversation.open({ username: 'bob' })
  await shared.connect()
  await send(bob, id, 'for ann')
  await shared.account.logout()
  expect(shared.connection.state).toMatchObject({ state: 'disconnected', reason: 'signedOut' })
  await shared.account.register({ username: 'cat', password: 'correct horse', signIn: true })
  const journal = keepJournal(shared)
  await shared.connect()
  await send(bob, id, 'for ann again')
  const { id: own } = await shared.conversation.open({ username: 'bob' })
  await send(bob, own, 'for cat')
  await vi.waitFor(() => expect(journal.messages(own)).toHaveLength(1), 15_000)
  expect(journal.messages(id)).toEqual([])
})

test('[SDK14] a client that comes back with its storage is told what it has missed', async () => {
  await using world = await openWorld()
  const storage = memoryStorage()
  const ann = await world.join('ann')
  const bob = await world.join('bob', { storage })
  const { id } = await ann.conversation.open({ username: 'bob' })
  await bob.connect()
  const told = next(bob, 'message.created')
  await send(ann, id, 'one')
  await told
  await bob.close()
  await send(ann, id, 'two')
  const added = await ann.group.create({ name: 'Lunch', userIds: [bob.userId ?? ''] })
  await send(ann, added.id, 'three')
  const later = await world.again('bob', { storage })
  const journal = keepJournal(later)
  await later.connect()
  expect(textsOf(journal.messages(id))).toEqual(['two'])
  expect(textsOf(journal.messages(added.id))).toEqual(['three'])
  expect(journal.events.some(({ type }) => type === 'conversation.added')).toBe(true)
})

test('[SDK5] a client that sends faster than the server takes is slowed down and loses nothing', async () => {
  await using world = await openWorld({
    config: { limits: { messagesPerSecond: 100, messagesBurst: 100 } },
  })
  const { ann, bob, conversationId } = await openPair(world)
  const journal = keepJournal(bob)
  const texts = Array.from({ length: 160 }, (_, index) => `message ${index}`)
  await Promise.all(texts.map((text) => send(ann, conversationId, text)))
  await vi.waitFor(() => expect(textsOf(journal.messages(conversationId))).toEqual(texts), 15_000)
})
