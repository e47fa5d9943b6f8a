import { describe, expect, test } from 'vitest'
import { bundledCommand } from '../../../server/test/e2e/support/server-process.ts'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { createTestPlace, engines } from '../../../server/test/support/databases.ts'
import { openTestRedis, redisMissing } from '../../../server/test/support/redis.ts'
import type { Alteration } from '../chaos/system/alterations.ts'
import { ServerNode } from '../chaos/system/node.ts'
import { makeServer } from '../chaos/system/programs.ts'
import { everybodyLevel, openCrowd, type Crowd } from './support/crowd.ts'
import type { Device } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf, seedOfRun } from './support/random.ts'

/** `ROLLS=10 npx vitest run packages/sdk/test/e2e/rolling.pg.test.ts` is the proof; every day one must do. */
const ROLLS = Number(process.env['ROLLS'] ?? 1)
const NODES = 3
/** For a machine with much else to do, milliseconds. */
const PATIENCE = 60_000
/** Half of the grace: who was away for less may not be shown offline, whatever else the machine does. */
const SHORT_MS = 2_500

/** What a later version brings: a number of the protocol, and words between nodes that nobody here knows. */
const LATER: readonly Alteration[] = [
  {
    file: 'protocol/src/version.ts',
    find: 'export const PROTOCOL_VERSION = 1',
    put: 'export const PROTOCOL_VERSION = 2',
  },
  {
    file: 'server/src/realtime/presence-nodes.ts',
    find: "kind: 'alive',",
    put: "kind: 'alive', mood: 'well',",
  },
  {
    file: 'server/src/realtime/presence-nodes.ts',
    find: "this.#options.publish({ kind: 'ask', node: null })",
    put: `this.#options.publish({ kind: 'ask', node: null })
    this.#options.publish({ kind: 'of tomorrow', node: null } as never)`,
  },
]

interface ReverseProxy {
  readonly url: string
  close(): void
}
type OpenProxy = (options: {
  port: number
  readyPorts: () => readonly number[]
}) => Promise<ReverseProxy>
const proxyModule = new URL('../../../../scripts/cluster/reverse-proxy.mjs', import.meta.url)
const { openReverseProxy } = (await import(proxyModule.href)) as { openReverseProxy: OpenProxy }

/** Who was shown as offline, to whom. */
interface Shown {
  readonly userId: string
  readonly online: boolean
  readonly at: number
}

function watchPresence({ devices }: Crowd): ReadonlyMap<Device, Shown[]> {
  const seen = new Map<Device, Shown[]>(devices.map((device) => [device, []]))
  for (const [device, shown] of seen)
    device.client.on('presence.changed', ({ body: { userId, online } }) =>
      shown.push({ userId, online, at: Date.now() }),
    )
  return seen
}

/** The longest that a user had no connection, as his devices know it, milliseconds. */
function longestAbsence(devices: readonly Device[]): number {
  const absences = devices.flatMap(({ notes }) => {
    const changes = notes.filter(({ kind }) => kind === 'live' || kind === 'down')
    return changes.flatMap((note, at) => {
      const next = changes.slice(at).find(({ kind }) => kind === 'live')
      return note.kind === 'down' && next !== undefined && at > 0 ? [next.t - note.t] : []
    })
  })
  return Math.max(0, ...absences)
}

interface Scene {
  readonly crowd: Crowd
  readonly nodes: readonly ServerNode[]
  readonly shown: ReadonlyMap<Device, readonly Shown[]>
}

/** Tells one node after the other to stop, and starts it again with another program. */
async function roll({ crowd, nodes }: Scene, program: string): Promise<void> {
  for (const node of nodes) {
    const told = performance.now()
    expect(await node.end('SIGTERM'), node.name).toEqual({ code: 0, signal: null })
    expect(performance.now() - told).toBeLessThan(12_000)
    await node.start({ program })
    const isBack = () => crowd.devices.every((device) => device.state() === 'connected')
    await crowd.changes.until(`everybody back without ${node.name}`, isBack, PATIENCE)
  }
}

/** Nobody who was back soon was shown as offline to anybody; whoever was is shown as online again. */
function expectPresent({ crowd, shown }: Scene): void {
  for (const [watcher, told] of shown) {
    for (const userId of new Set(told.map((one) => one.userId))) {
      const own = told.filter((one) => one.userId === userId)
      const devices = crowd.devices.filter((device) => device.userId === userId)
      const longestMs = longestAbsence(devices)
      const what = `${devices[0]?.name} to ${watcher.name}, away for ${longestMs} ms at most`
      if (longestMs < SHORT_MS)
        expect(
          own.filter(({ online }) => !online),
          what,
        ).toEqual([])
      expect(own.at(-1)?.online, what).toBe(true)
    }
  }
}

const canRun = engines.includes('postgres')

describe.skipIf(!canRun).each(['redis', 'postgres'] as const)(
  'three nodes that are replaced one after the other, broker %s',
  (broker) => {
    test.skipIf(broker === 'redis' && redisMissing !== undefined)(
      `[NET15] [LIV9] [PRE8] [BRK5] [MSG1] [SDK20] ${ROLLS} times under load, by a later version, and back in turn: no error reaches anybody, nothing is lost or doubled, and who is back soon was never offline`,
      { timeout: 90_000 + ROLLS * 60_000 },
      async () => {
        const seed = seedOfRun()
        const chance = chanceOf(seed)
        await using place = await createTestPlace('postgres')
        await using redis = broker === 'redis' ? await openTestRedis() : undefined
        using later = await makeServer(LATER)
        const today = await bundledCommand()
        const broken: string[] = []
        const environment = {
          ...{ DATABASE_URL: place.url, BROKER: broker, TRUST_PROXY: '1' },
          ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
        }
        const onBroken = (what: string) => void broken.push(what)
        const nodes = Array.from(
          { length: NODES },
          (_, at) =>
            new ServerNode({ name: `node ${at + 1}`, program: today, environment, onBroken }),
        )
        const proxy = await openReverseProxy({
          port: 0,
          readyPorts: () => nodes.map(({ port }) => port),
        })
        try {
          for (const node of nodes) await node.start()
          await using crowd = await openCrowd({ url: proxy.url, chance })
          const scene = { crowd, nodes, shown: watchPresence(crowd) }
          const talk = crowd.talk(chance)
          for (let count = 0; count < ROLLS; count += 1)
            await roll(scene, count % 2 === 0 ? later.file : today)
          await talk.stop()
          await everybodyLevel(crowd)
          const isShown = () => [...scene.shown.values()].every(areAllOnline)
          await crowd.changes.until(`everybody online, seed ${seed}`, isShown, PATIENCE)
          expectPresent(scene)
          expectProven({ devices: crowd.devices, durable: await readDurable(place.url) })
          expect(broken).toEqual([])
          report(scene, { broker, seed })
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error })
        } finally {
          for (const node of nodes) await node.close()
          proxy.close()
        }
      },
    )
  },
)

function areAllOnline(told: readonly Shown[]): boolean {
  const last = new Map(told.map(({ userId, online }) => [userId, online]))
  return [...last.values()].every(Boolean)
}

function report({ crowd, shown }: Scene, { broker, seed }: { broker: string; seed: number }): void {
  const sent = crowd.devices.reduce((sum, { attempts }) => sum + attempts.length, 0)
  const offline = [...shown.values()].flat().filter(({ online }) => !online).length
  console.info(
    `${broker}: ${ROLLS * NODES} restarts, ${sent} messages acknowledged, nobody away for more than ` +
      `${longestAbsence(crowd.devices)} ms, ${offline} times somebody shown offline; seed ${seed}`,
  )
}
