import { expect, test, vi } from 'vitest'
import { createExchange, createMemoryBroker } from './support/memory-broker.ts'
import { FakeDatabase } from './support/fake-database.ts'
import { openTestNode } from './support/nodes.ts'
import { RecordingConnection } from './support/recording-connection.ts'

const [ann, bob] = [1, 2]

/** One node, whose database answers when the test says so, and an intruder on its broker. */
async function openVictim() {
  const held: (() => void)[] = []
  let asked = 0
  let isSlow = false
  const delay = (what: string) => {
    if (what.endsWith('asked')) asked += 1
    if (!isSlow || !/^(rows|newest) asked/.test(what)) return Promise.resolve()
    return new Promise<void>((resolve) => held.push(resolve))
  }
  const database = new FakeDatabase({ soleWriter: false, delay })
  const place = database.createConversation([ann, bob])
  const exchange = createExchange()
  const node = await openTestNode(database, createMemoryBroker(exchange))
  const intruder = createMemoryBroker(exchange)
  return {
    database,
    place,
    bobHere: new RecordingConnection(bob).register(node.realtime),
    hint: (hints: [number, number][]) => intruder.publish({ kind: 'hints', hints }),
    /** Queries that were begun. */
    asked: () => asked,
    waiting: () => held.length,
    slow() {
      isSlow = true
    },
    async answerAll() {
      isSlow = false
      for (const answer of held.splice(0)) answer()
      await vi.waitFor(() => expect(held).toEqual([]))
    },
    [Symbol.asyncDispose]: () => node.realtime.close(),
  }
}

const turns = async () => {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve()
}

test('[BRK7] a hint of a stream that is not there, or of a head far beyond, is forgotten after a look at the database', async () => {
  await using victim = await openVictim()
  victim.database.send(victim.place, ann)
  victim.hint([
    [victim.place.m, 2 ** 52],
    [4711, 2 ** 52],
  ])
  await turns()
  expect(victim.bobHere.seqs(`m:${victim.place.id}`)).toEqual([1])
  const before = victim.asked()
  victim.database.send(victim.place, ann)
  victim.hint([[victim.place.m, 2]])
  await turns()
  expect(victim.bobHere.seqs(`m:${victim.place.id}`)).toEqual([1, 2])
  // The lie about its head has been forgotten: one look for one hint.
  expect(victim.asked() - before).toBe(1)
})

test('[BRK7] however many hints come, the database is asked for 16 streams at a time, and a true one among the first is heard', async () => {
  await using victim = await openVictim()
  victim.database.send(victim.place, ann)
  victim.slow()
  for (let from = 1000; from < 101_000; from += 500)
    victim.hint(Array.from({ length: 500 }, (_, at) => [from + at, 5]))
  victim.hint([[victim.place.m, 1]])
  await turns()
  expect(victim.waiting()).toBe(16)
  await victim.answerAll()
  await vi.waitFor(() => expect(victim.asked()).toBeGreaterThan(10_000))
  await turns()
  // The rest is left to the head check.
  expect(victim.asked()).toBeLessThan(10_200)
})
