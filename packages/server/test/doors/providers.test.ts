import { createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { Browser } from '../support/browser.ts'
import { describeEngines } from '../support/databases.ts'
import { openFalseProvider } from '../support/false-provider.ts'
import { CLIENT } from '../support/oidc-provider.ts'
import { startTestServer } from '../support/test-server.ts'
import {
  APP,
  begin,
  codeOf,
  openProviderWorld,
  proven,
  rest,
  signInBy,
  tell,
} from './provider-world.ts'
import { request, signUp, textOf } from './support/seed-client.ts'

const PASSWORD = '0000'

// Two servers, and a provider that is one in its own right, on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describeEngines('[S4.7] signing in by an OpenID provider', (engine) => {
  test('[IDP7] makes an account at the first time and finds it ever after, by issuer and subject alone', async () => {
    await using world = await openProviderWorld(engine)
    const { server, provider } = world
    const shown = await rest(server, '/providers', { method: 'GET' })
    expect(shown.body['0']).toEqual({ name: 'example', label: 'Example' })
    provider.person = { subject: '17', name: 'bob' }
    const first = await signInBy(server)
    expect(first.body).toMatchObject({ user: { username: 'bob', email: null } })
    const token = textOf(first, 'accessToken')
    const me = await rest(server, '/me', { method: 'GET', token })
    // Called otherwise there now: the same account.
    provider.person = { subject: '17', name: 'robert' }
    const again = await signInBy(server)
    expect(again.body).toMatchObject({ user: { id: textOf(me, 'id'), username: 'bob' } })
    const listed = await rest(server, '/me/identities', { method: 'GET', token })
    expect(listed.body['0']).toMatchObject({
      provider: 'example',
      issuer: provider.issuer,
      subject: '17',
      lastUsedAt: expect.any(Number),
    })
    // It is the only way in.
    const id = (listed.body['0'] as { id: string }).id
    const unlinked = await rest(server, `/me/identities/${id}`, { method: 'DELETE', token })
    expect(codeOf(unlinked)).toBe('FORBIDDEN')
  })

  test('[IDP7] who is called as somebody is called here gets another account, and another name', async () => {
    await using world = await openProviderWorld(engine)
    const { server, provider } = world
    const ann = await signUp(server.url, 'ann')
    provider.person = { subject: '18', name: 'ann' }
    const { user } = (await signInBy(server)).body as { user: { id: string; username: string } }
    expect(user.id).not.toBe(ann.id)
    expect(user.username).toMatch(/^ann-\d{4}$/)
  })

  test('[IDP9] a code is for the app that has begun, once, and for a minute', async () => {
    await using world = await openProviderWorld(engine)
    const { server, provider } = world
    provider.person = { subject: '17', name: 'bob' }
    const exchange = (body: object) => rest(server, '/providers/complete', { body })
    const one = await proven(server)
    const many = await Promise.all(Array.from({ length: 20 }, () => exchange(one)))
    expect(many.map(codeOf).toSorted()).toEqual([
      ...Array.from({ length: 19 }, () => 'UNAUTHENTICATED'),
      'done',
    ])
    // Whoever has found a code, and begun a sign-in of his own.
    const [found, own] = [await proven(server), await proven(server)]
    expect(codeOf(await exchange({ code: found.code, verifier: own.verifier }))).toBe(
      'UNAUTHENTICATED',
    )
    expect(codeOf(await exchange(found))).toBe('UNAUTHENTICATED')
    expect(codeOf(await exchange(own))).toBe('done')
  })

  test('[IDP8] comes back once, in time, into the browser in which it was begun', async () => {
    await using world = await openProviderWorld(engine)
    const { server, provider } = world
    provider.person = { subject: '17' }
    const callback = `${server.url}/oauth/callback/example`
    const browser = new Browser()
    const back = await browser.followTo((await begin(server)).url, callback)
    const statusOf = async (address: string, by = browser) => {
      const response = await by.open(address)
      return [response.status, response.headers.get('location')]
    }
    const changed = new URL(back)
    changed.searchParams.set('state', 'a'.repeat(43))
    // A page of somebody else's, which leads a browser into his own sign-in, has no part in it either.
    for (const [address, by] of [
      [changed.href, browser],
      [callback, browser],
      [`${callback}?error=access_denied`, browser],
      [back.href, new Browser()],
    ] as const)
      expect(await statusOf(address, by), address).toEqual([403, null])
    const end = await browser.ledTo(back.href)
    expect(end.href.startsWith(APP)).toBe(true)
    expect(end.searchParams.get('state')).toBe('of the app')
    expect(await statusOf(back.href)).toEqual([403, null])
    // What it began with is used up too.
    const { url } = await begin(server)
    expect(await statusOf(url.replace('request=', 'request=x'))).toEqual([403, null])
    expect(await statusOf(`${server.url}/oauth/sign-in/example`)).toEqual([403, null])
    expect((await statusOf(`${server.url}/oauth/sign-in/nobody`))[0]).toBe(404)
    expect((await statusOf(`${server.url}/oauth/callback/nobody`))[0]).toBe(404)
  })

  test('[IDP11] is linked to an account by its password alone, and to one account', async () => {
    await using world = await openProviderWorld(engine, { config: { registration: 'open' } })
    const { server, provider } = world
    const [ann, cat] = [await signUp(server.url, 'ann'), await signUp(server.url, 'cat')]
    const subject = subjectOfDash(provider.issuer)
    provider.person = { subject, name: 'ann' }
    const link = (token: string, body: object) =>
      rest(server, '/me/identities', { token, body: { password: PASSWORD, ...body } })
    const code = await proven(server)
    expect(codeOf(await link(ann.token, { ...code, password: 'wrong' }))).toBe(
      'INVALID_CREDENTIALS',
    )
    const linked = await link(ann.token, code)
    expect(linked.body).toMatchObject({ provider: 'example', subject, lastUsedAt: null })
    expect(codeOf(await link(ann.token, code))).toBe('UNAUTHENTICATED')
    expect(codeOf(await link(ann.token, await proven(server)))).toBe('done')
    expect(codeOf(await link(cat.token, await proven(server)))).toBe('FORBIDDEN')
    expect((await signInBy(server)).body).toMatchObject({ user: { id: ann.id } })

    const id = textOf(linked, 'id')
    // Nothing that a command line would take for an option.
    expect(id).toMatch(/^\w[\w-]{42}$/)
    const unlink = (token: string) =>
      rest(server, `/me/identities/${id}`, { method: 'DELETE', token })
    expect(codeOf(await unlink(cat.token))).toBe('NOT_FOUND')
    expect((await unlink(ann.token)).status).toBe(204)
    expect(codeOf(await unlink(ann.token))).toBe('NOT_FOUND')
    // Nobody's again: another account is made for it, since hers is not meant by a name.
    const other = await signInBy(server)
    expect(other.body).toMatchObject({ user: { username: expect.stringMatching(/^ann-/) } })
  })

  test('[IDP7] makes no account where registration is closed, and still opens those that are linked', async () => {
    await using world = await openProviderWorld(engine)
    const { server, provider } = world
    const ann = await signUp(server.url, 'ann')
    provider.person = { subject: '17' }
    const body = { ...(await proven(server)), password: PASSWORD }
    await rest(server, '/me/identities', { token: ann.token, body })
    await server.server.close()
    const { issuer } = provider
    await using second = await startTestServer({
      engine,
      databaseUrl: server.databaseUrl,
      config: { registration: 'closed', providers: [{ name: 'example', issuer, ...CLIENT }] },
    })
    await provider.register(`${second.url}/oauth/callback/example`)
    expect((await signInBy(second)).body).toMatchObject({ user: { id: ann.id } })
    provider.person = { subject: '18' }
    expect(codeOf(await signInBy(second))).toBe('REGISTRATION_CLOSED')
  })
})

test('[IDP10] somebody who refuses, and a provider that cannot be reached, are told to the app, and nothing is made', async () => {
  await using world = await openProviderWorld('sqlite')
  const { server, provider } = world
  provider.person = undefined
  expect(await tell(await begin(server))).toEqual({ error: 'access_denied', state: 'of the app' })
  const gone = await openFalseProvider()
  await gone[Symbol.asyncDispose]()
  const down = { name: 'down', issuer: gone.issuer, clientId: 'tidings' }
  await using alone = await startTestServer({ engine: 'sqlite', config: { providers: [down] } })
  expect(await tell(await begin(alone, 'down'))).toEqual({
    error: 'temporarily_unavailable',
    state: 'of the app',
  })
})

/** Addresses to which nobody may be led. */
const BAD_ADDRESSES = [
  'https://evil.example/in',
  'http://127.0.0.1.evil.example/in',
  'http://127.0.0.1@evil.example/in',
  'http://evil.example\\@127.0.0.1/in',
  'http://ann:secret@127.0.0.1/in',
  '//evil.example/in',
  '/in',
  'javascript:alert(1)//127.0.0.1',
  'data:text/html,x',
  'file:///etc/passwd',
  'http://127.0.0.1/in#fragment',
  'http://127.0.0.1/in#',
  'http://127.0.0.1/in\r\nset-cookie: a=b',
  'http://127.0.0.1\t.evil.example/',
  'http:/\\evil.example',
  'https://app.example.com.evil.example/',
  'https://app.example.com:8443/',
  'http://app.example.com/',
  'capacitor://evil/',
  ' http://127.0.0.1/in',
  `http://127.0.0.1/${'a'.repeat(2000)}`,
]

test('[IDP9] a sign-in ends in an app whose origin is allowed, and nowhere else', async () => {
  await using provider = await openFalseProvider()
  const allowedOrigins = ['https://app.example.com', 'capacitor://localhost']
  const own = { name: 'example', issuer: provider.issuer, clientId: 'tidings' }
  await using server = await startTestServer({
    engine: 'sqlite',
    config: { allowedOrigins, providers: [own] },
  })
  const outcome = async (redirectUri: string) =>
    codeOf(await rest(server, '/providers/begin', { body: { provider: 'example', redirectUri } }))
  for (const address of BAD_ADDRESSES) expect(await outcome(address), address).toBe('INVALID_INPUT')
  for (const address of [
    'https://app.example.com/in?a=b',
    'capacitor://localhost/in',
    'http://localhost:5173/in',
    `${server.url}/in`,
  ])
    expect(await outcome(address), address).toBe('done')
  expect(
    codeOf(
      await rest(server, '/providers/begin', { body: { provider: 'nobody', redirectUri: APP } }),
    ),
  ).toBe('NOT_FOUND')
})

const LIES = [
  ['an id token of another sign-in', { claims: { nonce: 'another' } }],
  ['an id token without the mark of the sign-in', { claims: { nonce: undefined } }],
  ['an id token for another client', { claims: { aud: 'another' } }],
  ['an id token of another issuer', { claims: { iss: 'https://evil.example' } }],
  ['an id token that is over', { claims: { exp: 1 } }],
  ['an id token about nobody', { claims: { sub: undefined } }],
  ['a user whose name no database keeps', { claims: { sub: 'a\u0000b' } }],
  ['an id token of a key that is not its own', { answer: 'foreign key' }],
  ['an id token without signature', { answer: 'unsigned' }],
  ['no id token', { answer: 'no id token' }],
  ['a refusal', { answer: 'refusal' }],
  ['a page', { answer: 'garbage' }],
] as const

/** A provider that does as it is told, and a server whose users sign in by it. */
async function openLies(lie: object) {
  const provider = await openFalseProvider()
  const own = { name: 'false', issuer: provider.issuer, clientId: 'tidings' }
  const server = await startTestServer({ engine: 'sqlite', config: { providers: [own] } })
  Object.assign(provider, lie)
  return {
    provider,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

test.each(LIES)('[IDP8] %s signs nobody in', async (_, lie) => {
  await using world = await openLies(lie)
  const told = await tell(await begin(world.server, 'false'))
  expect(told).toEqual({ error: 'server_error', state: 'of the app' })
})

test('[IDP8] each sign-in has a secret of its own, without which its code is nothing to the provider', async () => {
  await using world = await openLies({})
  const { server, provider } = world
  for (let at = 0; at < 3; at += 1) expect(codeOf(await signInBy(server, 'false'))).toBe('done')
  const verifiers = provider.asked.map((asked) => asked.get('code_verifier') ?? '')
  expect(new Set(verifiers).size).toBe(3)
  for (const verifier of verifiers) expect(verifier).toMatch(/^[\w-]{43}$/)
})

test('[IDP11] of an erased account nothing elsewhere is kept: who comes again is somebody new', async () => {
  await using world = await openLies({})
  const { server } = world
  const ann = await signUp(server.url, 'ann')
  const body = { ...(await proven(server, 'false')), password: PASSWORD }
  const linked = await rest(server, '/me/identities', { token: ann.token, body })
  expect(codeOf(linked)).toBe('done')
  await (await server.server.createCaller(ann.token)).account.erase({ password: PASSWORD })
  const { user } = (await signInBy(server, 'false')).body as { user: { id: string } }
  expect(user.id).not.toBe(ann.id)
})

test('[IDP10] a provider that has trouble is told to the app, and may be tried again', async () => {
  await using world = await openLies({ answer: 'trouble' })
  const { server, provider } = world
  const told = await tell(await begin(server, 'false'))
  expect(told).toEqual({ error: 'temporarily_unavailable', state: 'of the app' })
  provider.answer = 'honest'
  expect(codeOf(await signInBy(server, 'false'))).toBe('done')
})

test('[IDP8] the answer of one provider is none of another’s, and one that says it is of another issuer is none', async () => {
  await using honest = await openFalseProvider()
  await using evil = await openFalseProvider()
  const clientId = 'tidings'
  const providers = [
    { name: 'honest', issuer: honest.issuer, clientId },
    { name: 'evil', issuer: evil.issuer, clientId },
  ]
  await using server = await startTestServer({ engine: 'sqlite', config: { providers } })
  const callback = `${server.url}/oauth/callback/`
  const outcome = async (change: (back: URL) => void) => {
    const browser = new Browser()
    const back = await browser.followTo((await begin(server, 'honest')).url, callback)
    change(back)
    return (await browser.ledTo(back.href)).searchParams.get('error')
  }
  const asked = evil.asked.length
  // The code of the honest one must never come to the other.
  const mixedUp = (back: URL) => {
    back.pathname = '/oauth/callback/evil'
  }
  expect(await outcome(mixedUp)).toBe('server_error')
  expect(evil.asked.length).toBe(asked)
  expect(await outcome((back) => back.searchParams.set('iss', evil.issuer))).toBe('server_error')
  expect(await outcome((back) => back.searchParams.delete('iss'))).toBe('server_error')
  expect(await outcome((back) => back.searchParams.append('code', 'another'))).toBe('server_error')
  expect(await outcome((back) => back.searchParams.delete('code'))).toBe('server_error')
  expect(await outcome(() => undefined)).toBe(null)
  // A sign-in by one does not begin at the address of the other.
  const { url } = await begin(server, 'honest')
  const elsewhere = await new Browser().open(url.replace('/sign-in/honest', '/sign-in/evil'))
  expect(elsewhere.status).toBe(403)
})

test('[IDP7] a provider that speaks OAuth alone says who it is at an address of its own', async () => {
  await using provider = await openFalseProvider()
  const endpoints = {
    authorization: `${provider.issuer}/authorize`,
    token: `${provider.issuer}/token`,
  }
  const userInfo = { url: `${provider.issuer}/user`, subject: 'id', name: 'login' }
  const clientId = 'tidings'
  const plain = { name: 'plain', issuer: provider.issuer, clientId, userInfo }
  for (const configured of [plain, { ...plain, endpoints }]) {
    await using server = await startTestServer({
      engine: 'sqlite',
      config: { providers: [configured] },
    })
    Object.assign(provider, { answer: 'no id token', user: { id: 17, login: 'bob' } })
    const first = await signInBy(server, 'plain')
    expect(first.body).toMatchObject({ user: { username: 'bob' } })
    for (const user of [{}, { id: null }, { id: '' }, 'bob', null, { id: 2 ** 53 }, { id: 1.5 }]) {
      provider.user = user
      const told = await tell(await begin(server, 'plain'))
      expect(told, JSON.stringify(user)).toMatchObject({ error: 'server_error' })
    }
  }
})

test('[IDP9] on its way nothing of a sign-in is kept by caches, told to other sites, or read by scripts', async () => {
  await using provider = await openFalseProvider()
  const own = { name: 'example', issuer: provider.issuer, clientId: 'tidings' }
  const publicUrl = 'https://chat.example.com'
  await using server = await startTestServer({
    engine: 'sqlite',
    config: { publicUrl, allowedOrigins: ['http://127.0.0.1:9'], providers: [own] },
  })
  const { url } = await begin(server)
  expect(url.startsWith(`${publicUrl}/oauth/sign-in/example?request=`)).toBe(true)
  const response = await fetch(url.replace(publicUrl, server.url), { redirect: 'manual' })
  expect(response.headers.get('cache-control')).toContain('no-store')
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(response.headers.get('set-cookie')).toMatch(
    /^__Host-tidings-sign-in=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
  )
  const { searchParams } = new URL(response.headers.get('location') ?? '')
  expect(searchParams.get('redirect_uri')).toBe(`${publicUrl}/oauth/callback/example`)
  expect(searchParams.get('code_challenge_method')).toBe('S256')
  expect(searchParams.get('response_type')).toBe('code')
})

test('[IDP9] what is under way too long is over', async () => {
  let passed = 0
  await using provider = await openFalseProvider()
  const own = { name: 'example', issuer: provider.issuer, clientId: 'tidings' }
  await using server = await startTestServer({
    engine: 'sqlite',
    config: { providers: [own] },
    clock: { now: () => Date.now() + passed },
  })
  const [late, browser] = [await begin(server), new Browser()]
  const back = await browser.followTo(late.url, `${server.url}/oauth/callback/`)
  const code = await proven(server)
  const another = await begin(server)
  passed = 61_000
  expect(codeOf(await rest(server, '/providers/complete', { body: code }))).toBe('UNAUTHENTICATED')
  passed = 601_000
  expect((await browser.open(back.href)).status).toBe(403)
  expect((await browser.open(another.url)).status).toBe(403)
  expect((await request(`${server.url}/readyz`, { method: 'GET' })).status).toBe(200)
})

/** One whose digest begins with a dash. */
function subjectOfDash(issuer: string): string {
  for (let number = 0; ; number += 1) {
    const digest = createHash('sha256').update(JSON.stringify([issuer, String(number)]))
    if (digest.digest('base64url').startsWith('-')) return String(number)
  }
}
