import { expect, test } from 'vitest'
import { readDurable } from '../../../server/test/e2e/support/durable.ts'
import { startServerProcess } from '../../../server/test/e2e/support/server-process.ts'
import { createTestPlace } from '../../../server/test/support/databases.ts'
import { createChanges } from './support/changes.ts'
import { everybodyLevel } from './support/crowd.ts'
import { openDevice } from './support/device.ts'
import { expectProven } from './support/proof.ts'
import { chanceOf } from './support/random.ts'

/**
 * Without a broker between them two processes hear of each other's commits by looking at the heads, and of revocations by
 * looking at the sessions. That this takes at most 3 and 5 s is proven in virtual time ([LIV5], [LIV8] in
 * server/test/realtime); here real processes share a machine with much else, so the bounds are wide.
 */
const HEAD_CHECK_MS = 15_000
const REVOKED_MS = 20_000

test(
  '[LIV5] [LIV8] [SYN21] [NET10] two server processes on one database and nothing between them: what is sent through one is live on the other by the next look at the heads, once and in order, and a session revoked on one is closed on the other',
  { timeout: 90_000 },
  async () => {
    await using place = await createTestPlace('postgres')
    const environment = { DATABASE_URL: place.url, BROKER: 'none' }
    await using one = await startServerProcess(environment)
    await using two = await startServerProcess(environment)
    const changes = createChanges()
    const chance = chanceOf(4)
    const here = { url: one.url, changes, chance }
    const there = { url: two.url, changes, chance }
    await using ann = await openDevice({ ...here, name: 'ann' })
    await using bob = await openDevice({ ...there, name: 'bob' })
    await using bobs = await openDevice({ ...here, name: 'bob-2', login: 'bob' })
    await using cat = await openDevice({ ...there, name: 'cat' })
    const devices = [ann, bob, bobs, cat]
    const userIds = [bob.userId, cat.userId]
    await Promise.all(devices.map(({ client }) => client.connect()))
    const { id } = await ann.client.group.create({ name: 'Both', userIds })

    // Alone first: nothing else wakes the other node up.
    const { sent } = await ann.send(id)
    const isTold = () => cat.view.get(`m:${id}`)?.at(-1)?.seq === sent?.seq
    await changes.until('the message live on the other node', isTold, HEAD_CHECK_MS)
    await Promise.all(
      Array.from({ length: 25 }, () => devices.map((device) => device.send(id))).flat(),
    )
    await everybodyLevel({ devices, changes })
    for (const { states } of devices)
      expect(states.filter(({ state }) => state === 'connected')).toHaveLength(1)

    const isRefused = () => bob.state() === 'disconnected'
    await bobs.client.session.revokeOthers()
    await changes.until('the revoked session closed on the other node', isRefused, REVOKED_MS)
    expect(bob.states.at(-1)).toMatchObject({
      reason: 'refused',
      error: { code: 'SESSION_REVOKED' },
    })
    const durable = await readDurable(place.url)
    expect(durable.streams.get(`m:${id}`)?.events).toHaveLength(101)
    // PROMPT=1 also judges every push by its 3 s, on a machine with nothing else to do.
    expectProven({ devices, durable, isPrompt: process.env['PROMPT'] === '1' })
  },
)
