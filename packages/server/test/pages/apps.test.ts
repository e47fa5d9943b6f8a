import { expect, test } from 'vitest'
import { digestOf } from '../../src/auth/primitives.ts'
import { OAuthWorld, type TestClient } from '../oauth/world.ts'
import { describeEngines } from '../support/databases.ts'
import {
  administrator,
  letTimePass,
  NIGHT_BOT,
  outcomeOf,
  resident,
  verifiedApp,
} from './resident.ts'

const NO_ID = '00000000-0000-4000-8000-000000000000'

/** An app as the OAuth tests call it. */
async function asClient(
  world: OAuthWorld,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
): Promise<TestClient> {
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  // Only its id and secret are used.
  return { ...(await world.client()), id: clientId, secret, basic }
}

describeEngines('apps', (engine) => {
  test('[S4.2] [APP1] a registered app is shown with its client_id, and its secret once and nowhere else', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await resident(world, 'ann')
    const { client, clientSecret } = await ann.call.oauth.createClient(NIGHT_BOT)
    expect(client).toMatchObject({ ...NIGHT_BOT, state: 'draft', suspended: false })
    expect(client.scopes).toEqual(['account:read', 'users:read'])
    expect(clientSecret).toMatch(/^tdk_[\w-]{43}$/)
    const { database } = world.deps
    const [row] = await database.read.select().from(database.tables.oauthClients)
    expect(row?.secretDigest).toBe(digestOf(clientSecret ?? ''))
    const seen = [
      await ann.call.oauth.listClients(),
      await ann.call.oauth.getClient({ clientId: client.id }),
      await ann.call.oauth.updateClient({ clientId: client.id, description: null }),
      row,
    ]
    expect(JSON.stringify(seen)).not.toContain(clientSecret)
    expect(await ann.call.oauth.listClients()).toMatchObject([{ id: client.id, description: null }])
  })

  test('[APP1] nobody registers more than fifty apps, however many calls there are at once', async () => {
    await using world = await OAuthWorld.open(engine)
    const { oauth: own } = (await resident(world, 'ann')).call
    for (let at = 0; at < 47; at += 1) await own.createClient({ ...NIGHT_BOT, name: `App ${at}` })
    const calls = Array.from({ length: 8 }, () => outcomeOf(own.createClient(NIGHT_BOT)))
    const made = (await Promise.all(calls)).filter((outcome) => outcome === 'done').length
    expect(await own.listClients()).toHaveLength(47 + made)
    // Where a database is slow some may have had to give up before their turn came.
    for (let at = made; at < 3; at += 1) await own.createClient(NIGHT_BOT)
    expect(await own.listClients()).toHaveLength(50)
    expect(await outcomeOf(own.createClient(NIGHT_BOT))).toBe('LIMIT_REACHED')
  })

  test('[APP2] what does not fit together or could lead elsewhere is not registered', async () => {
    await using world = await OAuthWorld.open(engine)
    const { call } = await resident(world, 'ann')
    const wrong = [
      { redirectUris: [] },
      { redirectUris: ['https://app.example/callback#here'] },
      { redirectUris: ['http://app.example/callback'] },
      { redirectUris: ['https://user@app.example/'] },
      { redirectUris: ['javascript:alert(1)'] },
      { redirectUris: ['data:text/html,x'] },
      { redirectUris: ['https://app.example/..;/callback', 'https://APP.example/'] },
      { clientUri: 'javascript:alert(1)' },
      { logoUri: 'data:image/svg+xml,x' },
      { name: ' ' },
      { name: 'x'.repeat(65) },
      { confidential: false, grantTypes: ['client_credentials' as const] },
    ]
    for (const change of wrong)
      expect([
        change,
        await outcomeOf(call.oauth.createClient({ ...NIGHT_BOT, ...change })),
      ]).toEqual([change, 'INVALID_INPUT'])
    const { client, clientSecret } = await call.oauth.createClient({
      ...NIGHT_BOT,
      redirectUris: ['http://127.0.0.1/callback', 'com.example.app:/callback'],
      confidential: false,
    })
    expect(clientSecret).toBeNull()
    expect(client.confidential).toBe(false)
    const { id: clientId } = client
    expect(await outcomeOf(call.oauth.rotateSecret({ clientId }))).toBe('WRONG_STATE')
  })

  test('[S4.2] [APP3] one sees and edits one’s own apps alone; never the id or the secret', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await resident(world, 'ann')
    const bob = await resident(world, 'bob')
    const { client } = await ann.call.oauth.createClient(NIGHT_BOT)
    const clientId = client.id
    for (const id of [clientId, NO_ID]) {
      const { oauth: his } = bob.call
      const calls = [
        his.getClient({ clientId: id }),
        his.updateClient({ clientId: id, name: 'Mine' }),
        his.rotateSecret({ clientId: id }),
        his.submitClient({ clientId: id }),
        his.applyForScopes({ clientId: id, scopes: ['messages:read'], reason: 'so' }),
        his.deleteClient({ clientId: id }),
      ]
      expect(new Set(await Promise.all(calls.map(outcomeOf)))).toEqual(new Set(['NOT_FOUND']))
    }
    const forged = { clientId, name: 'Day Bot', id: NO_ID, secretDigest: 'x', state: 'approved' }
    const after = await ann.call.oauth.updateClient(forged)
    expect(after).toMatchObject({ id: clientId, name: 'Day Bot', state: 'draft' })
    expect(after.redirectUris).toEqual(NIGHT_BOT.redirectUris)
  })

  test('[S4.2] [APP3] another name or redirect URI of a verified app goes back to review; another description does not', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const { clientId } = await verifiedApp({ creator, reviewer })
    const { oauth: own } = creator.call
    expect((await own.updateClient({ clientId, description: 'Other' })).state).toBe('approved')
    await own.applyForScopes({ clientId, scopes: ['messages:read'], reason: 'To answer.' })
    expect((await own.updateClient({ clientId, name: 'Night Bot' })).state).toBe('approved')
    expect((await own.updateClient({ clientId, name: 'Bank' })).state).toBe('submitted')
    // What Night Bot has asked for, too.
    const [first, ...others] = (await reviewer.call.admin.listReviews({})).items
    expect([first?.kind, others]).toEqual(['verification', []])
    // While it waits it changes once more: what the reviewer has before him is withdrawn.
    await own.updateClient({ clientId, redirectUris: ['https://elsewhere.example/'] })
    const late = reviewer.call.admin.decideReview({
      reviewId: first?.id ?? '',
      decision: 'approve',
    })
    expect(await outcomeOf(late)).toBe('NOT_FOUND')
    const { state, reviews } = await own.getClient({ clientId })
    expect(state).toBe('submitted')
    expect(reviews.map((review) => [review.kind, review.state])).toEqual([
      ['verification', 'pending'],
      ['verification', 'withdrawn'],
      ['scopes', 'withdrawn'],
      ['verification', 'approved'],
    ])
  })

  test('[APP4] with another secret the one before is worth nothing, and neither is what was given by it', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const app = await verifiedApp({ creator, reviewer })
    const { clientId } = app
    const user = await resident(world, 'bob')
    const before = await asClient(world, app)
    const tokens = await world.tokens(before, user)
    await letTimePass(world)
    const { oauth: own } = creator.call
    expect(await outcomeOf(own.rotateSecret({ clientId }))).toBe('PASSWORD_REQUIRED')
    await creator.call.account.confirmPassword({ password: 'correct horse' })
    const { clientSecret } = await own.rotateSecret({ clientId })
    expect(await outcomeOf(world.deps.auth.authenticate(tokens.access))).toBe('SESSION_REVOKED')
    expect((await world.refresh(before, tokens.refresh)).status).toBe(401)
    const after = await asClient(world, { clientId, secret: clientSecret })
    expect((await world.tokens(after, user)).access).not.toBe('')
  })

  test('[S4.2] [APP5] until it is verified an app works for its creator alone, with the base scopes', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const other = await resident(world, 'bob')
    const { client, clientSecret } = await creator.call.oauth.createClient(NIGHT_BOT)
    const app = await asClient(world, { clientId: client.id, secret: clientSecret ?? '' })
    const { access } = await world.tokens(app, creator)
    const { grant } = await world.deps.auth.authenticate(access)
    expect([...(grant?.scopes ?? [])].toSorted()).toEqual(['account:read', 'users:read'])
    expect(await outcomeOf(world.tokens(app, other))).toBe('FORBIDDEN')
    const { oauth: own } = creator.call
    const { state } = await own.submitClient({
      clientId: client.id,
      reason: 'For the night shift.',
    })
    expect(state).toBe('submitted')
    expect(await outcomeOf(own.submitClient({ clientId: client.id }))).toBe('WRONG_STATE')
    expect(await outcomeOf(world.tokens(app, other))).toBe('FORBIDDEN')
  })

  test('[S4.2] [APP6] a verified app applies with a reason for what it does not have and can have', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const { client: draft } = await creator.call.oauth.createClient({ ...NIGHT_BOT, name: 'Draft' })
    const { clientId } = await verifiedApp({ creator, reviewer })
    const { oauth: own } = creator.call
    const apply = (id: string, ...scopes: string[]) =>
      own.applyForScopes({ clientId: id, scopes, reason: 'To answer.' })
    expect(await outcomeOf(apply(draft.id, 'messages:read'))).toBe('WRONG_STATE')
    for (const scope of ['account:read', 'messages:send_as', 'unheard:of', 'Not A Scope'])
      expect([scope, await outcomeOf(apply(clientId, scope))]).toEqual([scope, 'INVALID_INPUT'])
    const blank = own.applyForScopes({ clientId, scopes: ['messages:read'], reason: ' ' })
    expect(await outcomeOf(blank)).toBe('INVALID_INPUT')
    const { reviews } = await apply(clientId, 'messages:read', 'messages:send', 'messages:read')
    expect(reviews[0]).toMatchObject({
      kind: 'scopes',
      scopes: ['messages:read', 'messages:send'],
      state: 'pending',
      reason: 'To answer.',
    })
    expect(await outcomeOf(apply(clientId, 'messages:read'))).toBe('INVALID_INPUT')
  })

  test('[APP7] with a deleted app everything ends that users have let it do', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const app = await verifiedApp({ creator, reviewer })
    const { clientId } = app
    const user = await resident(world, 'bob')
    const { access } = await world.tokens(await asClient(world, app), user)
    expect(await user.call.oauth.listConsents()).toMatchObject([{ clientId, name: 'Night Bot' }])
    await creator.call.oauth.deleteClient({ clientId })
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('SESSION_REVOKED')
    expect(await creator.call.oauth.listClients()).toEqual([])
    expect(await user.call.oauth.listConsents()).toEqual([])
    expect(await outcomeOf(creator.call.oauth.getClient({ clientId }))).toBe('NOT_FOUND')
    expect(await outcomeOf(creator.call.oauth.deleteClient({ clientId }))).toBe('NOT_FOUND')
  })

  test('[APP7] with its creator’s account an app is gone too', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const app = await verifiedApp({ creator, reviewer })
    const user = await resident(world, 'bob')
    const { access } = await world.tokens(await asClient(world, app), user)
    await creator.call.account.erase({ password: 'correct horse' })
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('SESSION_REVOKED')
    expect(await user.call.oauth.listConsents()).toEqual([])
    const { clientId } = app
    expect(await outcomeOf(reviewer.call.admin.getClient({ clientId }))).toBe('NOT_FOUND')
    const { items } = await reviewer.call.admin.listUsers({ limit: 100 })
    expect(items.map(({ id }) => id)).not.toContain(creator.userId)
  })

  test('[APP8] a user takes back what he has let an app do; others keep what they have let it do', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const reviewer = await administrator(world, 'rev')
    const app = await asClient(world, await verifiedApp({ creator, reviewer }))
    const bob = await resident(world, 'bob')
    const cat = await resident(world, 'cat')
    const bobs = await world.tokens(app, bob)
    const cats = await world.tokens(app, cat)
    const [consent] = await bob.call.oauth.listConsents()
    expect(consent).toMatchObject({ scopes: ['account:read', 'users:read'], limited: false })
    const consentId = consent?.id ?? ''
    expect(await outcomeOf(cat.call.oauth.revokeConsent({ consentId }))).toBe('NOT_FOUND')
    await bob.call.oauth.revokeConsent({ consentId })
    expect(await bob.call.oauth.listConsents()).toEqual([])
    expect(await outcomeOf(world.deps.auth.authenticate(bobs.access))).toBe('SESSION_REVOKED')
    expect(await outcomeOf(world.deps.auth.authenticate(cats.access))).toBe('done')
  })
})
