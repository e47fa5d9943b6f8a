import { expect, test, vi } from 'vitest'
import { updateOAuthScope } from '../../src/stores/oauth-scope-change.ts'
import { OAuthWorld } from '../oauth/world.ts'
import { describeEngines } from '../support/databases.ts'
import { FormBrowser } from '../support/form-browser.ts'
import { administrator, outcomeOf, resident } from './resident.ts'

/** The form of a page that is sent to a path, as it stands when nobody has touched it. */
function formOf(html: string, action: string): URLSearchParams {
  const form = html.split('<form').find((text) => text.includes(`action="${action}"`)) ?? ''
  const fields = new URLSearchParams()
  for (const [input] of form.split('</form>')[0]?.matchAll(/<input[^>]*>/g) ?? []) {
    const of = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(input)?.[1] ?? ''
    const isChoice = ['checkbox', 'radio'].includes(of('type'))
    if (!isChoice || / checked/.test(input)) fields.append(of('name'), of('value'))
  }
  return fields
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
