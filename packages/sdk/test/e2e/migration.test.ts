import { expect, test } from 'vitest'
import { readMigrations } from '../../../server/src/db/migrations.ts'
import { examine } from '../../../server/src/doctor/examine.ts'
import { liveIn } from '../../../server/test/doctor/lived-in.ts'
import { readDurable, type Durable } from '../../../server/test/e2e/support/durable.ts'
import { copyToOldSchema } from '../../../server/test/e2e/support/old-schema.ts'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import { createTestPlace, describeEngines } from '../../../server/test/support/databases.ts'
import { createChanges } from './support/changes.ts'
import { everybodyLevel } from './support/crowd.ts'
import { openDevice, type Device } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf } from './support/random.ts'

/** That of the servers which have lived in the database before. */
const TIDINGS_SECRET = 'a secret of tests that is long enough 0123456789'
/** Messages of each device that wait for the new version. */
const WAITING = 100

const all = readMigrations('sqlite').length
/** Where nothing can have happened yet but what the first version knew. */
const VERSIONS = [
  { name: 'the first version', migrations: 1, isLivedIn: false },
  { name: 'the version before', migrations: all - 1, isLivedIn: true },
] as const

describeEngines('a database of an earlier version', (engine) => {
  test.each(VERSIONS)(
    '[DB28] of $name is brought to the current schema while clients with full outboxes knock: nothing is lost, and each message is there once',
    { timeout: 240_000 },
    async ({ migrations, isLivedIn }) => {
      await using present = await createTestPlace(engine)
      await using old = await createTestPlace(engine, { empty: true })
      if (isLivedIn) await liveIn(engine, present.url)
      let server = await startServerProcess({ DATABASE_URL: present.url, TIDINGS_SECRET })
      try {
        const changes = createChanges()
        const at = { url: server.url, changes, chance: chanceOf(1) }
        await using one = await openDevice({ ...at, name: 'anna' })
        await using two = await openDevice({ ...at, name: 'benno' })
        await using three = await openDevice({ ...at, name: 'carl' })
        const devices = [one, two, three]
        const places = await talk(devices)
        await everybodyLevel({ devices, changes })
        await server.end('SIGTERM')
        const before = await readDurable(present.url)
        const counts = await copyToOldSchema({ from: present.url, to: old.url, migrations })
        expect(before.streams.size).toBe(counts['streams'])

        const sends = devices.flatMap((device) =>
          Array.from({ length: WAITING }, (_, at) =>
            device.send(places[device === three ? 0 : at % 2] ?? ''),
          ),
        )
        const isTrying = ({ client: { connection } }: Device) =>
          connection.state.state === 'connecting' && connection.state.attempt > 2
        await changes.until('everybody knocks', () => devices.every(isTrying))
        const environment = { DATABASE_URL: old.url, TIDINGS_SECRET, PORT: String(server.port) }
        server = await startServerProcess(environment)
        for (const { refused } of await Promise.all(sends)) expect(refused).toBe(undefined)
        await everybodyLevel({ devices, changes })
        await server.end('SIGTERM')

        const durable = await readDurable(old.url)
        expectKept(before, durable)
        expectProven({ devices, durable: ownOf(devices, durable) })
        const { checks } = await examine(old.url)
        expect(checks.filter(({ found, failure }) => found > 0 || failure !== undefined)).toEqual(
          [],
        )
      } finally {
        await server.end('SIGKILL')
      }
    },
  )
})

/** A group and a direct conversation in which something is said and read. */
async function talk([one, two, three]: readonly Device[]): Promise<readonly string[]> {
  if (!one || !two || !three) throw new Error('three people')
  const userIds = [two.userId, three.userId]
  const { id: group } = await one.client.group.create({ name: 'Talk', userIds })
  const { id: direct } = await one.client.conversation.open({ userId: two.userId })
  await Promise.all([one, two, three].map(({ client }) => client.connect()))
  for (const device of [one, two, three, one]) await device.send(group)
  for (const device of [one, two]) await device.send(direct)
  const { seq = 0 } = (await one.send(group)).sent ?? {}
  await two.client.message.read({ conversationId: group, seq })
  await three.client.message.delivered({ conversationId: group, seq })
  return [group, direct]
}

/** What concerns these devices: in what others have lived in, streams may have been shortened. */
function ownOf(devices: readonly Device[], durable: Durable): Durable {
  const isOwn = (userId: string) => devices.some((device) => device.userId === userId)
  const streams = [...durable.streams].filter(([, { spans }]) =>
    spans.some((span) => isOwn(span.userId)),
  )
  return { ...durable, streams: new Map(streams) }
}

/** Every event of the old database is in the new one, as it was. */
function expectKept(before: Durable, after: Durable): void {
  expect(after.epoch).toBe(before.epoch)
  for (const { name, events } of before.streams.values())
    expect(after.streams.get(name)?.events.slice(0, events.length), name).toEqual(events)
}
