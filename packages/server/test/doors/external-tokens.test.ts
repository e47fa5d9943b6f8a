import { once } from 'node:events'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'
import { startTestServer, type TestServerOptions } from '../support/test-server.ts'
import {
  AUDIENCE,
  ISSUER,
  makeWithSecret,
  openTokenMaker,
  seconds,
  type Claims,
} from '../support/token-maker.ts'
import { request, signUp, textOf } from './support/seed-client.ts'
import { RawTrpcClient } from './support/trpc-client.ts'

const SECRET = 'shared by the app and this server alone'
const make = (claims: Claims) => makeWithSecret(SECRET, claims)

function start(engine: Engine, options: Partial<TestServerOptions> = {}) {
  const externalTokens = { issuer: ISSUER, audience: AUDIENCE, secret: SECRET }
  const config = { registration: 'closed', externalTokens, ...options.config } as const
  return startTestServer({ ...options, engine, config })
}

async function me(url: string, token: string) {
  return request(`${url}/rest/v1/me`, { method: 'GET', token })
}

const codeOf = ({ body }: { body: Readonly<Record<string, unknown>> }): unknown => {
  const { error } = body
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : 'done'
}

async function logOut(url: string, token: string): Promise<void> {
  const { status } = await request(`${url}/rest/v1/logout`, { token })
  expect(status).toBe(204)
}

/** A second later: tokens tell their time in whole ones. */
const renewed = (sub: string, more: Claims = {}) => make({ sub, iat: seconds() + 2, ...more })

/** As an administrator would. */
async function suspend(databaseUrl: string, id: string): Promise<void> {
  if (databaseUrl.startsWith('file:')) {
    const connection = openFile(pathOfFileUrl(databaseUrl))
    connection.prepare('update users set suspended_at = 1 where id = ?').run(id)
    connection.close()
    return
  }
  const sql = postgres(databaseUrl, { max: 1 })
  await sql`update users set suspended_at = 1 where id = ${id}`
  await sql.end()
}

const countOf = ({ body }: { body: Readonly<Record<string, unknown>> }): number =>
  Object.keys(body).length

/** A ticket of the token's session, as the address that it opens. */
async function messagingUrl(url: string, token: string): Promise<string> {
  return textOf(await request(`${url}/rest/v1/sessions/ticket`, { token }), 'messagingUrl')
}

describeEngines('[S4.7] tokens of the app', (engine) => {
  test('[IDP1] make an account at first sight, once however many come at a time, and the same for ever', async () => {
    await using server = await start(engine)
    const token = await make({ sub: 'user/1', preferred_username: 'Ann Lee' })
    const answers = await Promise.all(Array.from({ length: 10 }, () => me(server.url, token)))
    const ids = new Set(answers.map((answer) => textOf(answer, 'id')))
    expect(ids.size).toBe(1)
    expect(answers[0]?.body).toMatchObject({ username: 'Ann.Lee', role: 'user' })
    const later = await me(server.url, await make({ sub: 'user/1', preferred_username: 'Eve' }))
    expect(later.body).toMatchObject({ id: [...ids][0], username: 'Ann.Lee' })
    // No password opens it, and nobody registers beside the app.
    const login = { login: 'Ann.Lee', password: 'correct horse' }
    const refused = await request(`${server.url}/rest/v1/login`, { body: login })
    expect(codeOf(refused)).toBe('INVALID_CREDENTIALS')
    const account = { username: 'eve', password: 'correct horse' }
    const registered = await request(`${server.url}/rest/v1/users`, { body: account })
    expect(codeOf(registered)).toBe('REGISTRATION_CLOSED')
  })

  test('[IDP1] give a name that is free, whatever the app calls its users', async () => {
    await using server = await start(engine, { config: { registration: 'open' } })
    const ann = await signUp(server.url, 'ann')
    const nameOf = async (sub: string, name?: unknown) =>
      textOf(await me(server.url, await make({ sub, preferred_username: name })), 'username')
    expect(await nameOf('1', 'Ann')).toMatch(/^Ann-\d{4}$/)
    expect(await nameOf('2', 'bob@example.com')).toBe('bob')
    expect(await nameOf('3', 'admin')).toMatch(/^user-/)
    expect(await nameOf('4')).toMatch(/^user-/)
    expect(await nameOf('5', { not: 'a text' })).toMatch(/^user-/)
    expect(await nameOf('6', `${'x'.repeat(40)}`)).toBe('x'.repeat(32))
    // Whose name it is says nothing about whose account it is.
    expect(textOf(await me(server.url, ann.token), 'id')).toBe(ann.id)
  })

  test('[IDP3] act by a session, which can be ended: its tokens with it, and not those of later', async () => {
    await using server = await start(engine)
    const { url } = server
    const token = await make({ sub: 'ann' })
    const id = textOf(await me(url, token), 'id')
    const second = await make({ sub: 'ann', n: 2 })
    const listed = await request(`${url}/rest/v1/sessions`, { method: 'GET', token: second })
    expect(countOf(listed)).toBe(1)
    const client = await RawTrpcClient.open(url, token)
    client.call(1, 'account.get', undefined, 'query')
    await client.answer(1)
    await logOut(url, token)
    expect(await client.closed()).toBe(4403)
    for (const each of [token, second, await make({ sub: 'ann', iat: seconds() - 5 })])
      expect(codeOf(await me(url, each))).toBe('SESSION_REVOKED')
    const next = await renewed('ann')
    expect(textOf(await me(url, next), 'id')).toBe(id)
    // The new session does not wake the tokens of the old one.
    expect(codeOf(await me(url, token))).toBe('SESSION_REVOKED')
  })

  test('[IDP3] name the app’s own session by sid, and ending one leaves the others', async () => {
    await using server = await start(engine)
    const { url } = server
    const [phone, laptop] = [
      await make({ sub: 'ann', sid: 'phone' }),
      await make({ sub: 'ann', sid: 'laptop' }),
    ]
    await me(url, phone)
    const id = textOf(await me(url, laptop), 'id')
    await logOut(url, phone)
    expect(codeOf(await me(url, phone))).toBe('SESSION_REVOKED')
    expect(textOf(await me(url, laptop), 'id')).toBe(id)
    // Signed in again at once, in the same second.
    expect(textOf(await me(url, await make({ sub: 'ann', sid: 'phone 2' })), 'id')).toBe(id)
  })

  test('[IDP11] of before an erasure let nobody in any more, also those that nobody has shown, and later ones somebody new', async () => {
    await using server = await start(engine)
    const { url } = server
    const shown = await make({ sub: 'ann', sid: 'phone' })
    const kept = await make({ sub: 'ann', sid: 'laptop' })
    const bob = await make({ sub: 'bob', sid: 'laptop' })
    const [id, idOfBob] = [textOf(await me(url, shown), 'id'), textOf(await me(url, bob), 'id')]
    await (await server.server.createCaller(shown)).account.erase({})
    const old = [kept, shown, await make({ sub: 'ann' }), await make({ sub: 'ann', sid: 'watch' })]
    const tellRefused = async () => {
      for (const token of old) expect(codeOf(await me(url, token))).toBe('SESSION_REVOKED')
    }
    await tellRefused()
    const next = textOf(await me(url, await renewed('ann', { sid: 'laptop' })), 'id')
    expect([id, idOfBob]).not.toContain(next)
    await tellRefused()
    expect(textOf(await me(url, await renewed('ann', { sid: 'phone' })), 'id')).toBe(next)
    expect(textOf(await me(url, await make({ sub: 'bob', sid: 'phone' })), 'id')).toBe(idOfBob)
  })

  test('[IDP4] open every door, and none longer than they last', async () => {
    let passed = 0
    const clock = { now: () => Date.now() + passed }
    await using server = await start(engine, { clock })
    const { url } = server
    const token = await make({ sub: 'ann' })
    expect((await me(url, token)).status).toBe(200)
    const trpc = await request(`${url}/trpc/account.get`, { method: 'GET', token })
    expect(trpc.status).toBe(200)
    expect(await (await server.server.createCaller(token)).account.get()).toMatchObject({
      id: textOf(await me(url, token), 'id'),
    })
    await using client = await RawTrpcClient.open(url, token)
    client.call(1, 'sync.live', { version: 1 }, 'subscription')
    await client.answer(1)
    const numbered = new WebSocket(await messagingUrl(url, token))
    await once(numbered, 'open')
    const numberedClosed = once(numbered, 'close')
    const late = await messagingUrl(url, token)
    const newer = await make({ sub: 'ann', exp: seconds() + 3600 })
    await using longer = await RawTrpcClient.open(url, newer)
    longer.call(1, 'account.get', undefined, 'query')
    await longer.answer(1)
    passed = 931_000
    expect(await client.closed()).toBe(4401)
    expect((await numberedClosed)[0]).toBe(4401)
    expect(codeOf(await me(url, token))).toBe('TOKEN_EXPIRED')
    // By a ticket that was asked for in time nobody stays longer either.
    const ticketed = new WebSocket(late)
    ticketed.on('error', () => undefined)
    const [code] = await Promise.race([
      once(ticketed, 'close'),
      once(ticketed, 'unexpected-response').then(() => [401]),
    ])
    expect([401, 4401]).toContain(code)
    longer.call(2, 'account.get', undefined, 'query')
    expect(await longer.answer(2)).not.toHaveProperty('error')
  })

  test('[IDP3] a suspended user is let in by no token', async () => {
    await using server = await start(engine)
    const { url } = server
    const token = await make({ sub: 'ann' })
    const id = textOf(await me(url, token), 'id')
    await suspend(server.databaseUrl, id)
    expect(codeOf(await me(url, token))).toBe('SESSION_REVOKED')
    expect(codeOf(await me(url, await make({ sub: 'ann', sid: 'another' })))).toBe('FORBIDDEN')
  })

  test('[IDP3] naming a device makes it the session of the device, for both ways of signing in', async () => {
    await using server = await start(engine)
    const { url } = server
    const token = await make({ sub: 'ann', preferred_username: 'ann' })
    const body = { deviceId: 'phone', platform: 'ios' }
    const made = await request(`${url}/rest/v1/sessions`, { token, body })
    const again = await request(`${url}/rest/v1/sessions`, {
      token: await make({ sub: 'ann', sid: 'another' }),
      body,
    })
    expect(again.body['session']).toMatchObject({ id: sessionIdOf(made.body), current: true })
    const { accessToken } = await server.server.signIn({ username: 'ann', device: body })
    const all = await request(`${url}/rest/v1/sessions`, { method: 'GET', token: accessToken })
    expect(countOf(all)).toBe(1)
  })
})

function sessionIdOf({ session }: Readonly<Record<string, unknown>>): unknown {
  return typeof session === 'object' && session !== null && 'id' in session ? session.id : undefined
}

test('[IDP2] beside tokens of published keys the server’s own go on, and its own name is nobody else’s', async () => {
  await using maker = await openTokenMaker('EdDSA')
  const externalTokens = { issuer: ISSUER, audience: AUDIENCE, jwksUri: maker.jwksUri }
  const config = { registration: 'open', externalTokens } as const
  await using server = await startTestServer({ engine: 'sqlite', config })
  const ann = await signUp(server.url, 'ann')
  expect(textOf(await me(server.url, ann.token), 'id')).toBe(ann.id)
  const bob = await maker.make({ sub: 'bob', preferred_username: 'bob' })
  expect(await me(server.url, bob)).toMatchObject({ status: 200, body: { username: 'bob' } })
  const forged = await maker.make({ sub: 'bob', iss: 'tidings', user_id: ann.id })
  expect(codeOf(await me(server.url, forged))).toBe('UNAUTHENTICATED')
})

test('[IDP2] a server that was told of no app takes no tokens but its own', async () => {
  await using server = await startTestServer({ engine: 'sqlite' })
  expect(codeOf(await me(server.url, await make({ sub: 'ann' })))).toBe('UNAUTHENTICATED')
})
