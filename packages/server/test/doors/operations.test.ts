import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLogger } from '../../src/logger.ts'
import { startTestServer } from '../support/test-server.ts'
import { Seed001Client } from './support/seed-001-client.ts'
import { createGroup, NumberedClient, openSession, request, signUp } from './support/seed-client.ts'

test('[NET1] [OBS1] health, readiness and figures', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const ann = await signUp(server.url, 'ann')
  await using client = await NumberedClient.open(ann)
  await using _first = await Seed001Client.open(server.url, ann.token)
  await using _second = await Seed001Client.open(server.url, ann.token)
  await client.call({ method: 60, body: { group_id: ann.id } })
  expect(await request(`${server.url}/healthz`, { method: 'GET' })).toMatchObject({
    status: 200,
    body: { status: 'ok' },
  })
  expect(await request(`${server.url}/readyz`, { method: 'GET' })).toMatchObject({ status: 200 })
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toMatch(/tidings_connections\{door="numbered"\} 1/)
  expect(metrics).toMatch(/tidings_connections\{door="seed-001"\} 2/)
  expect(metrics).toMatch(
    /tidings_http_request_seconds_count\{method="POST",route="\/users",status="201"\} 1/,
  )
  expect(metrics).toMatch(/tidings_numbered_calls_total\{method="60",outcome="NOT_FOUND"\} 1/)
  expect(metrics).toContain('process_cpu_seconds_total')
})

test('[JRN9] positions from the future are all counted, and told once a minute at most', async () => {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLogger({ level: 'error', destination })
  await using server = await startTestServer({ engine: 'sqlite', log })
  const ann = await signUp(server.url, 'ann')
  const client = await server.server.createCaller(ann.token)
  const { epoch } = await client.sync.heads({})
  const streams = [{ stream: `u:${ann.id}`, after: 5, tag: 1 }]
  for (let time = 0; time < 3; time += 1) await client.sync.pull({ epoch, streams })
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toContain('tidings_future_positions_total 3')
  expect(lines.filter((line) => line.includes('ahead of the database'))).toHaveLength(1)
})

test('[NET1] with a token the figures are for whoever has it', async () => {
  const metricsToken = 'a token for metrics'.replaceAll(' ', '-')
  await using server = await startTestServer({ engine: 'sqlite', config: { metricsToken } })
  const statusWith = async (token?: string) =>
    (
      await fetch(`${server.url}/metrics`, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      })
    ).status
  expect(await statusWith()).toBe(401)
  expect(await statusWith(`${metricsToken}x`)).toBe(401)
  expect(await statusWith(metricsToken)).toBe(200)
})

test('[NET1] without one they are for this machine: not for somebody behind a proxy', async () => {
  await using server = await startTestServer({ engine: 'sqlite', config: { trustProxy: 1 } })
  const from = async (address: string) =>
    (await fetch(`${server.url}/metrics`, { headers: { 'x-forwarded-for': address } })).status
  expect(await from('203.0.113.9')).toBe(404)
  expect(await from('127.0.0.1')).toBe(200)
})

test('[NET1] a proxy on this machine that nobody told the server of does not make its callers local', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  for (const name of ['x-forwarded-for', 'forwarded']) {
    const answer = await fetch(`${server.url}/metrics`, { headers: { [name]: '127.0.0.1' } })
    expect(answer.status, name).toBe(404)
  }
})

test('[NET12] the log names routes and holds no secret', async () => {
  const lines: string[] = []
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString())
      done()
    },
  })
  const log = createLogger({ level: 'trace', destination })
  await using server = await startTestServer({ engine: 'sqlite', log })
  const body = { username: 'ann', email: 'ann@example.com', password: 'canary-password' }
  await request(`${server.url}/users`, { body })
  const { body: login } = await request(`${server.url}/login`, { body })
  const token = String(login['token'])
  const ann = { url: server.url, id: '', username: 'ann', token }
  const url = await openSession(ann)
  const group = await createGroup(ann, [])
  await using client = await NumberedClient.open(ann)
  await client.say(group, 'canary-text')
  await fetch(url.replace('ws', 'http'))
  await fetch(`${server.url}/trpc/account.get?token=${token}`)
  await fetch(`${server.url}/.well-known/oauth-authorization-server/${token}`)
  await request(`${server.url}/groups/${group}/left`, { method: 'PUT', token, body: {} })
  await client.close()
  const all = lines.join('')
  const ticket = url.split('/').at(-1) ?? 'none'
  for (const canary of ['canary-password', 'canary-text', token, ticket, group]) {
    expect(all.includes(canary), canary.slice(0, 8)).toBe(false)
  }
  const routes = lines.map((line) => JSON.parse(line)).map(({ route }) => route)
  expect(new Set(routes)).toEqual(
    new Set([
      '/users',
      '/login',
      '/sessions',
      '/groups',
      '/ws/:ticket',
      'unknown',
      '/trpc/account.get',
      '/.well-known/oauth-authorization-server/*',
      '/groups/:id/left',
    ]),
  )
})
