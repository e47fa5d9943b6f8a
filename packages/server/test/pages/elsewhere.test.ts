import { eq } from 'drizzle-orm'
import { expect, test, vi } from 'vitest'
import { findUser } from '../../src/stores/user.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { openFalseProvider } from '../support/false-provider.ts'
import { FormBrowser } from '../support/form-browser.ts'
import { OAuthWorld } from '../oauth/world.ts'
import { createCaller } from '../../src/rpc/root.ts'
import { administrator, letTimePass, outcomeOf } from './resident.ts'

// Two servers on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** A server, and a provider that says what it is told to; everybody there is `someone` unless told otherwise. */
async function openHouse(engine: Engine = 'sqlite') {
  const provider = await openFalseProvider()
  const own = { name: 'example', label: 'Example', issuer: provider.issuer, clientId: 'tidings' }
  const world = await OAuthWorld.open(engine, { providers: [own] })
  return {
    provider,
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

/** Presses a button of a page that leads to the provider; answers the page that leads on. */
async function press(
  browser: FormBrowser,
  page: string,
  { action, ...fields }: { readonly action: string; readonly next?: string },
): Promise<Response> {
  const _token = await browser.token(page, action)
  return browser.post(action, { _token, provider: 'example', ...fields })
}

/** Goes to the provider and back again; answers where our callback leads the browser. */
async function thereAndBack(browser: FormBrowser, onward: Response): Promise<string> {
  const address = /content="0;url=([^"]+)"/.exec(await onward.text())?.[1] ?? ''
  const led = await browser.get(pathOf(address.replaceAll('&amp;', '&')))
  const provider = await fetch(led.headers.get('location') ?? '', { redirect: 'manual' })
  const back = await browser.get(pathOf(provider.headers.get('location') ?? ''))
  return pathOf(back.headers.get('location') ?? '')
}

function pathOf(address: string): string {
  const { pathname, search } = new URL(address)
  return pathname + search
}

const BY_BUTTON = { action: '/account/sign-in/with' }

async function signInBy(browser: FormBrowser, next?: string): Promise<Response> {
  const given = next === undefined ? BY_BUTTON : { ...BY_BUTTON, next }
  const onward = await press(browser, '/account/sign-in', given)
  return browser.get(await thereAndBack(browser, onward))
}

const TO_LINK = { action: '/account/identities/link' }

/** Begins to link, and is back with the question. */
async function askedToLink(browser: FormBrowser): Promise<{ path: string; html: string }> {
  const path = await thereAndBack(browser, await press(browser, '/account', TO_LINK))
  return { path, html: await (await browser.get(path)).text() }
}

function answer(browser: FormBrowser, html: string): Promise<Response> {
  const fields = [...html.matchAll(/name="(_token|code|state)" value="([^"]*)"/g)]
  // The last form is the question's; the one before it signs out.
  const given = Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]))
  return browser.post('/account/identities/confirm', given)
}

/** All procedures in the name of who is signed in there. */
async function callerOf({ deps }: OAuthWorld, { cookies }: FormBrowser) {
  const actor = await deps.auth.authenticatePage(cookies.get('tidings-session') ?? '')
  const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
  return createCaller({ deps, actor, source, transport: null })
}

async function linkedTo({ world, provider }: Awaited<ReturnType<typeof openHouse>>) {
  const { database } = world.deps
  const { linkedIdentities } = database.tables
  const isThere = eq(linkedIdentities.issuer, provider.issuer)
  const rows = await database.read.select().from(linkedIdentities).where(isThere)
  const users = rows.map(({ userKey }) => findUser(database, database.read, { key: userKey }))
  return (await Promise.all(users)).map((user) => user?.username)
}

describeEngines('[S4.7] a button for another provider', (engine) => {
  test('[PAG9] makes an account at the first time, opens it ever after, and leads on to where one wanted to go', async () => {
    await using house = await openHouse(engine)
    const { world, provider } = house
    provider.claims = { preferred_username: 'bob' }
    const [first, second] = [new FormBrowser(world.url), new FormBrowser(world.url)]
    const shown = await (await first.get('/account/sign-in')).text()
    expect(shown).toContain('Sign in with Example')
    const entered = await signInBy(first, '/developer?page=2&sort=name')
    expect(entered.status).toBe(200)
    expect(await entered.text()).toContain('content="0;url=/developer?page=2&amp;sort=name"')
    expect(await (await first.get('/account')).text()).toContain('<dd>bob</dd>')
    await signInBy(second)
    expect(await (await second.get('/account')).text()).toContain('<dd>bob</dd>')
    expect(await linkedTo(house)).toEqual(['bob'])
  })

  test('[PAG9] [IDP7] of many who come first at the same time as one and the same, all are one account', async () => {
    await using house = await openHouse(engine)
    const { world, provider } = house
    provider.claims = { preferred_username: 'bob' }
    const browsers = Array.from({ length: 8 }, () => new FormBrowser(world.url))
    const entered = await Promise.all(browsers.map((browser) => signInBy(browser)))
    expect(entered.map(({ status }) => status)).toEqual(browsers.map(() => 200))
    expect(await linkedTo(house)).toEqual(['bob'])
  })

  test('[PAG10] [IDP11] on the page of the account another is linked, after a question that names both, and unlinked', async () => {
    await using house = await openHouse(engine)
    const { world, provider } = house
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    provider.claims = { preferred_username: 'Ann of elsewhere' }
    const browser = new FormBrowser(world.url)
    await browser.signIn(ann.name)
    const { html } = await askedToLink(browser)
    expect(html).toContain('Ann of elsewhere')
    expect(html).toContain(`is about to be linked to <strong>${ann.name}</strong>`)
    expect(await linkedTo(house)).toEqual([])
    const linked = await answer(browser, html)
    expect(linked.headers.get('location')).toBe('/account?done=linked')
    expect(await linkedTo(house)).toEqual([ann.name])
    // The code is used up, and the answer with it.
    expect((await answer(browser, html)).status).toBe(403)
    const other = new FormBrowser(world.url)
    await other.signIn(bob.name)
    const refused = await answer(other, (await askedToLink(other)).html)
    expect(await refused.text()).toContain('This account is linked to somebody else here.')
    const by = new FormBrowser(world.url)
    await signInBy(by)
    const account = await (await by.get('/account')).text()
    expect(account).toContain(`<dd>${ann.name}</dd>`)
    const identity = /name="identity" value="([^"]+)"/.exec(account)?.[1] ?? ''
    const _token = await browser.token('/account', '/account/identities/unlink')
    await browser.post('/account/identities/unlink', { _token, identity })
    expect(await linkedTo(house)).toEqual([])
  })

  test('[EXP1] [EXP3] [IDP11] what is linked is exported, and gone at once with an account that only it opened', async () => {
    await using house = await openHouse(engine)
    const { world } = house
    const browser = new FormBrowser(world.url)
    await signInBy(browser)
    // Begun, and never ended: it says who somebody is as well.
    const left = new FormBrowser(world.url)
    await thereAndBack(left, await press(left, '/account/sign-in', BY_BUTTON))
    const call = await callerOf(world, browser)
    const { items } = await call.account.export({ limit: 10 })
    expect(items).toContainEqual({
      type: 'identity',
      identity: expect.objectContaining({ provider: 'example', subject: 'someone' }),
    })
    await letTimePass(world)
    expect(await outcomeOf(call.account.erase({}))).toBe('PASSWORD_REQUIRED')
    expect(await outcomeOf(call.account.erase({ password: 'x' }))).toBe('PASSWORD_REQUIRED')
    const again = new FormBrowser(world.url)
    await signInBy(again)
    await (await callerOf(world, again)).account.erase({})
    expect(await linkedTo(house)).toEqual([])
    const { database } = world.deps
    const { providerSignIns } = database.tables
    const isHis = eq(providerSignIns.subject, 'someone')
    expect(await database.read.select().from(providerSignIns).where(isHis)).toEqual([])
  })
})

test('[PAG9] [PAG4] what comes back is worth nothing elsewhere: another browser, another sign-in, another purpose, another site', async () => {
  await using house = await openHouse()
  const { world } = house
  const [mine, yours] = [new FormBrowser(world.url), new FormBrowser(world.url)]
  const back = async (browser: FormBrowser) =>
    thereAndBack(browser, await press(browser, '/account/sign-in', BY_BUTTON))
  // Led into somebody else's sign-in a browser stays what it was, and the code is used up.
  await yours.get('/account/sign-in')
  const led = await back(mine)
  const refused = await yours.get(led)
  expect([refused.status, yours.cookies.has('tidings-session')]).toEqual([401, false])
  expect(await refused.text()).toContain('This sign-in is over. Begin it again.')
  expect((await mine.get(led)).status).toBe(401)
  // Two of one browser: the code of one with the state of the other.
  const [one, two] = [await back(mine), await back(mine)]
  const mixed = new URL(one, world.url)
  mixed.searchParams.set('state', new URL(two, world.url).searchParams.get('state') ?? '')
  expect((await mine.get(pathOf(mixed.href))).status).toBe(401)
  // What was begun to sign in links nothing, and the other way round.
  const ann = await world.person('ann')
  const asAnn = new FormBrowser(world.url)
  await asAnn.signIn(ann.name)
  const link = await thereAndBack(asAnn, await press(asAnn, '/account', TO_LINK))
  expect((await asAnn.get(link.replace('/identities/link', '/sign-in/back'))).status).toBe(401)
  const third = await back(mine)
  expect((await asAnn.get(third.replace('/sign-in/back', '/identities/link'))).status).toBe(403)
  // Nothing of it has made an account, or linked one.
  expect(await linkedTo(house)).toEqual([])
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'data:,x']) {
    const browser = new FormBrowser(world.url)
    const form = await press(browser, '/account/sign-in', { ...BY_BUTTON, next })
    const led = new URL(await thereAndBack(browser, form), world.url)
    expect(led.searchParams.get('next')).toBe('/account')
    led.searchParams.set('next', next)
    const entered = await browser.get(pathOf(led.href))
    expect(await entered.text(), next).toContain('content="0;url=/account"')
  }
})

test('[PAG9] [PAG3] a sign-in begins by the form of the page alone', async () => {
  await using house = await openHouse()
  const browser = new FormBrowser(house.world.url)
  const _token = await browser.token('/account/sign-in', BY_BUTTON.action)
  const form = { _token, provider: 'example', next: '/account' }
  const send = (fields: Readonly<Record<string, string>>, headers = {}) =>
    browser.post(BY_BUTTON.action, fields, headers)
  expect((await send({ ...form, _token: '' })).status).toBe(403)
  expect((await send(form, { 'sec-fetch-site': 'same-site' })).status).toBe(403)
  expect((await send(form, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await browser.get(`${BY_BUTTON.action}?provider=example`)).status).toBe(405)
  expect((await send({ ...form, provider: 'nobody' })).status).toBe(404)
  const good = await send(form)
  expect(good.status).toBe(200)
  expect(good.headers.get('content-security-policy')).toContain("form-action 'self'")
  expect(good.headers.get('cache-control')).toBe('no-store')
})

test('[PAG9] why it came to nothing is said on the sign-in page, and one may begin again', async () => {
  await using house = await openHouse()
  const { world, provider } = house
  const browser = new FormBrowser(world.url)
  const said = async (path: string) => {
    const response = await browser.get(path)
    const html = await response.text()
    expect(html).toContain('Sign in with Example')
    return [response.status, /role="alert"><p>([^<]+)</.exec(html)?.[1]]
  }
  const begun = await press(browser, '/account/sign-in', BY_BUTTON)
  provider.answer = 'trouble'
  expect(await said(await thereAndBack(browser, begun))).toEqual([
    401,
    'The other server cannot be reached now. Try it again later.',
  ])
  const back = '/account/sign-in/back?next=%2Faccount&error='
  expect(await said(`${back}access_denied`)).toEqual([401, 'Nobody has signed in there.'])
  // What an address says is never shown.
  expect(await said(`${back}<b>call+us</b>`)).toEqual([
    401,
    'Signing in there did not work. Try it again.',
  ])
  provider.answer = 'honest'
  expect((await signInBy(browser)).status).toBe(200)
})

test('[PAG10] why nothing was linked is said, to who goes on being signed in', async () => {
  await using house = await openHouse()
  const ann = await house.world.person('ann')
  const browser = new FormBrowser(house.world.url)
  await browser.signIn(ann.name)
  for (const [error, said] of [
    ['access_denied', 'Nobody has signed in there.'],
    ['server_error', 'Signing in there did not work. Try it again.'],
  ] as const) {
    const back = await browser.get(`/account/identities/link?error=${error}&state=x`)
    expect([back.status, await back.text()]).toEqual([403, expect.stringContaining(said)])
  }
  expect((await browser.get('/account')).status).toBe(200)
})

test('[PAG10] [PAG5] a session that is not fresh is asked for the password; another one’s link is none', async () => {
  await using house = await openHouse()
  const { world } = house
  const [ann, bob] = [await world.person('ann'), await world.person('bob')]
  const [asAnn, asBob] = [new FormBrowser(world.url), new FormBrowser(world.url)]
  await asAnn.signIn(ann.name)
  await asBob.signIn(bob.name)
  // Bob's own account there, shown to Ann as a page: it would open hers.
  const { path } = await askedToLink(asBob)
  expect((await asAnn.get(path)).status).toBe(403)
  const { html } = await askedToLink(asBob)
  expect((await answer(asAnn, html)).status).toBe(403)
  const late = await askedToLink(asBob)
  await letTimePass(world)
  for (const response of [
    await answer(asBob, late.html),
    await press(asBob, '/account', TO_LINK),
  ]) {
    const page = await response.text()
    expect(page).toContain('Is it you?')
    expect(page).toContain('name="_password"')
    expect(page).not.toContain('Sign in with Example')
  }
  expect(await linkedTo(house)).toEqual([])
})

test('[IDP11] [ADM1] signing in by another is fresh for an account that no password opens, and for no other', async () => {
  await using house = await openHouse()
  const { world, provider } = house
  provider.claims = { sub: 'of nobody' }
  const alone = new FormBrowser(world.url)
  await signInBy(alone)
  const pressed = async (browser: FormBrowser) => (await press(browser, '/account', TO_LINK)).text()
  expect(await pressed(alone)).toContain('On to the other server')
  await letTimePass(world)
  const asked = await pressed(alone)
  expect(asked).toContain('Sign in with Example')
  expect(asked).not.toContain('name="_password"')
  // By the button of that page.
  const forms = asked.split('<form').find((form) => form.includes(BY_BUTTON.action)) ?? ''
  const _token = /name="_token" value="([^"]+)"/.exec(forms)?.[1] ?? ''
  const onward = await alone.post(BY_BUTTON.action, { _token, provider: 'example' })
  expect((await alone.get(await thereAndBack(alone, onward))).status).toBe(200)
  expect(await pressed(alone)).toContain('On to the other server')

  provider.claims = { sub: 'of ann' }
  const ann = await world.person('ann')
  const asAnn = new FormBrowser(world.url)
  await asAnn.signIn(ann.name)
  await answer(asAnn, (await askedToLink(asAnn)).html)
  // Whoever sits at her browser, which is still signed in there.
  const other = new FormBrowser(world.url)
  await signInBy(other)
  expect(await (await other.get('/account')).text()).toContain(`<dd>${ann.name}</dd>`)
  expect(await pressed(other)).toContain('name="_password"')
})

test('[IDP13] [S4.7] while the server is no consumer nobody is let in or linked by another, and what is there goes on', async () => {
  await using house = await openHouse()
  const { world } = house
  const rev = await administrator(world, 'rev')
  const setRoles = (roles: ('provider' | 'consumer')[]) => rev.call.admin.updateSettings({ roles })
  const [inside, browser] = [new FormBrowser(world.url), new FormBrowser(world.url)]
  const asRev = new FormBrowser(world.url)
  await signInBy(inside)
  await asRev.signIn(rev.name)
  const { html } = await askedToLink(asRev)
  const _token = await browser.token('/account/sign-in', BY_BUTTON.action)
  const led = await thereAndBack(browser, await press(browser, '/account/sign-in', BY_BUTTON))
  await setRoles(['provider'])
  expect(await (await browser.get('/account/sign-in')).text()).not.toContain('Example')
  const begun = await browser.post(BY_BUTTON.action, { _token, provider: 'example' })
  const refused = [begun, await browser.get(led), await answer(asRev, html)]
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403])
  expect((await inside.get('/account')).status).toBe(200)
  await setRoles(['consumer'])
  expect((await browser.get(led)).status).toBe(200)
})
