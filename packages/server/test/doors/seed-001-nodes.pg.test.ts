import { describe, expect, test } from 'vitest'
import { createTestPlace } from '../support/databases.ts'
import { openTestRedis, redisMissing } from '../support/redis.ts'
import { startTestServer } from '../support/test-server.ts'
import { ask, Seed001Client, signUp } from './support/seed-001-client.ts'

/** Each sent when the last one has been heard everywhere. */
const IN_TURN = 10
/** A head check comes at least 1.6 s after the last one, which is what they would take without a broker. */
const BY_CHECKS_MS = (IN_TURN - 1) * 1_600

describe.each(['postgres', 'redis'] as const)('seed 001 at three nodes, broker %s', (broker) => {
  test.skipIf(broker === 'redis' && redisMissing !== undefined)(
    '[S1.8] a sender at one reaches a recipient at two others at once, and every message is kept',
    async () => {
      await using place = await createTestPlace('postgres')
      await using redis = broker === 'redis' ? await openTestRedis() : undefined
      const config = { broker, redisUrl: redis?.url }
      const start = () => startTestServer({ engine: 'postgres', databaseUrl: place.url, config })
      await using a = await start()
      await using b = await start()
      await using c = await start()
      const [ann, bob] = [await signUp(a.url, 'ann'), await signUp(b.url, 'bob')]
      await using sender = await Seed001Client.open(a.url, ann)
      await using atB = await Seed001Client.open(b.url, bob)
      await using atC = await Seed001Client.open(c.url, bob)
      const sent: { author: string; recipient: string; message: string }[] = []
      const begun = performance.now()
      for (let count = 1; count <= IN_TURN; count += 1) {
        const message = { author: 'ann', recipient: 'bob', message: String(count) }
        sent.push(message)
        sender.send(message)
        for (const client of [sender, atB, atC])
          expect(await client.hears(count)).toMatchObject(sent)
      }
      expect(performance.now() - begun).toBeLessThan(BY_CHECKS_MS)
      for (const { url } of [a, b, c]) {
        const { data } = await ask(`${url}/api/thread/ann?per_page=100`, { as: bob })
        expect(data).toMatchObject(sent.toReversed())
      }
    },
  )
})
