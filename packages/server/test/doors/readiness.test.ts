import { expect, test } from 'vitest'
import { httpClient, register } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { runSql } from '../support/run-sql.ts'
import { startTestServer } from '../support/test-server.ts'
import { readMetrics, valueOf } from './support/exposition.ts'
import { request } from './support/seed-client.ts'

/** Whether a server says that it should be sent requests, and why not. */
async function readiness(url: string): Promise<{ status: number; problem: unknown }> {
  const { status, body } = await request(`${url}/readyz`, { method: 'GET' })
  return { status, problem: body['problem'] }
}

describeEngines('readiness', (engine) => {
  test('[NET1] [OBS3] a server is not ready while it cannot read, nor on a database that was put back, and says why', async () => {
    await using server = await startTestServer({ engine })
    const { url, databaseUrl } = server
    expect(await readiness(url)).toEqual({ status: 200, problem: undefined })
    await runSql(databaseUrl, 'alter table settings rename to lost')
    expect(await readiness(url)).toEqual({ status: 503, problem: 'the database does not answer' })
    expect(valueOf(await readMetrics(url), 'tidings_ready')).toBe(0)
    await runSql(databaseUrl, 'alter table lost rename to settings')
    expect(await readiness(url)).toEqual({ status: 200, problem: undefined })
    expect(valueOf(await readMetrics(url), 'tidings_ready')).toBe(1)
    await runSql(databaseUrl, `update settings set value = '7' where name = 'epoch'`)
    expect(await readiness(url)).toEqual({
      status: 503,
      problem: 'the database was replaced: restart this node',
    })
    expect((await request(`${url}/healthz`, { method: 'GET' })).status).toBe(200)
  })
})

test('[NET1] a server whose disk is full is not ready until there is space again, and needs no restart', async () => {
  await using server = await startTestServer({ engine: 'sqlite', sqlite: { maxPages: 260 } })
  const { url, databaseUrl } = server
  const ann = await register(server, 'ann')
  const client = httpClient(url, ann.accessToken)
  const { id: conversationId } = await client.group.create.mutate({ name: 'we', userIds: [] })
  const body = { kind: 'text', text: 'x'.repeat(16_000) } as const
  const send = () =>
    client.message.send.mutate({ conversationId, body }).then(
      () => 'stored',
      (error: { data?: { code?: unknown } }) => error.data?.code,
    )
  let outcome = await send()
  while (outcome === 'stored') outcome = await send()
  expect(outcome).toBe('STORAGE_FULL')
  const full = { status: 503, problem: 'the disk of the database is full' }
  expect(await readiness(url)).toEqual(full)
  expect(await readiness(url)).toEqual(full)
  const figures = await (await fetch(`${url}/metrics`)).text()
  expect(figures).toContain('tidings_storage_full 1')
  expect(figures).toMatch(/tidings_refusals_total\{code="STORAGE_FULL"\} [1-9]/)
  await runSql(databaseUrl, 'delete from events where message_id is not null')
  expect(await readiness(url)).toEqual({ status: 200, problem: undefined })
  expect(await send()).toBe('stored')
  expect(await readiness(url)).toEqual({ status: 200, problem: undefined })
})
