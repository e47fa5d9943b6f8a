import { expect, test, vi } from 'vitest'
import { openWorld } from '../support/world.ts'

test('[STO3] who pages back through a conversation that he is taken out of comes to an end', async () => {
  await using world = await openWorld()
  const ann = await world.join('ann')
  const bob = await world.join('bob')
  const userIds = [bob.userId ?? '']
  const { id: conversationId } = await ann.group.create({ name: 'Lunch', userIds })
  await ann.connect()
  for (let number = 0; number < 120; number += 1)
    void ann.message.send({ conversationId, body: { kind: 'text', text: `${number}` } })
  await vi.waitFor(() =>
    expect(ann.store.conversations.get().items[0]?.lastMessage).toMatchObject({ state: 'sent' }),
  )
  await bob.connect()
  await vi.waitFor(() => expect(bob.store.conversations.get().items).toHaveLength(1))
  const list = bob.store.messages(conversationId)
  list.subscribe(() => undefined)
  await vi.waitFor(() => expect(list.get().items.length).toBeGreaterThan(0))
  expect(list.get().hasOlder).toBe(true)
  const paging = (async () => {
    while (list.get().hasOlder) await list.loadOlder()
  })()
  await ann.group.removeMember({ conversationId, userId: bob.userId ?? '' })
  await paging
  await vi.waitFor(() => expect(bob.store.conversations.get().items).toEqual([]))
  expect(list.get().hasOlder).toBe(false)
})
