import { setImmediate as immediately } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import {
  createTestPlace,
  describeEngines,
  type Engine,
} from '../../../server/test/support/databases.ts'
import { everybodyLevel, openCrowd, type Crowd } from './support/crowd.ts'
import type { Device } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf, seedOfRun, type Chance } from './support/random.ts'

/** `KILLS=20 npx vitest run packages/sdk/test/e2e/kill.test.ts` is the proof; every day a shorter one must do. */
const ASKED = Number(process.env['KILLS'])
const killsOn = (engine: Engine): number => ASKED || (engine === 'sqlite' ? 3 : 1)

describeEngines('a server that is killed', (engine) => {
  const kills = killsOn(engine)

  test(
    '[MSG1] [MSG5] [JRN1] [SYN2] under load keeps every acknowledged message once and in order, and its clients go on by themselves',
    { timeout: 60_000 + kills * 15_000 },
    async () => {
      const seed = seedOfRun()
      const chance = chanceOf(seed)
      await using place = await createTestPlace(engine)
      const environment = { DATABASE_URL: place.url }
      let server = await startServerProcess(environment)
      try {
        await using crowd = await openCrowd({ url: server.url, chance })
        const { devices, changes } = crowd
        const talk = crowd.talk(chance)
        const absences: number[] = []
        for (let kill = 0; kill < kills; kill += 1) {
          await momentToDie(crowd, chance)
          expect(await server.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
          server = await startServerProcess({ ...environment, PORT: String(server.port) })
          const served = performance.now()
          const isBack = () => devices.every((device) => device.state() === 'connected')
          await changes.until(`everybody back after kill ${kill + 1} of seed ${seed}`, isBack)
          absences.push(performance.now() - served)
        }
        await talk.stop()
        await everybodyLevel(crowd)
        await server.end('SIGKILL')
        expectProven({ devices, durable: await readDurable(place.url) })
        report({ engine, kills, seed, absences, crowd })
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      } finally {
        await server.end('SIGKILL')
      }
    },
  )
})

/** Somewhere in what clients do: after some acknowledgements, some arrivals, or as soon as the first is back; and a bit later. */
async function momentToDie({ devices, changes }: Crowd, chance: Chance): Promise<void> {
  const acknowledged = () =>
    devices.flatMap(({ attempts }) => attempts.filter(({ sent }) => sent !== undefined)).length
  const told = () => devices.reduce((sum, { notes }) => sum + notes.length, 0)
  const kinds = [acknowledged, told, told]
  const count = chance.pick(kinds)
  const wanted = count() + chance.between(1, count === acknowledged ? 150 : 900)
  await changes.until('enough to have happened for a kill', () => count() >= wanted)
  for (let turn = chance.between(0, 30); turn > 0; turn -= 1) await immediately()
}

interface Report {
  readonly engine: Engine
  readonly kills: number
  readonly seed: number
  readonly absences: readonly number[]
  readonly crowd: Crowd
}

function report({ engine, kills, seed, absences, crowd: { devices } }: Report): void {
  const sum = (count: (device: Device) => number) =>
    devices.reduce((all, device) => all + count(device), 0)
  const acknowledged = sum(({ attempts }) => attempts.length)
  const told = sum(({ notes }) => notes.filter(({ kind }) => kind === 'apply').length)
  const connections = sum(({ notes }) => notes.filter(({ kind }) => kind === 'live').length)
  const worst = Math.round(Math.max(...absences))
  console.info(
    `${engine}: ${kills} kills, ${devices.length} clients, ${acknowledged} messages acknowledged, ${told} events told, ` +
      `${connections} connections, all back at most ${worst} ms after the server was; seed ${seed}`,
  )
}
