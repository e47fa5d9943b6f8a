import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { openTcpProxy } from '../../../server/test/support/tcp-proxy.ts'
import { startTestServer } from '../../../server/test/support/test-server.ts'
import { createChanges, type Changes } from './support/changes.ts'
import { expectAsked, expectShown, ledgerOf } from './support/ledger.ts'
import { chanceOf, seedOfRun, type Chance } from './support/random.ts'
import { FAULTS, openStorm, type Storm } from './support/storm.ts'
import { openTalker, type Talker } from './support/talker.ts'

/** `DURATION=60 SENDS=400 npx vitest run packages/sdk/test/e2e/two-clients.test.ts` is the proof; seconds, sends each. */
const DURATION_MS = 1000 * (Number(process.env['DURATION']) || 5)
const SENDS = Number(process.env['SENDS']) || 50

/** What of an act is a send. */
const SHARE_OF_SENDS = 0.68
/** More calls than that are not made before some are answered. */
const MOST_WAITING = 40

/** Quick to notice what happens to the wire. */
const IMPATIENT = {
  pingIntervalMs: 400,
  pingTimeoutMs: 400,
  connectTimeoutMs: 1_000,
  callTimeoutMs: 3_000,
}

test(
  '[SDK20] [SDK2] [SDK3] [STO3] [STO5] [STO8] [STO12] two clients whose wires are cut, stalled, slow, half-open and refused show the same in the end, which is what the database has and what they were asked to say',
  { timeout: DURATION_MS + 90_000 },
  async () => {
    const seed = seedOfRun()
    const chance = chanceOf(seed)
    try {
      await using place = await createTestPlace('sqlite')
      await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
      await using annsWire = await openTcpProxy(server.port)
      await using bobsWire = await openTcpProxy(server.port)
      const changes = createChanges()
      const openOn = (name: string, { port }: { port: number }) =>
        openTalker({
          ...{ name, changes, client: IMPATIENT },
          chance: chanceOf(chance.between(1, 2 ** 30)),
          url: `http://127.0.0.1:${port}`,
        })
      await using ann = await openOn('ann', annsWire)
      await using bob = await openOn('bob', bobsWire)
      const talkers = [ann, bob]
      const direct = await ann.client.conversation.open({ userId: bob.userId })
      const group = await bob.client.group.create({ name: 'Both', userIds: [ann.userId] })
      const places = [direct.id, group.id]
      for (const talker of talkers) for (const id of places) talker.look(id)
      await Promise.all(talkers.map(({ client }) => client.connect()))

      const storms = [annsWire, bobsWire].map((wire) =>
        openStorm(wire, chanceOf(chance.between(1, 2 ** 30)), Math.min(2_000, DURATION_MS / 12)),
      )
      const end = performance.now() + DURATION_MS
      await Promise.all(talkers.map((talker) => talk({ talker, places, chance, end, changes })))
      await Promise.all(storms.map((storm) => storm.end()))
      await Promise.all(talkers.map(({ client }) => client.connect()))
      await Promise.all(talkers.map((talker) => talker.answered()))
      await lastWords(ann, bob, { read: direct.id, unread: group.id, changes })
      for (const talker of talkers) await level(talker, places, changes)

      await server.server.close()
      const durable = await readDurable(place.url)
      expectAsked(talkers, durable)
      for (const id of places) {
        const ledger = ledgerOf(durable, id)
        for (const talker of talkers) expectShown(talker, id, ledger)
      }
      for (const { counts } of storms)
        for (const fault of FAULTS) expect(counts[fault], fault).toBeGreaterThan(0)
      expect(ann.shown(direct.id).at(-1)?.state).toBe('read')
      expect(ann.client.store.unread.get()).toBeGreaterThan(0)
      report({ seed, talkers, storms })
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  },
)

interface Talking {
  readonly talker: Talker
  readonly places: readonly string[]
  readonly chance: Chance
  readonly end: number
  readonly changes: Changes
}

/** Spread over the whole time, so that every fault meets something. */
async function talk({ talker, places, chance, end, changes }: Talking): Promise<void> {
  const everyMs = (DURATION_MS / SENDS) * SHARE_OF_SENDS
  while (performance.now() < end || talker.asked.said.length < SENDS) {
    await changes.until('room for more calls', () => talker.waiting() < MOST_WAITING)
    for (let burst = chance.between(1, 4); burst > 0; burst -= 1) talker.act(places)
    await pause(2.5 * everyMs)
  }
}

/** So that in every run a mark stands on the very last message of one place, and something in the other is unread. */
async function lastWords(
  ann: Talker,
  bob: Talker,
  { read, unread, changes }: { read: string; unread: string; changes: Changes },
): Promise<void> {
  ann.say(read)
  bob.say(unread)
  await Promise.all([ann.answered(), bob.answered()])
  await changes.until(
    'her last words',
    () => bob.shown(read).at(-1)?.clientMessageId === ann.asked.said.at(-1)?.clientMessageId,
  )
  bob.read(read)
  await bob.answered()
}

/** Waits until he shows what the server says of the numbers, and every message of his has arrived at the other. */
async function level(talker: Talker, places: readonly string[], changes: Changes): Promise<void> {
  const { name, client, userId } = talker
  for (const conversationId of places) {
    const said = await client.conversation.get({ conversationId })
    const { head, unread, readSeq, othersReadSeq } = said
    const view = client.store.conversation(conversationId)
    await changes.until(`the numbers of ${name} level`, () => {
      const item = view.get()
      return item?.head === head && item.unread === unread && item.readSeq === readSeq
    })
    await changes.until(`the ticks of ${name} level`, () =>
      talker.shown(conversationId).every(({ senderId, seq = 0, state }) => {
        if (senderId !== userId) return true
        return state === (seq <= (othersReadSeq ?? 0) ? 'read' : 'delivered')
      }),
    )
  }
}

interface Report {
  readonly seed: number
  readonly talkers: readonly Talker[]
  readonly storms: readonly Storm[]
}

function report({ seed, talkers, storms }: Report): void {
  const sum = (count: (talker: Talker) => number): number =>
    talkers.reduce((all, talker) => all + count(talker), 0)
  const discarded = sum(({ asked }) => asked.said.filter(({ refused }) => refused).length)
  const repeated = sum(({ asked }) => asked.said.filter(({ sent }) => sent?.duplicate).length)
  const faults = FAULTS.map(
    (fault) => `${storms.reduce((all, { counts }) => all + counts[fault], 0)} ${fault}`,
  )
  console.info(
    `${DURATION_MS / 1000} s, ${faults.join(', ')}: ${sum(({ asked }) => asked.said.length)} sends ` +
      `(${repeated} answered as repeats, ${discarded} taken back before they left), ${sum(({ asked }) => asked.edits)} edits, ` +
      `${sum(({ asked }) => asked.deletions)} deletions, ${sum(({ asked }) => asked.reads)} reads; seed ${seed}`,
  )
}
