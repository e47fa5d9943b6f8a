import { expect, test, vi } from 'vitest'
import { createExchange, createMemoryBroker } from './support/memory-broker.ts'
import { openPostgresLab } from './support/broker-labs.ts'
import { openJournalNode, openSecondNode } from './support/journal-node.ts'
import { RecordingConnection } from './support/recording-connection.ts'

/** For a machine with much else to do, milliseconds. */
const PATIENCE = 20_000

test('[LIV2] [LIV5] two nodes on one database: what is sent through either reaches everybody on both, once and in order', async () => {
  const exchange = createExchange()
  await using one = await openJournalNode('postgres', createMemoryBroker(exchange))
  await using two = await openSecondNode(one.url, createMemoryBroker(exchange))
  const [ann, bob] = [await one.world.user('ann'), await one.world.user('bob')]
  const talk = await one.world.conversation([ann, bob])
  const here = [one, one, two, two].map((node, at) =>
    new RecordingConnection(at % 2 === 0 ? ann.key : bob.key).register(node.realtime),
  )
  const sends: Promise<unknown>[] = []
  for (let count = 0; count < 50; count += 1) {
    sends.push(one.world.send(talk, ann), two.world.send(talk, bob))
  }
  await Promise.all(sends)
  const all = Array.from({ length: 100 }, (_, at) => at + 1)
  await vi.waitFor(() => {
    for (const connection of here) expect(connection.seqs(`m:${talk.id}`)).toEqual(all)
  }, PATIENCE)
})

test('[LIV5] with every hint lost, a head check alone brings what was sent, in pages', async () => {
  const exchange = createExchange(() => undefined)
  await using one = await openJournalNode('postgres', createMemoryBroker(exchange))
  await using two = await openSecondNode(one.url, createMemoryBroker(exchange))
  const [ann, bob] = [await one.world.user('ann'), await one.world.user('bob')]
  const talk = await one.world.conversation([ann, bob])
  const bobHere = new RecordingConnection(bob.key).register(two.realtime)
  const check = () => {
    for (const listener of exchange.listeners) listener.missed()
  }
  await one.world.send(talk, ann)
  check()
  await vi.waitFor(() => expect(bobHere.seqs(`m:${talk.id}`)).toEqual([1]), PATIENCE)
  await Promise.all(Array.from({ length: 450 }, () => one.world.send(talk, ann)))
  check()
  await vi.waitFor(() => expect(bobHere.seqs(`m:${talk.id}`)).toHaveLength(451), PATIENCE)
  expect(bobHere.seqs(`m:${talk.id}`)).toEqual(Array.from({ length: 451 }, (_, at) => at + 1))
})

test('[LIV1] [LIV5] who is removed through one node gets nothing more on the other, and his leaving last', async () => {
  const exchange = createExchange()
  await using one = await openJournalNode('postgres', createMemoryBroker(exchange))
  await using two = await openSecondNode(one.url, createMemoryBroker(exchange))
  const [ann, bob] = [await one.world.user('ann'), await one.world.user('bob')]
  const talk = await one.world.conversation([ann, bob])
  const bobHere = new RecordingConnection(bob.key).register(two.realtime)
  const annHere = new RecordingConnection(ann.key).register(two.realtime)
  await two.world.send(talk, bob)
  await one.world.leave(talk, bob)
  await one.world.send(talk, ann)
  const told = () => [annHere, bobHere].map(({ events }) => events.map(({ type }) => type))
  const [said, gone] = ['message.created', 'member.left']
  await vi.waitFor(
    () =>
      expect(told()).toEqual([
        [said, gone, said],
        [said, gone],
      ]),
    PATIENCE,
  )
})

test('[BRK8] a broker that stalls holds up no commit, and what it has swallowed comes all the same', async () => {
  await using lab = await openPostgresLab()
  await using one = await openJournalNode('postgres', await lab.open())
  await using two = await openSecondNode(one.url, await lab.open())
  const [ann, bob] = [await one.world.user('ann'), await one.world.user('bob')]
  const talk = await one.world.conversation([ann, bob])
  const bobHere = new RecordingConnection(bob.key).register(two.realtime)
  await one.world.send(talk, ann)
  await vi.waitFor(() => expect(bobHere.seqs(`m:${talk.id}`)).toEqual([1]), PATIENCE)
  lab.wire?.stall(true)
  await Promise.all(Array.from({ length: 300 }, () => one.world.send(talk, ann)))
  const all = Array.from({ length: 301 }, (_, at) => at + 1)
  await vi.waitFor(() => expect(bobHere.seqs(`m:${talk.id}`)).toEqual(all), PATIENCE)
})
