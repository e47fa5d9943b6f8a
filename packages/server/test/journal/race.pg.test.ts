import { expect, test } from 'vitest'
import type { Event } from '@tidings/protocol/wire'
import { openDatabase } from '../../src/db/open.ts'
import { pullOf } from '../support/pull.ts'
import { createTestPlace } from '../support/databases.ts'
import { JournalWorld, type TestConversation, type TestUser } from '../support/journal-world.ts'

const EPOCH = 7
const clock = { now: () => Date.now() }

/** Two nodes on one database. */
async function openNodes() {
  const place = await createTestPlace('postgres')
  const open = () =>
    openDatabase({ url: place.url, clock, postgres: { writers: 4, readers: 3, allowUnsafe: true } })
  const databases = [await open(), await open()] as const
  const nodes = [
    new JournalWorld(databases[0], EPOCH),
    new JournalWorld(databases[1], EPOCH),
  ] as const
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node.journal.close()
      for (const database of databases) await database.close()
      await place[Symbol.asyncDispose]()
    },
  }
}

/** Reads a stream as its member does while others write, until it has seen `count` events. */
async function follow(
  node: JournalWorld,
  reader: TestUser,
  { id }: TestConversation,
  count: () => number,
) {
  const seen: Event[] = []
  let place = { seq: 0, tag: 0 }
  while (seen.length < count()) {
    const streams = [{ stream: `m:${id}`, after: place.seq, tag: place.tag }]
    const [answer] = (await pullOf(node.journal, reader.key, { epoch: EPOCH, streams, limit: 7 }))
      .streams
    if (answer === undefined || 'reset' in answer) throw new Error('a reader was reset')
    for (const event of answer.events) {
      expect(event.seq).toBe(place.seq + 1)
      place = { seq: event.seq, tag: event.tag }
      seen.push(event)
    }
    place = answer.upTo
  }
  return seen.map(({ seq, tag, timestamp }) => `${seq}:${tag}:${timestamp}`)
}

test('[JRN1] [JRN2] [MSG2] 200 senders on two nodes, one in ten refused and one in ten repeated: no gap, no double, no deadlock, one order for all readers', async () => {
  await using cluster = await openNodes()
  const [first, second] = cluster.nodes
  const people: TestUser[] = []
  for (let i = 0; i < 20; i++) people.push(await first.user(`user${i}`))
  const outsider = await first.user('outsider')
  const group = await first.conversation(people)
  const other = await first.conversation(people)

  const sends = Array.from({ length: 200 }, async (_, i) => {
    const node = i % 2 === 0 ? first : second
    const sender = i % 10 === 0 ? outsider : people[i % people.length]
    if (sender === undefined) throw new Error('nobody')
    const message = node.message(i % 4 === 0 ? other : group, sender)
    if (i % 10 !== 1) return node.journal.sendMessage(message)
    // The same send over both nodes at once: a client that lost its connection and came back elsewhere.
    const both = await Promise.all([
      node.journal.sendMessage(message),
      (node === first ? second : first).journal.sendMessage(message),
    ])
    expect(both[0].event.seq).toBe(both[1].event.seq)
    expect(both.map(({ duplicate }) => duplicate).sort()).toEqual([false, true])
    return both[0]
  })
  const done = Promise.allSettled(sends)
  let expected = Infinity
  const readers = [0, 1, 2, 3].map((i) => {
    const reader = people[i]
    if (reader === undefined) throw new Error('nobody')
    return follow(i % 2 ? first : second, reader, group, () => expected)
  })
  const outcomes = await done
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20)
  expected = (await first.journal.readAfter(group.messageStreamKey, 0, 1000)).length
  const orders = await Promise.all(readers)
  for (const order of orders) expect(order).toEqual(orders[0])
  const all = [group, other].map(({ messageStreamKey }) =>
    first.journal.readAfter(messageStreamKey, 0, 1000),
  )
  const stored = (await Promise.all(all)).flat()
  expect(stored).toHaveLength(180)
  expect(new Set(stored.map(({ messageId }) => messageId)).size).toBe(180)
})

test('[JRN2] who is removed while his message waits for the lock is refused', async () => {
  await using cluster = await openNodes()
  const [first, second] = cluster.nodes
  for (let round = 0; round < 15; round++) {
    const [ann, bob] = [await first.user('ann'), await first.user('bob')]
    const group = await first.conversation([ann, bob])
    const [left, sent] = await Promise.allSettled([
      first.leave(group, bob),
      second.send(group, bob),
    ])
    if (left.status === 'rejected') throw left.reason
    const events = await first.journal.readAfter(group.messageStreamKey, 0, 10)
    const leaving = events.find(({ type }) => type === 'member.left')
    const message = events.find(({ type }) => type === 'message.created')
    expect(message === undefined).toBe(sent.status === 'rejected')
    if (message !== undefined && leaving !== undefined)
      expect(message.seq).toBeLessThan(leaving.seq)
  }
})
