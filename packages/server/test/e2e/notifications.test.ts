import { beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openDatabase } from '../../src/db/open.ts'
import { httpClient, register } from '../contract/person.ts'
import { insertUsers } from '../services/conversation-world.ts'
import { makeAdmin } from '../support/administrators.ts'
import { createTestPlace, describeEngines, type TestPlace } from '../support/databases.ts'
import { readDurable } from './support/durable.ts'
import { bundledCommand, startServerProcess } from './support/server-process.ts'

beforeAll(async () => void (await bundledCommand()))

const CROWD = 1500

describeEngines('notifications', (engine) => {
  test('[NTF3] a server that is killed while it notifies everybody goes on when it is started again, and each user has it once', async () => {
    await using place = await createTestPlace(engine)
    const environment = { DATABASE_URL: place.url }
    const input = { to: 'all', clientNotificationId: 'one', kind: 'news', title: 'News' } as const
    const dan = await (async () => {
      await using server = await startServerProcess(environment)
      const person = await register(server, 'dan')
      await server.end('SIGTERM')
      return person
    })()
    await crowd(place)
    {
      await using server = await startServerProcess(environment)
      await makeAdmin(place.url, 'dan')
      const { notification } = httpClient(server.url, dan.accessToken)
      await vi.waitUntil(async () => (await notification.send.mutate(input)).users > 0, 30_000)
      await server.end('SIGKILL')
    }
    await using server = await startServerProcess(environment)
    const { notification } = httpClient(server.url, dan.accessToken)
    await vi.waitUntil(async () => (await notification.send.mutate(input)).finished, 60_000)
    expect(await notification.send.mutate(input)).toMatchObject({ users: CROWD + 1 })
    await server.end('SIGTERM')
    const { streams } = await readDurable(place.url)
    const own = [...streams.values()].filter(({ name }) => name.startsWith('u:'))
    expect(own).toHaveLength(CROWD + 1)
    for (const { events } of own)
      expect(events.map(({ type }) => type)).toEqual(['notification.created'])
  }, 120_000)
})

async function crowd({ url }: TestPlace): Promise<void> {
  const database = await openDatabase({ url, clock: systemClock })
  const names = Array.from({ length: CROWD }, (_, index) => `user${index}`)
  await insertUsers(database, names)
  await database.close()
}
