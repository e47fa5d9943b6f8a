import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { createTestPlace } from '../support/databases.ts'
import { openTestRedis, redisMissing } from '../support/redis.ts'
import { startServerProcess } from './support/server-process.ts'

test.skipIf(redisMissing !== undefined)(
  '[CFG6] the command listens to the Redis that it is given, and to nothing once it has stopped',
  { timeout: 60_000 },
  async () => {
    await using redis = await openTestRedis()
    await using place = await createTestPlace('postgres')
    const direct = new Redis(redis.url)
    const listened = async () => (await direct.pubsub('CHANNELS', 'tidings_*')).length
    const environment = { DATABASE_URL: place.url, REDIS_URL: redis.url }
    const server = await startServerProcess(environment)
    expect(await listened()).toBe(1)
    expect(await server.end('SIGTERM')).toMatchObject({ code: 0 })
    await vi.waitFor(async () => expect(await listened()).toBe(0))
    direct.disconnect()
  },
)
