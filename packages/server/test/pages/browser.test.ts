import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { browserTest, isChromiumMissing, openBrowser } from '../../../sdk/test/support/chromium.ts'
import { makeAdminToken } from '../../src/auth/admin-link.ts'
import { systemClock } from '../../src/clock.ts'
import { httpClient } from '../contract/person.ts'
import { OAuthWorld, pkce } from '../oauth/world.ts'
import { browse, PASSWORD, violations, type Browsing } from './browsing.ts'
import { administrator, letTimePass, NIGHT_BOT, resident, verifiedApp } from './resident.ts'

const SECRET = 'a secret of tests that is long enough 0123456789'
const REDIRECT = 'https://app.example/callback'
/** On a machine that has much else to do. */
const SOON = { timeout: 60_000 }

let browser: Browser
beforeAll(async () => {
  if (!isChromiumMissing) browser = await openBrowser()
})
afterAll(async () => {
  if (!isChromiumMissing) await browser.close()
})

/** Somebody who was signed out signs in again. */
async function again({ url }: OAuthWorld, login: string) {
  const { accessToken } = await httpClient(url).account.login.mutate({ login, password: PASSWORD })
  return httpClient(url, accessToken)
}

/** Where an app sends its users to. */
function authorizePath(clientId: string, redirectUri = REDIRECT): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state: 'xyz',
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
  })
  return `/oauth/authorize?${query.toString()}`
}

/** Says at the other server who one is, and lets this one know. */
async function proveThere({ page, click }: Browsing, name: string): Promise<void> {
  await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor()
  await page.getByLabel('Name or e-mail address').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await click('Sign in')
  await page.getByRole('heading', { name: 'Our House wants to act for you' }).waitFor()
  expect(new URL(page.url()).hostname).toBe('localhost')
  await page.getByText('See your name, your e-mail address').waitFor()
  await click('Allow')
}

/** A server of ours by which one can sign in at another of ours: a client there, verified, which may see who one is. */
async function openOtherHouse() {
  const there = await OAuthWorld.open('sqlite', { host: 'localhost' })
  const [reviewer, creator] = [await administrator(there, 'ann'), await resident(there, 'dan')]
  // Of a port of this machine the other server asks no more than that it is one.
  const redirectUris = ['http://127.0.0.1/oauth/callback/tidings']
  const app = await verifiedApp({ creator, reviewer }, { name: 'Our House', redirectUris })
  await reviewer.call.admin.setClientScopes({ clientId: app.clientId, scopes: ['account:read'] })
  const provider = {
    name: 'tidings',
    label: 'The Other House',
    issuer: there.url,
    clientId: app.clientId,
    clientSecret: app.secret,
    scope: 'account:read',
    userInfo: { url: `${there.url}/rest/v1/me`, subject: 'id', name: 'username' },
  }
  return { there, provider }
}

/** The app's own page, so that nothing leaves this machine; answers where the browser was led. */
async function standIn({ context }: Browsing): Promise<string[]> {
  const led: string[] = []
  await context.route('https://app.example/**', async (route) => {
    led.push(route.request().url())
    await route.fulfill({ body: 'the app', contentType: 'text/plain' })
  })
  return led
}

/** What a developer says of an app, by the labels of the form. */
const NIGHT: Readonly<Record<string, string>> = {
  Name: 'Night Bot',
  Description: 'Answers while you sleep.',
  'Address of the app': 'https://app.example/night',
  'Link of the logo': 'https://app.example/night.svg',
  'Redirect URIs': REDIRECT,
}
const DAY: typeof NIGHT = {
  Name: 'Day Bot',
  Description: 'Answers while you work.',
  'Address of the app': 'https://app.example/day',
  'Link of the logo': 'https://app.example/day.svg',
  'Redirect URIs': `${REDIRECT}\n${REDIRECT}/more`,
}

async function fillIn({ page }: Browsing, values: typeof NIGHT): Promise<void> {
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label).fill(value)
}

/** The same form as it stands now. */
async function filledIn({ page }: Browsing): Promise<typeof NIGHT> {
  const values = Object.keys(NIGHT).map(
    async (label) => [label, await page.getByLabel(label).inputValue()] as const,
  )
  return Object.fromEntries(await Promise.all(values))
}

browserTest(
  '[S4.2] [S4.5] [S4.6] [PAG7] an app is registered, verified, given scopes and edited, by clicks alone',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const [ann, bob] = [await administrator(world, 'ann'), await resident(world, 'bob')]
    await using dev = await browse(world, browser, bob.name)
    await using admin = await browse(world, browser, ann.name)
    await dev.open('/developer')
    await dev.follow('Register an app')
    const wrong = { ...NIGHT, 'Redirect URIs': 'http://evil.example/' }
    await fillIn(dev, wrong)
    await dev.click('Register')
    await dev.page.getByRole('alert').waitFor()
    expect(await dev.page.getByLabel('Redirect URIs').getAttribute('aria-invalid')).toBe('true')
    expect(await filledIn(dev)).toEqual(wrong)
    expect(await violations(dev.page)).toEqual([])
    await dev.page.getByLabel('Redirect URIs').fill(REDIRECT)
    await dev.click('Register')
    await dev.page.getByRole('heading', { name: 'Your app is registered' }).waitFor()
    const [clientId, secret] = await dev.page.locator('.secret').allTextContents()
    expect(secret).toMatch(/^tdk_[\w-]{43}$/)
    expect(await violations(dev.page)).toEqual([])
    await dev.follow('To the app')
    expect(await dev.page.content()).not.toContain(secret)
    expect(await filledIn(dev)).toEqual(NIGHT)
    await dev.page.getByLabel('What should the administrators know?').fill('For the night shift.')
    await dev.click('Submit for verification')
    await dev.page.getByText('Submitted. An administrator will look at it.').waitFor()

    await admin.open('/admin/reviews')
    await admin.page.getByText('For the night shift.').waitFor()
    await admin.page.getByText('Refuse, with a reason').click()
    expect(await violations(admin.page)).toEqual([])
    await admin.page.getByLabel('Reason').fill('What does it answer?')
    await admin.click('Refuse Night Bot')
    await admin.page.getByText('Refused. The developer sees your reason.').waitFor()
    await dev.page.reload()
    await dev.page.getByText('What does it answer?').waitFor()
    await dev.page.getByLabel('What should the administrators know?').fill('Questions.')
    await dev.click('Submit for verification')
    await admin.open('/admin/reviews')
    await admin.click('Approve Night Bot')
    await admin.page.getByText('Approved.').waitFor()

    await dev.open(`/developer/apps/${clientId}`)
    await dev.page.getByText('verified', { exact: true }).waitFor()
    await dev.page.getByLabel('messages:read').check()
    await dev.page.getByLabel('What does the app need them for?').fill('To answer.')
    await dev.click('Apply')
    await dev.page.getByText('The application has been sent.').waitFor()
    await admin.open('/admin/applications')
    expect(await violations(admin.page)).toEqual([])
    await admin.click('Approve Night Bot')
    await admin.page.getByText('Approved.').waitFor()
    await dev.page.reload()
    await dev.page.getByText('Read your messages').first().waitFor()
    expect(await violations(dev.page)).toEqual([])
    await fillIn(dev, DAY)
    await dev.click('Save')
    await dev.page.getByText('An administrator looks at the app again').waitFor()
    await dev.page.reload()
    expect(await filledIn(dev)).toEqual(DAY)
    await dev.click('Make another secret')
    await dev.page.getByRole('heading', { name: 'Another secret' }).waitFor()
    await dev.follow('To the app')
    await dev.click('Delete the app')
    await dev.page.getByText('Deleted.').waitFor()
    expect([...dev.problems, ...admin.problems]).toEqual([])
  },
)

browserTest(
  '[S4.2] [PAG8] the consent page names app, user and scopes in words; allow and deny lead back, and it can be taken back',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const [reviewer, creator] = [await administrator(world, 'ann'), await resident(world, 'bob')]
    const user = await resident(world, 'cat')
    const { clientId } = await verifiedApp({ creator, reviewer })
    await reviewer.call.admin.setClientScopes({ clientId, scopes: ['messages:read'] })
    const peer = await user.call.conversation.open({ userId: creator.userId })
    await using visitor = await browse(world, browser)
    const led = await standIn(visitor)
    const { page } = visitor
    // Not signed in: by way of the sign-in, and on to the question.
    await visitor.open(authorizePath(clientId))
    await page.getByLabel('Name or e-mail address').fill(user.name)
    await page.getByLabel('Password').fill(PASSWORD)
    await visitor.click('Sign in')
    await page.getByRole('heading', { name: 'Night Bot wants to act for you' }).waitFor()
    const text = await page.getByRole('main').innerText()
    expect(text).toContain(`You are signed in as ${user.name}.`)
    expect(text).toContain('Read your messages and the receipts of them')
    expect(text).toContain('app.example')
    expect(text).not.toContain('not verified')
    await page.getByText('In some conversations only').click()
    expect(await violations(page)).toEqual([])
    await visitor.click('Deny')
    await page.waitForURL('https://app.example/**')
    expect(led).toHaveLength(1)
    expect(new URL(led[0] ?? '').searchParams.get('error')).toBe('access_denied')
    expect(new URL(led[0] ?? '').searchParams.get('state')).toBe('xyz')

    await visitor.open(authorizePath(clientId))
    await page.getByText('In some conversations only').click()
    await page.getByLabel('Limit it to what is chosen below').check()
    await page.getByLabel(creator.name).check()
    await visitor.click('Allow')
    await page.waitForURL('https://app.example/**')
    expect(led).toHaveLength(2)
    const answer = new URL(led[1] ?? '').searchParams
    expect(answer.get('code')).not.toBeNull()
    expect(answer.get('iss')).toBe(world.url)
    await visitor.open('/account/apps')
    await page.getByText('In the conversations that you have chosen, it may:').waitFor()
    expect(await violations(page)).toEqual([])
    await visitor.click('Disconnect Night Bot')
    await page.getByText('The app has no access to your account any more.').waitFor()
    expect(await user.call.oauth.listConsents()).toEqual([])
    expect(peer.id).not.toBe('')
    expect(visitor.problems).toEqual([])
  },
)

browserTest(
  '[PAG1] an app at an address of IPv6, for which no policy has words, gets its answer',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const user = await resident(world, 'cat')
    const redirectUri = 'http://[::1]:8080/callback'
    const { id } = await world.client({ redirectUris: [redirectUri] })
    await using visitor = await browse(world, browser, user.name)
    const { page, context } = visitor
    await context.route(
      ({ hostname }) => hostname === '[::1]',
      (route) => route.fulfill({ body: 'the app', contentType: 'text/plain' }),
    )
    for (const [button, given] of [
      ['Allow', 'code'],
      ['Deny', 'error'],
    ] as const) {
      await visitor.open(authorizePath(id, redirectUri))
      await visitor.click(button)
      await page.waitForURL(({ href }) => href.startsWith(redirectUri))
      const { searchParams } = new URL(page.url())
      expect([searchParams.has(given), searchParams.get('state')]).toEqual([true, 'xyz'])
    }
  },
)

browserTest(
  '[S4.7] [PAG9] [PAG10] [IDP7] one signs in with an account of another server, on to the consent page, and links one',
  { timeout: 300_000 },
  async () => {
    const { there, provider } = await openOtherHouse()
    await using other = there
    await using world = await OAuthWorld.open('sqlite', { providers: [provider] })
    const [reviewer, creator] = [await administrator(world, 'ann'), await resident(world, 'bob')]
    const { clientId } = await verifiedApp({ creator, reviewer })
    const [eve, fay] = [await resident(other, 'eve'), await resident(other, 'fay')]
    await using visitor = await browse(world, browser)
    const { page } = visitor
    const led = await standIn(visitor)
    // An app sends its user here, who has no account here.
    await visitor.open(authorizePath(clientId))
    await page.getByRole('button', { name: 'Sign in with The Other House' }).waitFor()
    expect(await violations(page)).toEqual([])
    await visitor.click('Sign in with The Other House')
    await proveThere(visitor, eve.name)
    await page.getByRole('heading', { name: 'Night Bot wants to act for you' }).waitFor()
    expect(new URL(page.url()).hostname).toBe('127.0.0.1')
    await page.getByText(`You are signed in as ${eve.name}.`).waitFor()
    await visitor.click('Allow')
    await page.waitForURL('https://app.example/**')
    expect(new URL(led[0] ?? '').searchParams.get('code')).not.toBeNull()
    await visitor.open('/account')
    await page.getByRole('heading', { name: 'Other ways to sign in' }).waitFor()
    expect(await violations(page)).toEqual([])
    // It is the only way in.
    await visitor.click('Unlink the account at The Other House')
    await page.getByText('Nothing else would open your account.').waitFor()

    // Whoever refuses there is back at the sign-in page, and told.
    await using second = await browse(world, browser)
    await second.open('/account/sign-in')
    await second.click('Sign in with The Other House')
    await second.page.getByLabel('Name or e-mail address').fill(fay.name)
    await second.page.getByLabel('Password').fill(PASSWORD)
    await second.click('Sign in')
    await second.click('Deny')
    await second.page.getByText('Nobody has signed in there.').waitFor()
    expect(await violations(second.page)).toEqual([])

    // Somebody who has an account here links the one there, and is asked.
    await using own = await browse(world, browser, creator.name)
    await own.click('Link an account at The Other House')
    await proveThere(own, fay.name)
    await own.page.getByRole('heading', { name: 'Link this account?' }).waitFor()
    await own.page.waitForLoadState()
    const question = await own.page.getByRole('main').innerText()
    expect(question).toContain(`The account ${fay.name} at The Other House`)
    expect(question).toContain(`linked to ${creator.name}`)
    expect(await violations(own.page)).toEqual([])
    await own.click('Link it')
    await own.page.getByText('Linked. You can sign in by it from now on.').waitFor()
    const identities = await creator.call.identity.list()
    expect(identities).toMatchObject([{ provider: 'tidings', subject: fay.userId }])
    // From now on it opens this account.
    await second.open('/account/sign-in')
    await second.click('Sign in with The Other House')
    await second.page.getByRole('heading', { name: 'Our House wants to act for you' }).waitFor()
    await second.click('Allow')
    await second.page.getByRole('heading', { name: 'Your account' }).waitFor()
    await second.page.locator('dd').getByText(creator.name, { exact: true }).waitFor()
    const foreign = [...visitor.problems, ...second.problems, ...own.problems]
    expect(foreign.filter((problem) => !problem.includes(` ${there.url}/`))).toEqual([])
  },
)

browserTest(
  '[S4.2] [PAG8] an app that is not verified says so to its creator, and is open to nobody else',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const [creator, other] = [await resident(world, 'ann'), await resident(world, 'bob')]
    const { client } = await creator.call.oauth.createClient(NIGHT_BOT)
    await using own = await browse(world, browser, creator.name)
    await own.open(authorizePath(client.id))
    await own.page.getByText('This app is not verified.').waitFor()
    await own.page.getByText('Look up other people by name').waitFor()
    expect(await own.page.getByRole('main').innerText()).not.toContain('messages')
    expect(await violations(own.page)).toEqual([])
    await using foreign = await browse(world, browser, other.name)
    await foreign.open(authorizePath(client.id))
    await foreign.page.getByText('it works for the one who has registered it alone').waitFor()
    expect(await foreign.page.getByRole('button', { name: 'Allow' }).count()).toBe(0)
    expect(await violations(foreign.page)).toEqual([])
    // With another request in the address the form that was made for this one is worth nothing.
    const { page } = own
    await page.locator('form[action*="consent"]').evaluate((form) => {
      const action = form.getAttribute('action') ?? ''
      form.setAttribute('action', action.replace('state=xyz', 'state=other'))
    })
    await own.click('Allow')
    await page.getByText('This form is too old, or was not made by this site.').waitFor()
  },
)

browserTest(
  '[S4.5] [S4.6] [S4.7] [ADM2] [PAG5] [PAG7] the first administrator comes by the link and administers, asked for his password',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const [ann, bob] = [await resident(world, 'ann'), await resident(world, 'bob')]
    await bob.call.oauth.createClient(NIGHT_BOT)
    await using admin = await browse(world, browser, ann.name)
    const { page } = admin
    await admin.open(`/admin/first?token=${makeAdminToken(SECRET, systemClock.now())}`)
    expect(await violations(page)).toEqual([])
    await letTimePass(world)
    await admin.click('Become the administrator')
    await page.getByRole('heading', { name: 'Is it you?' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Password').fill('wrong')
    await admin.click('Go on')
    await page.getByText('This is not your password.').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await admin.click('Go on')
    await page.getByText('You are an administrator.').waitFor()

    await admin.click('Suspend Night Bot')
    await page.getByText('Suspended.', { exact: true }).waitFor()
    await page.getByText('All are off').click()
    await page.getByLabel('no_pkce').check()
    await admin.click('Save the switches')
    await page.getByText('On: no_pkce').waitFor()
    expect(await violations(page)).toEqual([])
    await admin.click('Resume Night Bot')
    await page.getByText('It goes on.').waitFor()

    await admin.open('/admin/scopes')
    await page.getByLabel('Name').fill('reports:read')
    await page.getByLabel('What it lets an app do, for the consent page').fill('See your reports')
    await admin.click('Add')
    await page.getByText('See your reports').waitFor()
    expect(await violations(page)).toEqual([])
    await admin.follow('Edit reports:read')
    await page.getByLabel('Restricted').check()
    await admin.click('Save')
    await admin.follow('Edit reports:read')
    expect(await page.getByLabel('Restricted').isChecked()).toBe(true)
    expect(await violations(page)).toEqual([])
    await admin.click('Delete the scope')
    await page.getByText('Deleted.').waitFor()

    await admin.open('/admin/settings')
    await page.getByLabel('Lifetime of codes, seconds').fill('30')
    await page.getByLabel('presence:read').check()
    expect(await violations(page)).toEqual([])
    await admin.click('Save')
    await page.getByText('Saved.').waitFor()
    expect(await page.getByLabel('Lifetime of codes, seconds').inputValue()).toBe('30')
    expect(await page.getByLabel('presence:read').isChecked()).toBe(true)

    await admin.open('/admin/users')
    await page.getByLabel('Name begins with').fill(bob.name)
    await admin.click('Search')
    expect(await violations(page)).toEqual([])
    for (const [button, done] of [
      [`Sign out everywhere: ${bob.name}`, 'Signed out everywhere.'],
      [`Make administrator: ${bob.name}`, 'Saved.'],
      [`Take the office away: ${bob.name}`, 'Saved.'],
      [`Suspend: ${bob.name}`, 'Suspended.'],
      [`Resume: ${bob.name}`, 'It goes on.'],
    ] as const) {
      await admin.click(button)
      await page.getByText(done, { exact: true }).waitFor()
    }
    await admin.open('/admin/notifications')
    await page.getByLabel('Users', { exact: true }).fill('nobody-here')
    await page.getByLabel('Title').fill('Maintenance tonight')
    await admin.click('Send')
    await page.getByText('there is no user nobody-here').first().waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Users', { exact: true }).fill(bob.name)
    await admin.click('Send')
    await page.getByText('Sent.', { exact: true }).waitFor()
    const bobAgain = await again(world, bob.name)
    expect((await bobAgain.notification.list.query({})).items).toMatchObject([
      { title: 'Maintenance tonight' },
    ])
    await admin.open('/admin/audit')
    await page.getByText('notification.sent').waitFor()
    await page.getByText('user.suspended').waitFor()
    expect(await violations(page)).toEqual([])
    await admin.open('/admin')
    expect(await violations(page)).toEqual([])
    await admin.click('Suspend Night Bot')
    await page.getByText('Suspended.', { exact: true }).waitFor()
    await admin.click('Delete Night Bot')
    await page.getByText('Deleted.').waitFor()
    expect(admin.problems).toEqual([])
  },
)

browserTest(
  '[PAG2] [PAG7] one signs in, sees one’s sessions, ends them and signs out',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const ann = await resident(world, 'ann')
    await using visitor = await browse(world, browser)
    const { page } = visitor
    await visitor.open('/developer')
    expect(await violations(page)).toEqual([])
    // By the keyboard alone.
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe(
      'Skip to the content',
    )
    await page.getByLabel('Name or e-mail address').focus()
    await page.keyboard.type(ann.name)
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Your apps' }).waitFor()
    expect(await violations(page)).toEqual([])
    await visitor.follow('Your account')
    await page.getByText('this one').waitFor()
    expect(await violations(page)).toEqual([])
    expect((await ann.call.session.list()).map(({ name }) => name)).toContain('Browser (pages)')
    await page.getByRole('button', { name: /^End the session: A device without a name/ }).click()
    await page.getByText('The session has ended.').waitFor()
    await visitor.click('Sign out')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await visitor.open('/account')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(visitor.problems).toEqual([])
  },
)

/** What would run, load or lead away where text is taken for more than text. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '<svg/onload=alert(1)>',
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '" autofocus onfocus=alert(1) x="',
  "' onmouseover='alert(1)",
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href=javascript:alert(1)>x</a>',
  '<base href=//evil.example/>',
  '<meta http-equiv=refresh content=0;url=//evil.example>',
  '<link rel=stylesheet href=//evil.example/x.css>',
  '<form action=//evil.example><button>x',
  '<style>*{background:url(//evil.example)}</style>',
  '<img src=//evil.example/pixel>',
  '<!--',
  ']]>',
  '{{7*7}}',
  '${7*7}',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;alert(1)',
  '%3Cscript%3Ealert(1)',
  '\u2028<b>x',
  '<math><mtext><img src=x onerror=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<object data=javascript:alert(1)>',
  '<embed src=//evil.example>',
  '<video><source onerror=alert(1)>',
  '<input onfocus=alert(1) autofocus>',
] as const

browserTest(
  '[PAG6] what others have written is text, whatever it says, on every page that shows it',
  { timeout: 300_000 },
  async () => {
    await using world = await OAuthWorld.open('sqlite')
    const rev = await administrator(world, 'ann')
    const bob = await resident(world, 'bob')
    const link = (text: string) => `https://app.example/?${text.replaceAll(/\s/g, '+')}`
    const ids: string[] = []
    for (const payload of PAYLOADS) {
      const text = { description: payload, clientUri: link(payload), logoUri: link(payload) }
      const { client } = await bob.call.oauth.createClient({ ...NIGHT_BOT, ...text, name: payload })
      await bob.call.oauth.submitClient({ clientId: client.id, reason: payload })
      ids.push(client.id)
    }
    const { items } = await rev.call.admin.listReviews({ limit: 100 })
    for (const [at, review] of items.slice(0, 10).entries())
      await rev.call.admin.decideReview({
        reviewId: review.id,
        decision: at < 5 ? 'approve' : 'reject',
        answer: review.client.name,
      })
    const [verified = ''] = ids
    for (const [at, payload] of PAYLOADS.entries())
      await rev.call.admin.createScope({ name: `x:${at}`, description: payload })
    await rev.call.admin.setClientScopes({
      clientId: verified,
      scopes: ['x:0', 'x:1', 'x:2', 'x:3'],
    })
    await using dev = await browse(world, browser, bob.name)
    await using admin = await browse(world, browser, rev.name)
    const pages: readonly (readonly [Browsing, string])[] = [
      [dev, '/developer'],
      ...ids.slice(0, 12).map((id) => [dev, `/developer/apps/${id}`] as const),
      ...ids.slice(0, 6).map((id) => [dev, authorizePath(id)] as const),
      [admin, '/admin'],
      [admin, `/admin/apps/${verified}`],
      [admin, '/admin/reviews'],
      [admin, '/admin/scopes'],
      [admin, '/admin/scopes/x:5'],
      [admin, '/admin/audit?limit=100'],
      [admin, `/admin/users?search=${encodeURIComponent('"><script>')}`],
      [admin, `/admin/first?token=${encodeURIComponent('"><script>alert(1)</script>')}`],
      [admin, `/account?done=${encodeURIComponent('<script>alert(1)</script>')}`],
      [admin, `/developer/apps/${encodeURIComponent('<script>alert(1)</script>')}`],
    ]
    for (const [who, path] of pages) {
      await who.open(path)
      const foreign: unknown = await who.page.evaluate(
        `[...document.querySelectorAll('script, img, svg, iframe, object, embed, video, math, base, style, [onerror], [onload], [onfocus], [onmouseover], [ontoggle], [autofocus], link:not([href*="/pages/style-"]), meta[http-equiv], a[href^="javascript"], form:not([action^="/"])')].map((e) => e.outerHTML)`,
      )
      expect([path, foreign]).toEqual([path, []])
    }
    // A form that is shown again carries it too.
    await dev.open('/developer/new')
    await dev.page.getByLabel('Name').fill('"><script>alert(1)</script>')
    await dev.page.getByLabel('Description').fill('</textarea><script>alert(1)</script>')
    await dev.page.getByLabel('Redirect URIs').fill('javascript:alert(1)')
    await dev.click('Register')
    await dev.page.getByRole('alert').waitFor()
    expect(await dev.page.locator('script').count()).toBe(0)
    expect(await dev.page.getByLabel('Description').inputValue()).toContain('</textarea>')
    expect([...dev.problems, ...admin.problems]).toEqual([])
  },
)

browserTest('[PAG1] no other page can frame ours', { timeout: 300_000 }, async () => {
  await using world = await OAuthWorld.open('sqlite')
  await using visitor = await browse(world, browser)
  await visitor.context.route('https://app.example/**', (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<iframe src="${world.url}/account/sign-in"></iframe>`,
    }),
  )
  const { page } = visitor
  await page.goto('https://app.example/')
  const framed = page.frames().find((frame) => frame !== page.mainFrame())
  await expect.poll(() => framed?.url(), SOON).toMatch(/^chrome-error:/)
  expect(await framed?.getByRole('heading', { name: 'Sign in' }).count()).toBe(0)
})
