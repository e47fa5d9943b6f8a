import { expect, test } from 'vitest'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { startTestServer } from '../../../server/test/support/test-server.ts'
import { everybodyLevel, openCrowd } from './support/crowd.ts'
import { expectProven } from './support/proof.ts'
import { openRaggedWire } from './support/ragged-wire.ts'
import { chanceOf, seedOfRun } from './support/random.ts'

/** `BREAKS=500 npx vitest run packages/sdk/test/e2e/ragged-wire.test.ts` for a longer one. */
const BREAKS = Number(process.env['BREAKS']) || 20

test(
  '[SYN2] [MSG2] [MSG5] six clients whose connections break in the middle of frames, or fall silent, lose, double and reorder nothing',
  { timeout: 60_000 + BREAKS * 1_000 },
  async () => {
    const seed = seedOfRun()
    const chance = chanceOf(seed)
    try {
      await using place = await createTestPlace('sqlite')
      await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
      await using wire = await openRaggedWire({
        targetPort: server.port,
        chance,
        mostBytes: 30_000,
      })
      await using crowd = await openCrowd({
        url: `http://127.0.0.1:${wire.port}`,
        chance,
        client: { pingIntervalMs: 400, pingTimeoutMs: 400, callTimeoutMs: 5_000 },
      })
      wire.tear(true)
      const talk = crowd.talk(chance)
      await crowd.changes.until('enough breaks', () => wire.breaks >= BREAKS, BREAKS * 1_000)
      wire.tear(false)
      await talk.stop()
      await everybodyLevel(crowd)
      await server.server.close()
      expectProven({ devices: crowd.devices, durable: await readDurable(place.url) })
      expect(wire.breaks).toBeGreaterThanOrEqual(BREAKS)
      const sent = crowd.devices.reduce((sum, { attempts }) => sum + attempts.length, 0)
      console.info(`${wire.breaks} breaks, ${sent} messages acknowledged; seed ${seed}`)
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  },
)
