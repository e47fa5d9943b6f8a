import { expect, test } from 'vitest'
import { httpClient } from '../contract/person.ts'
import { updateOAuthClient } from '../../src/stores/oauth-client.ts'
import { insertClientScopes } from '../../src/stores/oauth-scope.ts'
import { describeEngines } from '../support/databases.ts'
import { PageVisitor } from './page-visitor.ts'
import { OAuthWorld } from './world.ts'

const gone = { data: { code: 'NOT_FOUND' } }

async function twoGroups(world: OAuthWorld, accessToken: string) {
  const own = httpClient(world.url, accessToken)
  const { id: within } = await own.group.create.mutate({ name: 'inside', userIds: [] })
  const { id: beyond } = await own.group.create.mutate({ name: 'outside', userIds: [] })
  return { within, beyond }
}

describeEngines('the consent page', (engine) => {
  test('[OAU17] consenting to what is about no conversations leaves a limit as it is', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const { within, beyond } = await twoGroups(world, ann.accessToken)
    const client = await world.client()
    const { access } = await world.tokens(client, ann, { conversationIds: [within] })
    const visitor = await PageVisitor.signIn(world, ann)
    const asked = await visitor.ask(client, { scope: 'account:read' })
    expect(asked.html).not.toContain('name="limited"')
    await visitor.allow(client, asked)
    const bot = httpClient(world.url, access)
    await expect(bot.message.list.query({ conversationId: beyond })).rejects.toMatchObject(gone)
    await expect(bot.message.list.query({ conversationId: within })).resolves.toBeDefined()
    // Where it is asked for, what holds now is chosen.
    const { html } = await visitor.ask(client, {})
    expect(html).toMatch(new RegExp(`value="${within}" checked`))
    expect(html).not.toMatch(new RegExp(`value="${beyond}" checked`))
  })

  test('[OAU17] conversations that are chosen are a limit, and nothing chosen is none', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const { within, beyond } = await twoGroups(world, ann.accessToken)
    const client = await world.client()
    const visitor = await PageVisitor.signIn(world, ann)
    const read = async (more: Readonly<Record<string, string>>) => {
      const access = await visitor.allow(client, await visitor.ask(client, {}), more)
      return httpClient(world.url, access).message.list.query({ conversationId: beyond })
    }
    await expect(read({ limits: 'yes', conversation: within })).rejects.toMatchObject(gone)
    await expect(read({ limits: 'yes', limited: 'yes' })).rejects.toMatchObject(gone)
    await expect(read({ limits: 'yes' })).resolves.toBeDefined()
  })

  test('[OAU17] a limit to conversations that are not among the newest is shown, and sent again as it is it stays', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const own = httpClient(world.url, ann.accessToken)
    const { within, beyond: left } = await twoGroups(world, ann.accessToken)
    const client = await world.client()
    const first = await world.tokens(client, ann, { conversationIds: [within, left] })
    for (let at = 0; at < 51; at += 1)
      await own.group.create.mutate({ name: `newer ${at}`, userIds: [] })
    await own.group.leave.mutate({ conversationId: left })
    const visitor = await PageVisitor.signIn(world, ann)
    const asked = await visitor.ask(client, {})
    const ticked = [...asked.html.matchAll(/name="conversation" value="([^"]+)" checked/g)]
    expect(ticked.map(([, id]) => id)).toEqual([within])
    const access = await visitor.allow(client, asked, {
      ...{ limits: 'yes', limited: 'yes', conversation: within },
    })
    // Nothing was taken: what the client had open goes on.
    for (const token of [first.access, access]) {
      const { message } = httpClient(world.url, token)
      await expect(message.list.query({ conversationId: within })).resolves.toBeDefined()
    }
  })

  test('[PAG1] what follows the form is this site and where the answer goes; where no policy can say that, a page leads there', async () => {
    await using world = await OAuthWorld.open(engine)
    const visitor = await PageVisitor.signIn(world, await world.person('ann'))
    const follow = async (redirectUri: string, answer: 'allow' | 'deny') => {
      const client = await world.client({ redirectUris: [redirectUri] })
      const asked = await visitor.ask(client, { redirect_uri: redirectUri, state: 'its own' })
      const answered = await visitor.answer(asked, { answer })
      const html = await answered.text()
      const refresh = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(html)?.[1]
      const targets = /form-action ([^;]+)/.exec(asked.policy)?.[1]
      const location = answered.headers.get('location')
      const [to, policy] = [refresh?.replaceAll('&amp;', '&') ?? location ?? '', answered.headers]
      return { targets, location, to, policy: policy.get('content-security-policy') ?? '' }
    }
    const plain = await follow('http://127.0.0.1:8080/back', 'allow')
    expect(plain.targets).toBe("'self' http://127.0.0.1:8080")
    expect(plain.location).toMatch(/^http:\/\/127\.0\.0\.1:8080\/back\?code=/)
    for (const [answer, given] of [
      ['allow', 'code'],
      ['deny', 'error'],
    ] as const) {
      const { targets, location, to, policy } = await follow('http://[::1]:8080/back', answer)
      expect([targets, location]).toEqual(["'self'", null])
      expect(policy).toContain("default-src 'none'")
      const { origin, searchParams } = new URL(to)
      expect([origin, [...searchParams.keys()]]).toEqual([
        'http://[::1]:8080',
        expect.arrayContaining([given, 'state', 'iss']),
      ])
    }
  })

  test('[PAG8] a form gives what its page has shown, and no more', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const client = await world.client({ scopes: [] })
    const visitor = await PageVisitor.signIn(world, ann)
    const asked = await visitor.ask(client, {})
    const { database } = world.deps
    const { key: clientKey, creatorKey: approvedBy } = client.row
    await database.tx((tx) =>
      insertClientScopes(database, tx, {
        ...{ clientKey, approvedBy, approvedAt: 1 },
        scopes: ['messages:read'],
      }),
    )
    expect((await visitor.answer(asked)).status).toBe(403)
    const again = await visitor.ask(client, {})
    const change = { name: 'Another', updatedAt: 1 }
    await database.tx((tx) => updateOAuthClient(database, tx, { key: clientKey, change }))
    expect((await visitor.answer(again)).status).toBe(403)
    expect(await visitor.allow(client, await visitor.ask(client, {}))).not.toBe('undefined')
  })
})
