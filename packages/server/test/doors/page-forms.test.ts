import { afterAll, expect, test } from 'vitest'
import { httpClient, register } from '../contract/person.ts'
import { FormBrowser } from '../support/form-browser.ts'
import { startTestServer } from '../support/test-server.ts'

const PASSWORD = 'correct horse'
const server = await startTestServer({ engine: 'sqlite' })
afterAll(() => server[Symbol.asyncDispose]())

async function signedIn(name: string): Promise<FormBrowser> {
  await register(server, name)
  const browser = new FormBrowser(server.url)
  await browser.signIn(name)
  return browser
}

test('[PAG1] [NET5] every page comes under a policy that runs, loads and frames nothing', async () => {
  const browser = await signedIn('ann1')
  const pages = ['/account/sign-in', '/account', '/account/apps', '/developer', '/developer/new']
  for (const path of [...pages, '/admin', '/developer/apps/nothing', '/admin/first?token=x']) {
    const visitor = path === '/account/sign-in' ? new FormBrowser(server.url) : browser
    const answer = await visitor.get(path)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect([path, policy]).toEqual([
      path,
      "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ])
    expect(answer.headers.get('x-frame-options')).toBe('DENY')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    // Its forms say where they come from (PAG3), to this site alone.
    expect(answer.headers.get('referrer-policy')).toBe('same-origin')
    expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    const html = await answer.text()
    expect(html).not.toMatch(/<script|<img|<iframe|\son\w+=|\sstyle=|(?:src|href|action)="(?![/#])/)
    const stylesheet = await visitor.get(/href="([^"]+\.css)"/.exec(html)?.[1] ?? '')
    expect(stylesheet.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(stylesheet.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('[PAG2] a page session is one of the account’s: listed, ended like any other, and by signing out', async () => {
  const browser = await signedIn('ann2')
  expect((await browser.get('/account')).status).toBe(200)
  const html = await (await browser.get('/account')).text()
  expect(html).toContain('Browser (pages)')
  const { sessionId } = await httpClient(server.url).account.login.mutate({
    login: 'ann2',
    password: PASSWORD,
  })
  const token = await browser.token('/account', '/account/sessions/end')
  await browser.post('/account/sessions/end', { _token: token, session: sessionId })
  expect(await (await browser.get('/account')).text()).not.toContain(sessionId)
  const [cookie] = browser.cookies.values()
  const out = await browser.token('/account', '/account/sign-out')
  expect((await browser.post('/account/sign-out', { _token: out })).status).toBe(303)
  // The cookie alone is worth nothing any more.
  browser.cookies.set('tidings-session', cookie ?? '')
  expect((await browser.get('/account')).headers.get('location')).toContain('/account/sign-in')
})

test('[PAG2] the cookie is for this host, hidden from scripts, and another one at each sign-in', async () => {
  await register(server, 'ann3')
  const browser = new FormBrowser(server.url)
  const first = (await browser.signIn('ann3')).headers.getSetCookie()
  expect(first).toHaveLength(1)
  expect(first[0]).toMatch(/^tidings-session=[^;]+; Path=\/; HttpOnly; SameSite=Lax$/)
  const token = await browser.token('/account', '/account/sign-out')
  const again = new FormBrowser(server.url)
  const second = (await again.signIn('ann3')).headers.getSetCookie()
  expect(second[0]).not.toBe(first[0])
  expect(token).not.toBe(await again.token('/account', '/account/sign-out'))
  await using secure = await startTestServer({
    engine: 'sqlite',
    config: { publicUrl: 'https://chat.example' },
  })
  await register(secure, 'ann')
  const set = (await new FormBrowser(secure.url).get('/account/sign-in')).headers.getSetCookie()
  expect(set[0]).toMatch(/^__Host-tidings-visitor=.+; Secure$/)
})

test('[PAG2] a cookie that somebody made up or changed is nobody’s', async () => {
  const browser = await signedIn('ann4')
  const value = browser.cookies.get('tidings-session') ?? ''
  const [id = '', proof = ''] = value.split('.')
  const forged = [`${id}.`, id, `${id}.${proof.slice(1)}`, `${crypto.randomUUID()}.${proof}`, '.']
  for (const cookie of forged) {
    browser.cookies.set('tidings-session', cookie)
    expect([cookie, (await browser.get('/account')).status]).toEqual([cookie, 303])
  }
})

test('[PAG3] a form is taken from our own page in the same browser alone', async () => {
  const browser = await signedIn('ann5')
  const other = await signedIn('ann6')
  const name = {
    name: 'Bot',
    redirectUris: 'https://app.example/',
    grantTypes: 'authorization_code',
  }
  const token = await browser.token('/developer/new', '/developer/new')
  const send = async (_token: string, headers = {}, from = browser) =>
    (await from.post('/developer/new', { ...name, _token }, headers)).status
  expect(await send('')).toBe(403)
  expect(await send('x')).toBe(403)
  expect(await send(await browser.token('/account', '/account/sign-out'))).toBe(403)
  expect(await send(await other.token('/developer/new', '/developer/new'))).toBe(403)
  expect(await send(token, {}, other)).toBe(403)
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    // Another port of this machine is the same site, and is another page all the same.
    { origin: 'http://127.0.0.1:9' },
    { origin: 'http://localhost:9', 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of foreign)
    expect([headers, await send(token, headers)]).toEqual([headers, 403])
  const list = await (await browser.get('/developer')).text()
  expect(list).toContain('You have no apps yet')
  const own = { origin: server.url, 'sec-fetch-site': 'same-origin' }
  expect(await send(token, own)).toBe(200)
  const json = await fetch(`${server.url}/developer/new`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(json.status).toBe(415)
})

test('[PAG3] nobody is signed in by a form that another browser was given', async () => {
  await register(server, 'ann7')
  const attacker = new FormBrowser(server.url)
  const token = await attacker.token('/account/sign-in', '/account/sign-in')
  const victim = new FormBrowser(server.url)
  await victim.get('/account/sign-in')
  const fields = { _token: token, login: 'ann7', password: PASSWORD }
  expect((await victim.post('/account/sign-in', fields)).status).toBe(403)
  expect((await new FormBrowser(server.url).post('/account/sign-in', fields)).status).toBe(403)
  expect((await attacker.post('/account/sign-in', fields)).status).toBe(200)
})

test('[PAG4] after signing in one is led back inside this site alone, and guesses are limited as ever', async () => {
  await register(server, 'ann8')
  for (const [next, to] of [
    ['/developer/new?x=1', '/developer/new?x=1'],
    ['https://evil.example/', '/account'],
    ['//evil.example/', '/account'],
    ['/\\evil.example/', '/account'],
    ['javascript:alert(1)', '/account'],
    ['/a\nb', '/account'],
  ] as const) {
    const browser = new FormBrowser(server.url)
    const token = await browser.token('/account/sign-in', '/account/sign-in')
    const fields = { _token: token, login: 'ann8', password: PASSWORD, next }
    const html = await (await browser.post('/account/sign-in', fields)).text()
    expect([next, /content="0;url=([^"]*)"/.exec(html)?.[1]]).toEqual([next, to])
  }
  const browser = new FormBrowser(server.url)
  const token = await browser.token('/account/sign-in', '/account/sign-in')
  const wrong = { _token: token, login: 'ann8', password: 'wrong' }
  const outcomes: number[] = []
  for (let at = 0; at < 7; at += 1)
    outcomes.push((await browser.post('/account/sign-in', wrong)).status)
  expect(outcomes).toEqual([401, 401, 401, 401, 401, 401, 429])
  const right = await browser.post('/account/sign-in', { ...wrong, password: PASSWORD })
  expect(right.status).toBe(429)
  expect(await right.text()).toMatch(/Try again in \d+ minutes/)
})
