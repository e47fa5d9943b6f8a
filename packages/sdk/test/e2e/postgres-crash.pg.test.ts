import { expect, test } from 'vitest'
import { httpClient, register } from '../../../server/test/contract/person.ts'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import { engines } from '../../../server/test/support/databases.ts'
import { startMortalPostgres } from '../../../server/test/support/mortal-postgres.ts'
import { createChanges, type Changes } from './support/changes.ts'
import { everybodyLevel, openCrowd, type Crowd } from './support/crowd.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf, seedOfRun } from './support/random.ts'

/** `CRASHES=10 npx vitest run packages/sdk/test/e2e/postgres-crash.pg.test.ts` is the proof; every day fewer must do. */
const CRASHES = Number(process.env['CRASHES'] ?? 2)
const CALLERS = 8
/** For a machine with much else to do, milliseconds. */
const PATIENCE = 60_000

const acknowledgedBy = ({ devices }: Crowd): number =>
  devices.flatMap(({ attempts }) => attempts.filter(({ sent }) => sent !== undefined)).length

/** Calls over HTTP that nobody repeats for their author: he does it himself, whatever he is told. */
async function openCallers(url: string, changes: Changes) {
  const ann = await register({ url }, 'ann')
  const { message, group } = httpClient(url, ann.accessToken)
  const { id: conversationId } = await group.create.mutate({ name: 'Alone', userIds: [] })
  const places = new Map<string, number>()
  const told = new Map<unknown, number>()
  let isOver = false
  const callAgain = async (clientMessageId: string): Promise<void> => {
    const body = { kind: 'text', text: clientMessageId } as const
    const call = { conversationId, clientMessageId, body }
    for (;;) {
      try {
        const sent = await message.send.mutate(call)
        if ('seq' in sent) places.set(clientMessageId, sent.seq)
        changes.note()
        return
      } catch (error) {
        const { data } = error as { data?: { code?: unknown } | null }
        const code = data?.code ?? error
        told.set(code, (told.get(code) ?? 0) + 1)
      }
    }
  }
  const calling = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let number = 1; !isOver; number += 1) await callAgain(`${caller}-${number}`)
  })
  return {
    stream: `m:${conversationId}`,
    places,
    told,
    async stop() {
      isOver = true
      await Promise.all(calling)
    },
  }
}

test.skipIf(!engines.includes('postgres'))(
  `[DB17] [DB18] [MSG1] [MSG2] a Postgres that crashes ${CRASHES} times under load: who calls is told UNAVAILABLE or UNKNOWN_RETRY and nothing else, and whatever was acknowledged is there once`,
  { timeout: 90_000 + CRASHES * 30_000 },
  async () => {
    const seed = seedOfRun()
    const chance = chanceOf(seed)
    await using postgres = await startMortalPostgres()
    for (const name of ['clients', 'callers']) await postgres.createDatabase(name)
    const urlOf = (name: string) => postgres.urlOf(name, postgres.port)
    await using one = await startServerProcess({ DATABASE_URL: urlOf('clients') })
    await using two = await startServerProcess({ DATABASE_URL: urlOf('callers') })
    const changes = createChanges()
    // What a client asks in the background it is told too, and asks again by itself.
    const bears = ['UNAVAILABLE'] as const
    await using crowd = await openCrowd({ url: one.url, chance, bears })
    const callers = await openCallers(two.url, changes)
    const talk = crowd.talk(chance)
    for (let crash = 1; crash <= CRASHES; crash += 1) {
      const called = callers.places.size + chance.between(20, 200)
      const sent = acknowledgedBy(crowd) + chance.between(20, 200)
      const what = `enough for crash ${crash} of seed ${seed}`
      await changes.until(what, () => callers.places.size >= called, PATIENCE)
      await crowd.changes.until(what, () => acknowledgedBy(crowd) >= sent, PATIENCE)
      await postgres.crash()
    }
    await callers.stop()
    await talk.stop()
    await everybodyLevel(crowd)
    expectProven({ devices: crowd.devices, durable: await readDurable(urlOf('clients')) })
    const codes = [...callers.told.keys()].map(String)
    expect(['UNAVAILABLE', 'UNKNOWN_RETRY'], `seed ${seed}`).toEqual(expect.arrayContaining(codes))
    expect(codes).not.toEqual([])
    const stored = (await readDurable(urlOf('callers'))).streams.get(callers.stream)?.events ?? []
    const keys = stored.flatMap((event) =>
      event.type === 'message.created' ? [event.body.message.clientMessageId] : [],
    )
    expect(keys.toSorted()).toEqual([...callers.places.keys()].toSorted())
    for (const [key, seq] of callers.places) expect(keys[seq - 1]).toBe(key)
    console.info(
      `${CRASHES} crashes, ${callers.places.size} messages of callers, who were told ${JSON.stringify([...callers.told])}; ` +
        `${acknowledgedBy(crowd)} of clients; seed ${seed}`,
    )
  },
)
