import { expect, test } from 'vitest'
import { readDurable, type Durable } from '../../../server/test/e2e/support/durable.ts'
import { createTestPlace, describeEngines } from '../../../server/test/support/databases.ts'
import { FAIL_POINT_HEAD, failPoints, POINT_NAMES } from '../chaos/system/append-points.ts'
import { ServerNode } from '../chaos/system/node.ts'
import { makeServer } from '../chaos/system/programs.ts'
import { everybodyLevel, openCrowd, type Crowd } from './support/crowd.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf, seedOfRun } from './support/random.ts'

/** `ROUNDS=50 npx vitest run packages/sdk/test/e2e/append-deaths.test.ts` is the proof; every day one must do. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1)
const DEATHS = ROUNDS * POINT_NAMES.length
/** For a server to have appended so often, on a machine with much else to do, milliseconds. */
const PATIENCE = 60_000

describeEngines('a server that dies at a step of an append', (engine) => {
  test(
    `[MSG1] [MSG2] [MSG5] [JRN1] [JRN3] [SYN2] is followed by another one, ${DEATHS} times: nothing acknowledged is lost, nothing is there twice, no seq is missing`,
    { timeout: 60_000 + DEATHS * 20_000 },
    async () => {
      const seed = seedOfRun()
      const chance = chanceOf(seed)
      await using place = await createTestPlace(engine)
      using program = await makeServer(failPoints(), FAIL_POINT_HEAD)
      const broken: string[] = []
      const server = new ServerNode({
        ...{ name: 'the server', program: program.file, environment: { DATABASE_URL: place.url } },
        onBroken: (what) => broken.push(what),
      })
      try {
        await server.start()
        await using crowd = await openCrowd({ url: `http://127.0.0.1:${server.port}`, chance })
        const talk = crowd.talk(chance)
        const points = Array.from({ length: ROUNDS }, () => POINT_NAMES).flat()
        for (const point of points) {
          await server.end('SIGKILL')
          const nth = String(chance.between(3, 25))
          await server.start({ environment: { CHAOS_POINT: point, CHAOS_NTH: nth } })
          const what = `${point}, for the ${nth}th time, seed ${seed}`
          const ended = await server.endOfItself(PATIENCE)
          expect(ended, what).toEqual({ code: null, signal: 'SIGKILL' })
          // The doctor looks at what each death has left.
          const unanswered = storedUnanswered(crowd, await readDurable(place.url))
          if (point === 'after the commit') expect(unanswered, what).toBeGreaterThan(0)
        }
        await server.start()
        await talk.stop()
        await everybodyLevel(crowd)
        await server.end('SIGKILL')
        expectProven({ devices: crowd.devices, durable: await readDurable(place.url) })
        expect(broken).toEqual([])
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      } finally {
        await server.close()
      }
    },
  )
})

/** How many messages are stored whose senders do not know it yet. */
function storedUnanswered({ devices }: Crowd, { streams }: Durable): number {
  const waiting = new Set(
    devices.flatMap(({ attempts }) =>
      attempts.filter(({ sent }) => sent === undefined).map((one) => one.clientMessageId),
    ),
  )
  const stored = [...streams.values()].flatMap(({ events }) => events)
  return stored.filter(
    (event) =>
      event.type === 'message.created' && waiting.has(event.body.message.clientMessageId ?? ''),
  ).length
}
