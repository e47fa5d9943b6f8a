import { expect, test } from 'vitest'
import { describeEngines } from '../../support/databases.ts'
import { startTestServer } from '../../support/test-server.ts'
import {
  createGroup,
  NumberedClient,
  request,
  signUp,
  type SeedUser,
} from '../support/seed-client.ts'
import { runSql } from '../../support/run-sql.ts'

const timings = { tickMs: 20 }

async function visit(user: SeedUser, timestamp: unknown = Date.now()) {
  const start = { method: 20, timestamp, caught_up: true }
  await using client = await NumberedClient.open(user, { start })
  await client.heard(29)
  await client.proven()
  await client.close()
  return client
}

describeEngines('positions that the server cannot continue', (engine) => {
  test('[NUM11] a position of another history costs repetitions, not events, and is replaced', async () => {
    await using server = await startTestServer({ engine, timings })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'one')
    await visit(bob)
    // As after a restored backup: the device has proven what this database does not hold.
    const statements = [
      'update device_cursors set tag = (tag + 1) % 1000000',
      'update device_cursors set seq = seq + 1000',
    ]
    const expected: string[] = ['one']
    for (const [index, statement] of statements.entries()) {
      await runSql(server.databaseUrl, statement)
      await sender.say(group, `after ${index}`)
      expected.push(`after ${index}`)
      // In the far future, so that the last minute is not sent again in any case.
      expect((await visit(bob)).texts(), statement).toEqual(expected)
      await runSql(server.databaseUrl, 'update events set ts = ts - 120000')
      await runSql(
        server.databaseUrl,
        'update streams set last_ts = last_ts - 120000 where last_ts > 0',
      )
      await runSql(server.databaseUrl, 'update sessions set created_at = created_at - 120000')
      expect((await visit(bob)).texts(), `after ${statement}`).toEqual([])
    }
  })

  test('[NUM11] who has left gets everything up to his leaving, and nothing after', async () => {
    await using server = await startTestServer({ engine, timings })
    const ann = await signUp(server.url, 'ann')
    const bob = await signUp(server.url, 'bob')
    const group = await createGroup(ann, [bob])
    await using sender = await NumberedClient.open(ann)
    await sender.say(group, 'before')
    const body = { user_id: bob.id }
    await request(`${server.url}/groups/${group}/left`, { method: 'PUT', token: bob.token, body })
    await sender.say(group, 'after')
    for (const timestamp of [Date.now(), 0, Date.now() + 1e9]) {
      const client = await visit(bob, timestamp)
      expect(client.texts()).toEqual(['before'])
      expect(client.typesBut(42).filter((type) => type !== 29)).toEqual([70, 20, 73])
    }
  })
})
