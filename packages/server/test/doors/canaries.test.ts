import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { createLogger } from '../../src/logger.ts'
import { httpClient } from '../contract/person.ts'
import { createTestPlace, describeEngines, type Engine } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { createGroup, NumberedClient, openSession, signUp } from './support/seed-client.ts'
import { RawTrpcClient } from './support/trpc-client.ts'

const PASSWORD = 'canary-password-41'
const NEW_PASSWORD = 'canary-password-42'
const TEXT = 'canary-text-43'
const METRICS_TOKEN = 'canary-metrics-token-44'
const COOKIE = 'canary-cookie-45'
const SECRET = 'canary-secret-of-the-server-0123456789'

const APP = {
  name: 'Night Bot',
  description: 'Answers while you sleep.',
  redirectUris: ['https://app.example/callback'],
}

/** Everything that a server has shown of itself to others than those whom it concerns. */
interface Shown {
  readonly lines: string[]
  readonly errors: string[]
}

describeEngines('secrets', (engine) => {
  test('[OBS4] are in no log, no figure and no error, and in the database as digests only', async () => {
    const shown: Shown = { lines: [], errors: [] }
    const destination = { write: (line: string) => void shown.lines.push(line) }
    const log = createLogger({ level: 'trace', destination })
    await using place = await createTestPlace(engine)
    const config = { metricsToken: METRICS_TOKEN, secrets: [SECRET] }
    await using server = await startTestServer({ engine, databaseUrl: place.url, log, config })
    const secrets = [
      PASSWORD,
      NEW_PASSWORD,
      METRICS_TOKEN,
      COOKIE,
      SECRET,
      ...(await live(server, shown)),
    ]
    const stored = await dump(engine, place.url)
    expect(stored).toContain(TEXT)
    await fail(engine, { server, url: place.url, shown })

    const answer = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    })
    const metrics = await answer.text()
    expect(metrics).toMatch(/tidings_refusals_total\{code="INTERNAL"\} [1-9]/)
    const lines = shown.lines.join('')
    expect(lines).toContain('"msg":"a call failed"')
    expect(shown.errors.length).toBeGreaterThan(10)
    for (const [at, secret] of secrets.entries()) {
      const name = `secret ${at}, ${secret.slice(0, 6)}`
      expect(secret.length, name).toBeGreaterThan(12)
      expect(lines.includes(secret), `${name} in the log`).toBe(false)
      expect(metrics.includes(secret), `${name} in the figures`).toBe(false)
      expect(shown.errors.join('').includes(secret), `${name} in an error`).toBe(false)
      expect(stored.includes(secret), `${name} in the database`).toBe(false)
    }
    for (const text of [TEXT, 'ann@example.com']) {
      expect(lines.includes(text), text).toBe(false)
      expect(metrics.includes(text), text).toBe(false)
      expect(shown.errors.join('').includes(text), text).toBe(false)
    }
  })
})

/** What people do, well and badly. Answers the secrets that they were given. */
async function live(server: TestServer, shown: Shown): Promise<readonly string[]> {
  const { url } = server
  const ask = async (
    path: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> } = {},
  ): Promise<void> => {
    const response = await fetch(url + path, {
      method: 'POST',
      ...init,
      headers: { 'content-type': 'application/json', cookie: `id=${COOKIE}`, ...init.headers },
    })
    const text = await response.text()
    if (response.status >= 400) shown.errors.push(text, JSON.stringify([...response.headers]))
  }
  const account = { username: 'ann', email: 'ann@example.com', password: PASSWORD }
  const { credentials } = await httpClient(url).account.register.mutate({
    ...account,
    signIn: true,
  })
  if (credentials === null) throw new Error('not signed in')
  const client = httpClient(url, credentials.accessToken)
  const renewed = await httpClient(url).account.refresh.mutate({
    refreshToken: credentials.refreshToken,
  })
  const { messagingUrl } = await client.session.createTicket.mutate()
  const socket = new WebSocket(messagingUrl)
  await once(socket, 'open')
  socket.close()
  const seed = await signUp(url, 'bob')
  const device = await openSession(seed)
  await using numbered = await NumberedClient.open(seed)
  const group = await createGroup(seed, [])
  await numbered.say(group, TEXT)
  await numbered.call({ method: 40, body: { group_id: 'x', data: TEXT, password: PASSWORD } })
  await numbered.call({ method: 77, body: { token: seed.token } })
  shown.errors.push(JSON.stringify(numbered.all(90)))

  const secretBody = JSON.stringify({ ...account, username: { password: PASSWORD } })
  for (const body of [secretBody, `${secretBody}}`, `{"password":"${PASSWORD}"`, `"${PASSWORD}"`]) {
    for (const path of ['/users', '/login', '/trpc/account.register', '/trpc/account.login'])
      await ask(path, { body })
  }
  for (const token of [credentials.accessToken, credentials.refreshToken, messagingUrl]) {
    const last = token.split('/').at(-1) ?? ''
    await ask(`/ws/${last}`, { method: 'GET' })
    await ask(`/trpc/account.get?token=${last}`, { headers: { authorization: `Basic ${last}` } })
    await ask('/sessions', { headers: { authorization: `Bearer ${last}x` }, body: '{}' })
    await ask(`/nowhere/${last}`, { headers: { authorization: `Bearer ${last}` } })
  }
  await ask('/metrics', { method: 'GET', headers: { authorization: `Bearer ${METRICS_TOKEN}x` } })
  await ask('/login', { body: JSON.stringify({ username: 'ann', password: `${PASSWORD}x` }) })

  await using trpc = await RawTrpcClient.open(url, renewed.accessToken)
  trpc.call(1, 'account.changePassword', { currentPassword: 'wrong', newPassword: NEW_PASSWORD })
  trpc.call(2, 'message.send', { conversationId: 'x', body: { kind: 'text', text: TEXT } })
  trpc.send(`{"id":3,"method":"mutation","params":{"path":"account.login","input":"${PASSWORD}"}}`)
  await trpc.answer(3)
  await trpc.answer(2)
  await trpc.answer(1)
  shown.errors.push(...trpc.texts.filter((text) => text.includes('"error"')))
  await using refused = await RawTrpcClient.open(url, `${renewed.accessToken}x`)
  await refused.closed()
  shown.errors.push(...refused.texts)
  const app = await client.oauth.createClient.mutate(APP)
  const appSecret = app.clientSecret ?? ''
  for (const wrong of [appSecret, `${appSecret}x`]) {
    const basic = Buffer.from(`${app.client.id}:${wrong}`).toString('base64')
    const form = `grant_type=authorization_code&code=${wrong}&client_secret=${wrong}`
    for (const path of ['/oauth/token', `/oauth/token/index?client_secret=${wrong}`])
      await ask(path, {
        headers: {
          authorization: `Basic ${basic}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: form,
      })
  }
  const own = await client.group.create.mutate({ name: 'Own', userIds: [] })
  const invitation = await client.group.createInvitation.mutate({ conversationId: own.id })
  await ask(`/rest/v1/invitations/${invitation.code}x`, { method: 'GET' })
  await client.account.changePassword.mutate({
    currentPassword: PASSWORD,
    newPassword: NEW_PASSWORD,
  })
  await numbered.close()
  return [
    credentials.accessToken,
    credentials.refreshToken,
    renewed.accessToken,
    renewed.refreshToken,
    seed.token,
    appSecret,
    invitation.code,
    messagingUrl.split('/').at(-1) ?? '',
    device.split('/').at(-1) ?? '',
  ]
}

/** Every table, and of a file every byte, the log beside it too. */
async function dump(engine: Engine, url: string): Promise<string> {
  if (engine === 'sqlite') {
    const file = pathOfFileUrl(url)
    const files = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)))
    return files.map((name) => readFileSync(join(dirname(file), name), 'latin1')).join('')
  }
  const connection = postgres(url, { max: 1 })
  const tables = await connection`
    select table_name as name from information_schema.tables where table_schema = 'public'`
  const rows = await Promise.all(
    tables.map(({ name }) => connection.unsafe(`select row_to_json(t)::text from "${name}" t`)),
  )
  await connection.end()
  return JSON.stringify(rows)
}

/** Makes the server fail by its own fault, with secrets in its hands. */
async function fail(
  engine: Engine,
  { server, url, shown }: { server: TestServer; url: string; shown: Shown },
): Promise<void> {
  if (engine === 'sqlite') {
    const connection = openFile(pathOfFileUrl(url))
    connection.pragma('foreign_keys = off')
    connection.exec('drop table refresh_tokens')
    connection.close()
  } else {
    const connection = postgres(url, { max: 1, onnotice: () => {} })
    await connection.unsafe('drop table refresh_tokens')
    await connection.end()
  }
  const login = { login: 'ann', password: NEW_PASSWORD }
  const failed: unknown = await httpClient(server.url)
    .account.login.mutate(login)
    .catch((error: unknown) => error)
  shown.errors.push(JSON.stringify(failed), String(failed))
  expect(failed).toMatchObject({ data: { code: 'INTERNAL' } })
}
