import { beforeAll, expect, test } from 'vitest'
import type { TidingsClient } from '../../src/index.ts'
import { openTestKit, type TestKit } from '../../src/testing/index.ts'

// The first kit loads the whole server, which takes a busy machine longer than any test may take.
beforeAll(() => import('@tidings/server/testing'), 400_000)

/** A client that is told what happens. */
async function connected(kit: TestKit, name: string): Promise<TidingsClient> {
  const client = await kit.createClient(name)
  await client.connect()
  return client
}

test('[PPL17] contacts and blocks are at hand while somebody looks, and follow what is done on any device', async () => {
  await using kit = await openTestKit()
  const [ann, phone, bob] = [
    await connected(kit, 'ann'),
    await connected(kit, 'ann'),
    await connected(kit, 'bob'),
  ]
  const states = () => phone.store.contacts.get().map(({ user, state }) => [user.username, state])
  const stop = [
    phone.store.contacts.subscribe(() => undefined),
    phone.store.blocks.subscribe(() => undefined),
  ]
  await kit.settle()
  expect(states()).toEqual([])
  await bob.contact.request({ username: 'ann' })
  await kit.settle()
  expect(states()).toEqual([['bob', 'received']])
  const userId = bob.userId ?? ''
  await ann.contact.accept({ userId })
  await kit.settle()
  expect(states()).toEqual([['bob', 'accepted']])
  await ann.block.create({ userId })
  await kit.settle()
  expect([states(), phone.store.blocks.get().map(({ user }) => user.id)]).toEqual([[], [userId]])
  for (const end of stop) end()
  await ann.block.delete({ userId })
  await kit.settle()
  expect(phone.store.blocks.get()).toHaveLength(1)
})

test('[PPL17] a profile is asked for while somebody looks, and is nobody’s after a sign-out', async () => {
  await using kit = await openTestKit()
  const [ann, bob] = [await connected(kit, 'ann'), await connected(kit, 'bob')]
  await bob.account.updateProfile({ displayName: 'Bob the second', lastName: 'Baker' })
  const profile = ann.store.profile(bob.userId ?? '')
  profile.subscribe(() => undefined)
  await kit.settle()
  expect(profile.get()).toMatchObject({ username: 'bob', displayName: 'Bob the second' })
  expect(profile.get()).not.toHaveProperty('lastName')
  await ann.contact.request({ username: 'bob' })
  await bob.contact.accept({ userId: ann.userId ?? '' })
  await kit.settle()
  expect(profile.get()).toMatchObject({ lastName: 'Baker' })
  await ann.account.logout()
  await kit.settle()
  expect(profile.get()).toBeUndefined()
})

test('[PPL17] who is muted sees it in his conversation, everybody in the list of members', async () => {
  await using kit = await openTestKit()
  const [ann, bob] = [await connected(kit, 'ann'), await connected(kit, 'bob')]
  const userId = bob.userId ?? ''
  const { id: conversationId } = await ann.group.create({ name: 'g', userIds: [userId] })
  bob.store.conversation(conversationId).subscribe(() => undefined)
  ann.store.members(conversationId).subscribe(() => undefined)
  await kit.settle()
  const until = kit.clock.now() + 60_000
  await ann.group.muteMember({ conversationId, userId, until })
  await kit.settle()
  const own = () => bob.store.conversation(conversationId).get()?.barredUntil
  const shown = () =>
    ann.store
      .members(conversationId)
      .get()
      .find((member) => member.userId === userId)?.barredUntil
  expect([own(), shown()]).toEqual([until, until])
  const refused = bob.message.send({ conversationId, body: { kind: 'text', text: 'hi' } })
  await expect(refused).rejects.toMatchObject({ code: 'MUTED' })
  await ann.group.unmuteMember({ conversationId, userId })
  await kit.settle()
  expect([own(), shown()]).toEqual([undefined, undefined])
})
