import { readFileSync } from 'node:fs'
import { ERRORS } from '@tidings/protocol/wire'
import { expect, test, vi } from 'vitest'
import { httpClient, register } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { parseExposition, readMetrics, valueOf } from './support/exposition.ts'
import { sendRaw, statusOf } from './support/raw-http.ts'
import { NumberedClient, request, signUp } from './support/seed-client.ts'
import { RawTrpcClient } from './support/trpc-client.ts'

describeEngines('figures', (engine) => {
  test('[OBS1] of sends, receipts, calls, refusals, resets, pushes and the database are what has happened', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const [asAnn, asBob] = [ann, bob].map(({ accessToken }) => httpClient(server.url, accessToken))
    if (asAnn === undefined || asBob === undefined) throw new Error('two people')
    const { id: conversationId } = await asAnn.conversation.open.mutate({ userId: bob.userId })
    const { epoch } = await asAnn.sync.heads.mutate({})
    await using live = await RawTrpcClient.open(server.url, bob.accessToken)
    live.call(0, 'sync.live', { version: 1 }, 'subscription')
    await live.heard(({ id, result }) => id === 0 && result?.type === 'data')
    const before = await readMetrics(server.url)

    const send = (clientMessageId: string, text: string) => ({
      conversationId,
      clientMessageId,
      body: { kind: 'text', text } as const,
    })
    await asAnn.message.send.mutate([send('1', 'one'), send('2', 'two'), send('3', 'three')])
    await asAnn.message.send.mutate(send('1', 'one'))
    await expect(asAnn.message.send.mutate(send('1', 'another'))).rejects.toThrow()
    await asAnn.message.send.mutate([send('2', 'another')])
    await asBob.message.delivered.mutate({ conversationId, seq: 2 })
    await asBob.message.read.mutate({ conversationId, seq: 3 })
    await expect(asBob.group.leave.mutate({ conversationId })).rejects.toThrow()
    await expect(httpClient(server.url).account.get.query()).rejects.toThrow()
    const future = { stream: `u:${ann.userId}`, after: 900, tag: 1 }
    await asAnn.sync.pull.mutate({ epoch, streams: [future] })
    await vi.waitFor(() => expect(live.texts.join()).toContain('three'), 15_000)

    const after = await readMetrics(server.url)
    const grown = (name: string, labels?: Record<string, string>) =>
      valueOf(after, name, labels) - valueOf(before, name, labels)
    expect(grown('tidings_sends_total', { outcome: 'stored' })).toBe(3)
    expect(grown('tidings_sends_total', { outcome: 'repeated' })).toBe(1)
    expect(grown('tidings_sends_total', { outcome: 'refused' })).toBe(2)
    expect(grown('tidings_send_batch_messages_sum')).toBe(6)
    expect(grown('tidings_send_batch_messages_count')).toBe(
      grown('tidings_send_batch_seconds_count'),
    )
    expect(grown('tidings_send_batch_seconds_sum')).toBeGreaterThan(0)
    expect(valueOf(after, 'tidings_receipts_total', { kind: 'delivered' })).toBe(1)
    expect(valueOf(after, 'tidings_receipts_total', { kind: 'read' })).toBe(1)
    expect(valueOf(after, 'tidings_events_total', { type: 'message.created' })).toBe(3)
    expect(valueOf(after, 'tidings_calls_total', { procedure: 'message.send' })).toBe(4)
    expect(valueOf(after, 'tidings_calls_total', { procedure: 'group.leave' })).toBe(1)
    expect(grown('tidings_refusals_total', { code: 'IDEMPOTENCY_CONFLICT' })).toBe(2)
    expect(grown('tidings_refusals_total', { code: 'NOT_FOUND' })).toBe(1)
    expect(grown('tidings_refusals_total', { code: 'UNAUTHENTICATED' })).toBe(1)
    expect(grown('tidings_refusals_total', { code: 'INTERNAL' })).toBe(0)
    expect(grown('tidings_resets_total', { reason: 'future' })).toBe(1)
    expect(grown('tidings_future_positions_total')).toBe(1)
    expect(grown('tidings_push_seconds_count')).toBeGreaterThanOrEqual(3)
    expect(valueOf(after, 'tidings_connections', { door: 'trpc' })).toBe(1)
    expect(valueOf(after, 'tidings_stopping')).toBe(0)
    expect(valueOf(after, 'tidings_slow_readers')).toBe(0)
    if (engine === 'sqlite') {
      expect(grown('tidings_sqlite_commit_transactions_sum')).toBeGreaterThanOrEqual(4)
      expect(after.map(({ name }) => name)).not.toContain('tidings_head_check_age_seconds')
    } else {
      await vi.waitFor(async () => {
        const series = await readMetrics(server.url)
        expect(valueOf(series, 'tidings_head_check_age_seconds')).toBeLessThan(60)
      }, 15_000)
      expect(valueOf(after, 'tidings_database_connections')).toBeGreaterThanOrEqual(0)
    }
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_p99_seconds'])
      expect(valueOf(after, name)).toBeGreaterThanOrEqual(0)
  })
})

test('[OBS1] every error code, reset reason and outcome is there from the start, as 0', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const series = await readMetrics(server.url)
  for (const code of Object.keys(ERRORS))
    expect(valueOf(series, 'tidings_refusals_total', { code })).toBe(0)
  for (const reason of ['epoch', 'floor', 'future', 'tag', 'gone'])
    expect(valueOf(series, 'tidings_resets_total', { reason })).toBe(0)
})

test('[OBS1] a call that comes too often is counted once, whichever route refuses it', async () => {
  await using server = await startTestServer({
    engine: 'sqlite',
    clock: { now: () => 1_000_000_000_000 },
    config: { limits: { ipCallsPerSecond: 1, ipCallsBurst: 1 } },
  })
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
  const key = { 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  const head = Object.entries({ host: 'x', ...upgrade, ...key }).map((pair) => pair.join(': '))
  const upgradeTo = (path: string) => async () => {
    const answer = await sendRaw(
      server.port,
      [`GET ${path} HTTP/1.1`, ...head, '', ''].join('\r\n'),
    )
    return statusOf(answer)
  }
  const get = (path: string) => async () =>
    (await fetch(server.url + path, { redirect: 'manual' })).status
  await get('/oauth/authorize')()
  const calls: Readonly<Record<string, () => Promise<number>>> = {
    login: async () => {
      const body = { json: { login: 'ann', password: '0000' } }
      return (await request(`${server.url}/trpc/account.login`, { body })).status
    },
    authorize: get('/oauth/authorize'),
    metadata: get('/.well-known/oauth-authorization-server'),
    provider: get('/oauth/sign-in/elsewhere'),
    page: get('/account/sign-in/back'),
    'seed 001': upgradeTo('/api/ws'),
    numbered: upgradeTo(`/ws/${'t'.repeat(43)}`),
  }
  for (const [name, call] of Object.entries(calls)) {
    const counted = async () =>
      valueOf(await readMetrics(server.url), 'tidings_refusals_total', { code: 'RATE_LIMITED' })
    const before = await counted()
    expect([name, await call(), (await counted()) - before]).toEqual([name, 429, 1])
  }
})

test('[OBS2] whatever clients make up and however many they are, a server tells no more lines of itself', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  const play = async (turn: string) => {
    const [ann, bob] = [
      await signUp(server.url, `ann${turn}`),
      await signUp(server.url, `bob${turn}`),
    ]
    const client = httpClient(server.url, ann.token)
    const { id: conversationId } = await client.conversation.open.mutate({ userId: bob.id })
    await client.message.send.mutate({ conversationId, body: { kind: 'text', text: `t${turn}` } })
    await using numbered = await NumberedClient.open(ann)
    await numbered.say(conversationId, `n${turn}`)
    await numbered.call({ method: 999 })
    await numbered.call({ method: `made up ${turn}` })
    for (const path of [`/made/up/${turn}`, `/trpc/made.up${turn}`, `/users/${turn}`])
      await request(server.url + path, { body: {}, token: ann.token })
    await fetch(`${server.url}/readyz`, { method: 'PROPFIND' })
    await fetch(`${server.url}/readyz`, { method: 'REPORT' })
    await numbered.close()
    return [ann, bob].flatMap(({ id, username, token }) => [id, username, token, conversationId])
  }
  const linesOf = async () => {
    const series = await readMetrics(server.url)
    return series
      .filter(({ name }) => name.startsWith('tidings_'))
      .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)
  }
  const people = await play('1')
  // The reading is a request too.
  await linesOf()
  const first = await linesOf()
  for (const turn of ['2', '3', '4']) people.push(...(await play(turn)))
  expect(await linesOf()).toEqual(first)
  const text = await (await fetch(`${server.url}/metrics`)).text()
  for (const canary of [...people, 'made']) expect(text).not.toContain(canary)
})

const docs = new URL('../../../../docs/', import.meta.url)
const METRIC = /\b(?:tidings|process|nodejs)_[a-z0-9_]+\b/g

test('[OBS3] the dashboard and the alarms ask for figures that a server tells, and docs/operations.md explains them all', async () => {
  await using server = await startTestServer({ engine: 'postgres' })
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const told = new Set([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(namesOf))
  // What is told of nodes that have a broker, or others beside them.
  const dashboard: unknown = JSON.parse(
    readFileSync(new URL('grafana-dashboard.json', docs), 'utf8'),
  )
  const expressions = [...JSON.stringify(dashboard).matchAll(/"expr":"((?:[^"\\]|\\.)*)"/g)]
  const alarms = readFileSync(new URL('alerts.yaml', docs), 'utf8')
  const asked = expressions.map(([, expression = '']) => expression).join('\n')
  expect(expressions.length).toBeGreaterThan(20)
  for (const source of [asked, alarms.replace(/annotations: .*/g, '')])
    expect(
      [...source.matchAll(METRIC)].map(([name]) => name).filter((name) => !told.has(name)),
    ).toEqual([])

  const page = readFileSync(new URL('operations.md', docs), 'utf8')
  const own = [...text.matchAll(/^# TYPE (tidings_\S+)/gm)].map(([, name = '']) => name)
  const alerts = [...alarms.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  expect(own.length).toBeGreaterThan(25)
  expect(alerts.length).toBeGreaterThan(10)
  for (const name of own) expect(asked, name).toContain(name)
  for (const name of [...own, ...alerts]) expect(page, name).toContain(`\`${name}\``)
  for (const [name] of page.matchAll(/`tidings_[a-z0-9_]+`/g))
    expect(own, name).toContain(name.slice(1, -1))
  for (const [name] of page.matchAll(/`Tidings[A-Z]\w+`/g))
    expect(alerts, name).toContain(name.slice(1, -1))
})

function namesOf([, name = '', type = '']: RegExpMatchArray): readonly string[] {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name]
}

test('[OBS1] figures are read by what reads Prometheus, whatever labels hold', () => {
  const series = parseExposition('# TYPE a counter\na{b="c\\"d\\\\"} 1\n')
  expect(series).toEqual([{ name: 'a', labels: { b: 'c\\"d\\\\' }, value: 1 }])
})

test('[OBS1] a node tells whether its broker can be reached, and what has passed', async () => {
  await using one = await startTestServer({ engine: 'postgres', config: { broker: 'postgres' } })
  const { databaseUrl } = one
  await using other = await startTestServer({
    engine: 'postgres',
    config: { broker: 'postgres' },
    databaseUrl,
  })
  await vi.waitFor(async () => {
    for (const { url } of [one, other])
      expect(valueOf(await readMetrics(url), 'tidings_broker_connected')).toBe(1)
  }, 15_000)
  await vi.waitFor(async () => {
    const ann = await register(one, `ann${performance.now()}`)
    const client = httpClient(one.url, ann.accessToken)
    await client.group.create.mutate({ name: 'we', userIds: [] })
    const published = valueOf(await readMetrics(one.url), 'tidings_broker_messages_total', {
      outcome: 'published',
    })
    const received = valueOf(await readMetrics(other.url), 'tidings_broker_messages_total', {
      outcome: 'received',
    })
    expect(published).toBeGreaterThan(0)
    expect(received).toBeGreaterThan(0)
  }, 15_000)
  expect(valueOf(await readMetrics(one.url), 'tidings_broker_missed_total')).toBe(0)
})
