import { APP_LIMITS } from '@tidings/protocol/wire'
import { expect, test, vi } from 'vitest'
import { updateOAuthScope } from '../../src/stores/oauth-scope-change.ts'
import { OAuthWorld } from '../oauth/world.ts'
import { describeEngines } from '../support/databases.ts'
import { FormBrowser } from '../support/form-browser.ts'
import { administrator, NIGHT_BOT, outcomeOf, resident, verifiedApp } from './resident.ts'

/** The form of a page that is sent to a path, as it stands when nobody has touched it. */
function formOf(html: string, action: string): URLSearchParams {
  const form = html.split('<form').find((text) => text.includes(`action="${action}"`)) ?? ''
  const fields = new URLSearchParams()
  const inputs = /<input[^>]*>|(<textarea[^>]*>)([^<]*)/g
  for (const [input, , text] of form.split('</form>')[0]?.matchAll(inputs) ?? []) {
    const of = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(input)?.[1] ?? ''
    const isChoice = ['checkbox', 'radio'].includes(of('type'))
    const value = (text ?? of('value')).replaceAll('&quot;', '"')
    if (!isChoice || / checked/.test(input)) fields.append(of('name'), value)
  }
  return fields
}

const LONG = 'x'.repeat(APP_LIMITS.proseLength + 1)

type Filled = Readonly<Record<string, string | readonly string[]>>

interface Sent {
  readonly page: string
  /** @default the page */
  readonly action?: string | undefined
  readonly filled: Filled
}

/** Fills in a form, sends it, and says what stands in the form that comes back, beside what stood in it. */
async function sendAgain(browser: FormBrowser, { page, action = page, filled }: Sent) {
  const fields = formOf(await (await browser.get(page)).text(), action)
  for (const [name, value] of Object.entries(filled)) {
    fields.delete(name)
    for (const one of [value].flat()) fields.append(name, one)
  }
  const answer = await browser.post(action, fields)
  const html = await answer.text()
  const inOrder = (form: URLSearchParams) => [...form].map(String).toSorted()
  return { status: answer.status, html, sent: inOrder(fields), back: inOrder(formOf(html, action)) }
}

async function openOffice(world: OAuthWorld) {
  const rev = await administrator(world, 'rev')
  const browser = new FormBrowser(world.url)
  await browser.signIn(rev.name)
  return { rev, browser }
}

describeEngines('the forms of administrators', (engine) => {
  test('[ADM7] settings that are saved as they are stay, and so does what every app has', async () => {
    await using world = await OAuthWorld.open(engine)
    const { rev, browser } = await openOffice(world)
    const { admin } = rev.call
    const scope = { name: 'reports:read', description: 'See reports' }
    await admin.createScope(scope)
    // As a database may have it that was made when nobody looked at this.
    const { database } = world.deps
    const flags = { base: 1, restricted: 1 }
    await database.tx((tx) => updateOAuthScope(database, tx, { ...scope, ...flags }))
    const [app, ann] = [await world.client(), await world.person('ann')]
    const { access } = await world.tokens(app, ann)
    const before = await admin.getSettings()
    expect(before.baseScopes).toContain('reports:read')
    const fields = formOf(await (await browser.get('/admin/settings')).text(), '/admin/settings')
    const saved = await browser.post('/admin/settings', fields)
    expect(saved.headers.get('location')).toBe('/admin/settings?done=saved')
    expect(await admin.getSettings()).toEqual(before)
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('done')
  })

  test('[ADM7] a page of settings that is saved changes what was changed on it, and nothing that another one has changed since', async () => {
    await using world = await OAuthWorld.open(engine)
    const { rev, browser } = await openOffice(world)
    const { admin } = rev.call
    await admin.createScope({ name: 'reports:read', description: 'See reports' })
    const before = await admin.getSettings()
    const page = '/admin/settings'
    const fields = formOf(await (await browser.get(page)).text(), page)
    const baseScopes = [...before.baseScopes, 'reports:read']
    await admin.updateSettings({ codeLifetime: 30, baseScopes })
    const [app, ann] = [await world.client(), await world.person('ann')]
    const { access } = await world.tokens(app, ann)
    fields.delete('roles')
    fields.append('roles', 'provider')
    fields.set('codeLength', '64')
    const saved = await browser.post(page, fields)
    expect(saved.headers.get('location')).toBe('/admin/settings?done=saved')
    const { items } = await admin.listAudit({ limit: 1 })
    expect(items[0]?.details).toEqual({
      before: { roles: before.roles, codeLength: 43 },
      after: { roles: ['provider'], codeLength: 64 },
    })
    const after = await admin.getSettings()
    expect(after).toEqual({
      ...before,
      roles: ['provider'],
      codeLength: 64,
      codeLifetime: 30,
      baseScopes: expect.toSatisfy((names: string[]) => names.length === baseScopes.length),
    })
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('done')
    fields.set('codeLength', '50')
    for (const shown of [undefined, '', '{', '{"codeLength":43}']) {
      fields.delete('shown')
      if (shown !== undefined) fields.append('shown', shown)
      expect([shown, (await browser.post(page, fields)).status]).toEqual([shown, 400])
    }
    expect(await admin.getSettings()).toEqual(after)
  })

  test('[PAG7] settings come back as they were filled in, and so they can be saved after all', async () => {
    await using world = await OAuthWorld.open(engine)
    const { rev, browser } = await openOffice(world)
    const filled = {
      roles: 'consumer',
      grantTypes: ['client_credentials', 'password'],
      accessTokenFormat: 'jwt',
      codeLifetime: '5',
      codeLength: 'sixty',
      baseScopes: 'users:read',
    }
    const page = '/admin/settings'
    const { status, html, sent, back } = await sendAgain(browser, { page, filled })
    expect([status, back]).toEqual([400, sent])
    for (const name of ['codeLifetime', 'codeLength'])
      expect(html).toContain(`id="${name}-problem"`)
    const mended = formOf(html, page)
    await rev.call.admin.createScope({ name: 'reports:read', description: 'See reports' })
    mended.append('baseScopes', 'reports:read')
    await rev.call.admin.updateScope({ name: 'reports:read', restricted: true })
    mended.set('codeLifetime', '10')
    mended.set('codeLength', '60')
    const restricted = await (await browser.post(page, mended)).text()
    expect(restricted).toContain('id="baseScopes-problem"')
    mended.delete('baseScopes')
    mended.append('baseScopes', 'users:read')
    expect((await browser.post(page, mended)).status).toBe(303)
    expect(await rev.call.admin.getSettings()).toMatchObject({
      roles: ['consumer'],
      accessTokenFormat: 'jwt',
      codeLifetime: 10,
      codeLength: 60,
      baseScopes: ['users:read'],
    })
  })

  test('[PAG7] what an administrator has filled in of a scope, of an app or of a refusal comes back with what was wrong', async () => {
    await using world = await OAuthWorld.open(engine)
    const { rev, browser } = await openOffice(world)
    const ann = await resident(world, 'ann')
    await rev.call.admin.createScope({ name: 'reports:read', description: 'See reports' })
    const own = (await rev.call.oauth.createClient(NIGHT_BOT)).client.id
    for (const name of ['First Bot', 'Second Bot']) {
      const { client } = await ann.call.oauth.createClient({ ...NIGHT_BOT, name })
      await ann.call.oauth.submitClient({ clientId: client.id })
    }
    const queue = { kind: 'verification', limit: 1 } as const
    const { next } = await rev.call.admin.listReviews(queue)
    const rest = await rev.call.admin.listReviews({ ...queue, cursor: next ?? '' })
    const reviewId = rest.items[0]?.id ?? ''
    const forms: readonly (Sent & { readonly problem: string })[] = [
      {
        page: '/admin/scopes/reports:read',
        filled: { description: 'See "all" reports', base: 'yes', restricted: 'yes' },
        problem: 'id="base-problem"',
      },
      {
        page: `/admin/apps/${own}`,
        action: `/admin/apps/${own}/scopes`,
        filled: { scopes: ['messages:read', 'reports:read'] },
        problem: '<details open',
      },
      {
        page: `/admin/apps/${own}`,
        action: `/admin/apps/${own}/switches`,
        filled: { switches: ['no_pkce', 'implicit'] },
        problem: '<details open',
      },
    ]
    for (const { problem, ...form } of forms) {
      const { status, html, sent, back } = await sendAgain(browser, form)
      expect([form.page, status >= 400, back]).toEqual([form.page, true, sent])
      expect(html).toContain(problem)
    }
    const action = `/admin/reviews/${reviewId}`
    const shown = await (await browser.get(`/admin/reviews?cursor=${next}`)).text()
    // Its first form approves.
    const fields = formOf(shown, action)
    fields.set('decision', 'reject')
    fields.set('answer', LONG)
    const html = await (await browser.post(action, fields)).text()
    expect(html).toContain(`id="answer-${reviewId}-problem"`)
    expect(html).toContain(`${LONG}</textarea>`)
    expect(html.match(/<details class="what" open/g)).toHaveLength(1)
    expect(html).not.toContain('First Bot')
  })

  test('[PAG7] what a developer has asked for comes back with what was wrong', async () => {
    await using world = await OAuthWorld.open(engine)
    const { rev, browser } = await openOffice(world)
    const reviewer = await administrator(world, 'other')
    const made = await rev.call.oauth.createClient({ ...NIGHT_BOT, confidential: false })
    const draft = made.client.id
    const { clientId: verified } = await verifiedApp({ creator: rev, reviewer })
    const forms = [
      { id: draft, path: 'submit', filled: { reason: LONG }, problem: 'reason' },
      {
        id: draft,
        path: 'edit',
        filled: { name: 'Day Bot', grantTypes: 'client_credentials' },
        problem: 'grantTypes',
      },
      { id: verified, path: 'scopes', filled: { reason: 'For my users' }, problem: 'scopes' },
      {
        id: verified,
        path: 'scopes',
        filled: { scopes: ['messages:read', 'messages:send'], reason: LONG },
        problem: 'reason',
      },
    ]
    for (const { id, path, filled, problem } of forms) {
      const page = `/developer/apps/${id}`
      const again = await sendAgain(browser, { page, action: `${page}/${path}`, filled })
      expect([path, again.status, again.back]).toEqual([path, 400, again.sent])
      expect(again.html).toContain(`id="${problem}-problem"`)
    }
  })

  test('[PAG7] a form that comes back for a mistake has all that was filled in', async () => {
    await using world = await OAuthWorld.open(engine)
    const { browser } = await openOffice(world)
    const _token = await browser.token('/admin/scopes', '/admin/scopes')
    const base = { name: 'messages:read', description: 'Again', base: 'yes' }
    const again = await browser.post('/admin/scopes', { ...base, _token })
    expect(again.status).toBe(400)
    const html = await again.text()
    expect(html).toContain('there is a scope of this name')
    expect(Object.fromEntries(formOf(html, '/admin/scopes'))).toMatchObject({ base: 'yes' })
    const restricted = { name: 'No Name', description: 'Again', restricted: 'yes', _token }
    const other = await (await browser.post('/admin/scopes', restricted)).text()
    const fields = Object.fromEntries(formOf(other, '/admin/scopes'))
    expect(fields).toMatchObject({ name: 'No Name', restricted: 'yes' })
    expect(fields).not.toHaveProperty('base')
  })

  test('[NTF1] on the page users are named; who has blocked the administrator is there too, and trouble is no name', async () => {
    await using world = await OAuthWorld.open(engine)
    const { rev, browser } = await openOffice(world)
    const bob = await resident(world, 'bob')
    await resident(world, 'bob')
    await bob.call.block.create({ userId: rev.userId })
    const page = '/admin/notifications'
    const shown = formOf(await (await browser.get(page)).text(), page)
    const send = (users: string) => {
      const { _token = '', id = '' } = Object.fromEntries(shown)
      return browser.post(page, { _token, id, to: 'some', users, title: 'Tonight' })
    }
    const taking = vi.spyOn(world.deps.auth, 'takeCall').mockReturnValue(1000)
    const limited = await send(bob.name)
    expect([limited.status, await limited.text()]).toEqual([
      429,
      expect.not.stringContaining('there is no user'),
    ])
    taking.mockRestore()
    for (const nobody of [bob.name.slice(0, -1), 'x'.repeat(500)]) {
      const refused = await send(nobody)
      expect([refused.status, await refused.text()]).toEqual([
        400,
        expect.stringContaining(`there is no user ${nobody}`),
      ])
    }
    const sent = await send(bob.name.toUpperCase())
    expect(sent.headers.get('location')).toBe('/admin/notifications?done=sent')
    expect((await bob.call.notification.list({})).items).toMatchObject([{ title: 'Tonight' }])
  })
})
