import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { makeAdminToken } from '../../src/auth/admin-link.ts'
import { systemClock } from '../../src/clock.ts'
import { createCaller } from '../../src/rpc/root.ts'
import { httpClient } from '../contract/person.ts'
import { OAuthWorld } from '../oauth/world.ts'
import { describeEngines } from '../support/databases.ts'
import {
  administrator,
  letTimePass,
  NIGHT_BOT,
  outcomeOf,
  resident,
  verifiedApp,
  type Resident,
} from './resident.ts'

const SECRET = 'a secret of tests that is long enough 0123456789'
const NO_ID = '00000000-0000-4000-8000-000000000000'

/** Every procedure that changes something, for somebody who may or may not. */
function changes({ call: { admin } }: Resident, userId: string): Promise<unknown>[] {
  return [
    admin.setClientSuspended({ clientId: NO_ID, suspended: true }),
    admin.setClientSwitches({ clientId: NO_ID, legacySwitches: [] }),
    admin.setClientScopes({ clientId: NO_ID, scopes: [] }),
    admin.deleteClient({ clientId: NO_ID }),
    admin.decideReview({ reviewId: NO_ID, decision: 'approve' }),
    admin.createScope({ name: 'a:b', description: 'x' }),
    admin.updateScope({ name: 'messages:read', description: 'x' }),
    admin.deleteScope({ name: 'a:b' }),
    admin.updateSettings({ codeLifetime: 30 }),
    admin.setUserSuspended({ userId, suspended: true }),
    admin.signOutUser({ userId }),
    admin.setUserRole({ userId, role: 'admin' }),
  ]
}

function looks({ call: { admin } }: Resident): Promise<unknown>[] {
  return [
    admin.listClients({}),
    admin.listReviews({}),
    admin.listUsers({}),
    admin.getSettings(),
    admin.listAudit({}),
  ]
}

async function metadataOf({ url }: OAuthWorld): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/.well-known/oauth-authorization-server`)
  return (await response.json()) as Record<string, unknown>
}

describeEngines('administration', (engine) => {
  test('[ADM1] is for administrators as they are now, and what changes something for a password within ten minutes', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await administrator(world, 'ann')
    const bob = await resident(world, 'bob')
    const refused = [...changes(bob, ann.userId), ...looks(bob)]
    expect(new Set(await Promise.all(refused.map(outcomeOf)))).toEqual(new Set(['FORBIDDEN']))
    await letTimePass(world)
    const late = await Promise.all(changes(ann, bob.userId).map(outcomeOf))
    expect(new Set(late)).toEqual(new Set(['PASSWORD_REQUIRED']))
    expect(new Set(await Promise.all(looks(ann).map(outcomeOf)))).toEqual(new Set(['done']))
    const { account } = ann.call
    expect(await outcomeOf(account.confirmPassword({ password: 'wrong' }))).toBe(
      'INVALID_CREDENTIALS',
    )
    expect(await outcomeOf(ann.call.admin.signOutUser({ userId: bob.userId }))).toBe(
      'PASSWORD_REQUIRED',
    )
    await account.confirmPassword({ password: 'correct horse' })
    await ann.call.admin.setUserRole({ userId: bob.userId, role: 'admin' })
    expect(await outcomeOf(bob.call.admin.listUsers({}))).toBe('done')
    await ann.call.admin.setUserRole({ userId: bob.userId, role: 'user' })
    expect(await outcomeOf(bob.call.admin.listUsers({}))).toBe('FORBIDDEN')
  })

  test('[ADM1] an app that acts for an administrator administers nothing', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await administrator(world, 'ann')
    const { access } = await world.tokens(await world.client(), ann)
    const actor = await world.deps.auth.authenticate(access)
    const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
    const { deps } = world
    const app = { ...ann, call: createCaller({ deps, actor, source, transport: null }) }
    const calls = [...changes(app, ann.userId), ...looks(app)]
    expect(new Set(await Promise.all(calls.map(outcomeOf)))).toEqual(new Set(['FORBIDDEN']))
  })

  test('[ADM2] the first administrator comes by a link that works once, for an hour, and only while there is none', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await resident(world, 'ann')
    const bob = await resident(world, 'bob')
    const now = systemClock.now()
    const token = makeAdminToken(SECRET, now)
    const claim = (who: Resident, by: string) => outcomeOf(who.call.admin.claim({ token: by }))
    const bad = [
      'x',
      makeAdminToken('another secret that is long enough 0123456789', now),
      makeAdminToken(SECRET, now - 61 * 60 * 1000),
      token.replace(/\.\d+\./, `.${now + 10 ** 12}.`),
    ]
    for (const by of bad) expect([by, await claim(ann, by)]).toEqual([by, 'FORBIDDEN'])
    await letTimePass(world)
    expect(await claim(ann, token)).toBe('PASSWORD_REQUIRED')
    for (const { call } of [ann, bob])
      await call.account.confirmPassword({ password: 'correct horse' })
    const both = await Promise.all([claim(ann, token), claim(bob, token)])
    expect(both.toSorted()).toEqual(['FORBIDDEN', 'done'])
    const [first, second] = both[0] === 'done' ? [ann, bob] : [bob, ann]
    expect(await claim(second, makeAdminToken(SECRET, now))).toBe('FORBIDDEN')
    const { items } = await first.call.admin.listAudit({})
    expect(items).toMatchObject([
      { action: 'user.roleChanged', target: first.userId, details: { by: 'link' } },
    ])
  })

  test('[S4.5] [ADM3] a review ends with a yes, or with a no and its reason, and never by who asks', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await administrator(world, 'ann')
    const rev = await administrator(world, 'rev')
    const { client } = await ann.call.oauth.createClient(NIGHT_BOT)
    const clientId = client.id
    await ann.call.oauth.submitClient({ clientId, reason: 'For the night shift.' })
    const [review] = (await rev.call.admin.listReviews({ kind: 'verification' })).items
    expect(review).toMatchObject({ reason: 'For the night shift.', client: { name: 'Night Bot' } })
    const reviewId = review?.id ?? ''
    const decide = (who: Resident, decision: 'approve' | 'reject', answer?: string) =>
      outcomeOf(who.call.admin.decideReview({ reviewId, decision, answer }))
    expect(await decide(ann, 'approve')).toBe('FORBIDDEN')
    expect(await decide(rev, 'reject')).toBe('INVALID_INPUT')
    expect(await decide(rev, 'reject', ' ')).toBe('INVALID_INPUT')
    const both = await Promise.all([
      decide(rev, 'reject', 'The description says nothing.'),
      decide(rev, 'reject', 'The description says nothing.'),
    ])
    expect(both.toSorted()).toEqual(['NOT_FOUND', 'done'])
    const { state, reviews } = await ann.call.oauth.getClient({ clientId })
    expect(state).toBe('rejected')
    expect(reviews[0]).toMatchObject({ state: 'rejected', answer: 'The description says nothing.' })
    await ann.call.oauth.submitClient({ clientId })
    const [again] = (await rev.call.admin.listReviews({})).items
    await rev.call.admin.decideReview({ reviewId: again?.id ?? '', decision: 'approve' })
    expect((await ann.call.oauth.getClient({ clientId })).state).toBe('approved')
    expect((await rev.call.admin.listReviews({})).items).toEqual([])
  })

  test('[S4.5] [ADM4] apps are listed with creator and state; a suspended one lets nobody in, and its connections end', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const rev = await administrator(world, 'rev')
    const { clientId, secret } = await verifiedApp({ creator, reviewer: rev })
    const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
    const app = { ...(await world.client()), id: clientId, secret, basic }
    const user = await resident(world, 'bob')
    const { access } = await world.tokens(app, user)
    const { items } = await rev.call.admin.listClients({ limit: 1 })
    expect(items).toHaveLength(1)
    const all = (await rev.call.admin.listClients({})).items
    expect(all.find(({ id }) => id === clientId)).toMatchObject({
      name: 'Night Bot',
      state: 'approved',
      description: 'Answers while you sleep.',
      creator: { id: creator.userId, username: creator.name },
    })
    await rev.call.admin.setClientSuspended({ clientId, suspended: true })
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('SESSION_REVOKED')
    await expect(world.tokens(app, user)).rejects.toThrow('not pending')
    expect(await outcomeOf(creator.call.oauth.submitClient({ clientId }))).toBe('FORBIDDEN')
    await rev.call.admin.setClientSuspended({ clientId, suspended: false })
    expect((await world.tokens(app, user)).access).not.toBe('')
    await rev.call.admin.deleteClient({ clientId })
    expect(await outcomeOf(rev.call.admin.getClient({ clientId }))).toBe('NOT_FOUND')
    const again = rev.call.admin.setClientSuspended({ clientId, suspended: true })
    expect(await outcomeOf(again)).toBe('NOT_FOUND')
  })

  test('[S4.6] [ADM5] scopes are added, listed, edited and deleted; Tidings’ own are edited only', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const rev = await administrator(world, 'rev')
    const { admin } = rev.call
    const named = async (name: string) =>
      (await creator.call.oauth.listScopes()).find((scope) => scope.name === name)
    await admin.createScope({ name: 'reports:read', description: 'See your reports' })
    const twice = admin.createScope({ name: 'reports:read', description: 'Again' })
    expect(await outcomeOf(twice)).toBe('INVALID_INPUT')
    expect(await named('reports:read')).toEqual({
      name: 'reports:read',
      description: 'See your reports',
      base: false,
      restricted: false,
    })
    const { clientId } = await verifiedApp({ creator, reviewer: rev })
    await admin.setClientScopes({ clientId, scopes: ['reports:read'] })
    expect((await creator.call.oauth.getClient({ clientId })).scopes).toContain('reports:read')
    await admin.updateScope({ name: 'reports:read', description: 'See reports', restricted: true })
    expect(await named('reports:read')).toMatchObject({
      description: 'See reports',
      restricted: true,
    })
    const both = admin.updateScope({ name: 'reports:read', base: true })
    expect(await outcomeOf(both)).toBe('INVALID_INPUT')
    const flags = { base: true, restricted: true }
    const anew = admin.createScope({ name: 'reports:write', description: 'Write', ...flags })
    expect(await outcomeOf(anew)).toBe('INVALID_INPUT')
    expect(await named('reports:write')).toBeUndefined()
    await admin.deleteScope({ name: 'reports:read' })
    expect(await named('reports:read')).toBeUndefined()
    // Who gives the name again gives it to nobody who had it.
    await admin.createScope({ name: 'reports:read', description: 'Something else' })
    expect((await creator.call.oauth.getClient({ clientId })).scopes).not.toContain('reports:read')
    expect(await outcomeOf(admin.deleteScope({ name: 'messages:read' }))).toBe('FORBIDDEN')
    expect(await outcomeOf(admin.deleteScope({ name: 'unheard:of' }))).toBe('NOT_FOUND')
  })

  test('[S4.6] [ADM3] applications for scopes are answered; what is approved the app may ask for, until it is taken', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const rev = await administrator(world, 'rev')
    const { clientId } = await verifiedApp({ creator, reviewer: rev })
    const { oauth: own } = creator.call
    await own.applyForScopes({ clientId, scopes: ['messages:read'], reason: 'To answer.' })
    await own.applyForScopes({ clientId, scopes: ['presence:read'], reason: 'To wait.' })
    const { items } = await rev.call.admin.listReviews({ kind: 'scopes' })
    expect(items.map(({ scopes }) => scopes)).toEqual([['messages:read'], ['presence:read']])
    const [first, second] = items.map(({ id }) => id)
    await rev.call.admin.decideReview({ reviewId: first ?? '', decision: 'approve' })
    const answer = 'What for?'
    await rev.call.admin.decideReview({ reviewId: second ?? '', decision: 'reject', answer })
    const after = await own.getClient({ clientId })
    expect(after.scopes).toEqual(['account:read', 'messages:read', 'users:read'])
    expect(after.reviews[0]).toMatchObject({ state: 'rejected', answer })
    await rev.call.admin.setClientScopes({ clientId, scopes: [] })
    expect((await own.getClient({ clientId })).scopes).toEqual(['account:read', 'users:read'])
    const unknown = rev.call.admin.setClientScopes({ clientId, scopes: ['unheard:of'] })
    expect(await outcomeOf(unknown)).toBe('INVALID_INPUT')
  })

  test('[ADM3] what an app asked for before it was suspended, deleted or no longer verified is not approved', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const rev = await administrator(world, 'rev')
    const { admin } = rev.call
    const { oauth: own } = creator.call
    const asked = async (name: string) => {
      const { clientId } = await verifiedApp({ creator, reviewer: rev }, { name })
      const scopes = ['messages:read', 'presence:read']
      const reviewIds: string[] = []
      for (const scope of scopes) {
        const { reviews } = await own.applyForScopes({ clientId, scopes: [scope], reason: 'x' })
        reviewIds.push(reviews[0]?.id ?? '')
      }
      const [first = '', second = ''] = reviewIds
      return { clientId, first, second }
    }
    const approve = (reviewId: string) =>
      outcomeOf(admin.decideReview({ reviewId, decision: 'approve' }))
    const scopesOf = async (clientId: string) => (await own.getClient({ clientId })).scopes

    const suspended = await asked('Suspended Bot')
    const { clientId } = suspended
    const base = await scopesOf(clientId)
    await admin.setClientSuspended({ clientId, suspended: true })
    expect(await approve(suspended.first)).toBe('WRONG_STATE')
    const refusal = { decision: 'reject', answer: 'No.' } as const
    await admin.decideReview({ reviewId: suspended.second, ...refusal })
    expect(await scopesOf(clientId)).toEqual(base)
    await admin.setClientSuspended({ clientId, suspended: false })
    expect(await approve(suspended.first)).toBe('done')
    expect(await scopesOf(clientId)).toContain('messages:read')

    const { client: waiting } = await own.createClient({ ...NIGHT_BOT, name: 'Waiting Bot' })
    const { reviews } = await own.submitClient({ clientId: waiting.id })
    await admin.setClientSuspended({ clientId: waiting.id, suspended: true })
    expect(await approve(reviews[0]?.id ?? '')).toBe('WRONG_STATE')
    expect((await own.getClient({ clientId: waiting.id })).state).toBe('submitted')

    const deleted = await asked('Deleted Bot')
    await admin.deleteClient({ clientId: deleted.clientId })
    expect(await approve(deleted.first)).toBe('NOT_FOUND')

    const doubted = await asked('Doubted Bot')
    const { database } = world.deps
    const { oauthClients } = database.tables
    await database.tx(async (tx) => {
      const isIt = eq(oauthClients.id, doubted.clientId)
      await tx.update(oauthClients).set({ state: 'rejected' }).where(isIt)
    })
    expect(await approve(doubted.first)).toBe('WRONG_STATE')
    expect(await scopesOf(doubted.clientId)).toEqual(base)
  })

  test('[ADM6] older systems’ ways and restricted scopes are given by administrators, never to their own apps', async () => {
    await using world = await OAuthWorld.open(engine)
    const rev = await administrator(world, 'rev')
    const ann = await administrator(world, 'ann')
    const { clientId } = await verifiedApp({ creator: ann, reviewer: rev })
    const own = ann.call.admin.setClientScopes({ clientId, scopes: ['messages:send_as'] })
    expect(await outcomeOf(own)).toBe('FORBIDDEN')
    const older = ann.call.admin.setClientSwitches({ clientId, legacySwitches: ['implicit'] })
    expect(await outcomeOf(older)).toBe('FORBIDDEN')
    await ann.call.admin.setClientSuspended({ clientId, suspended: true })
    const resumed = ann.call.admin.setClientSuspended({ clientId, suspended: false })
    expect(await outcomeOf(resumed)).toBe('FORBIDDEN')
    await rev.call.admin.setClientSuspended({ clientId, suspended: false })
    await rev.call.admin.setClientScopes({ clientId, scopes: ['messages:send_as'] })
    await rev.call.admin.setClientSwitches({
      clientId,
      legacySwitches: ['no_pkce', 'implicit', 'no_pkce'],
    })
    const { scopes, legacySwitches } = await ann.call.oauth.getClient({ clientId })
    expect(scopes).toContain('messages:send_as')
    expect(legacySwitches).toEqual(['implicit', 'no_pkce'])
    const { items } = await rev.call.admin.listAudit({ target: clientId })
    expect(items[0]).toMatchObject({
      action: 'oauthClient.switched',
      actor: { id: rev.userId },
      details: { before: [], after: ['implicit', 'no_pkce'] },
    })
  })

  test('[NTF1] to notify others an administrator shows who he is, as for whatever he changes', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await administrator(world, 'ann')
    const bob = await resident(world, 'bob')
    const send = (who: Resident) =>
      outcomeOf(
        who.call.notification.send({
          to: { userIds: [bob.userId] },
          clientNotificationId: crypto.randomUUID(),
          kind: 'news',
          title: 'News',
        }),
      )
    expect(await send(ann)).toBe('done')
    await letTimePass(world)
    expect(await send(ann)).toBe('PASSWORD_REQUIRED')
    expect(await send(bob)).toBe('FORBIDDEN')
    await ann.call.account.confirmPassword({ password: 'correct horse' })
    expect(await send(ann)).toBe('done')
  })

  test('[S4.7] [ADM7] role, grants, lengths, lifetimes and base scopes are set, and hold from then on', async () => {
    await using world = await OAuthWorld.open(engine)
    const rev = await administrator(world, 'rev')
    const { admin, oauth } = rev.call
    expect(await admin.getSettings()).toMatchObject({
      roles: ['provider', 'consumer'],
      grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
      codeLifetime: 60,
      baseScopes: ['account:read', 'users:read'],
    })
    const change = { codeLength: 64, accessTokenLifetime: 120, accessTokenLength: 100 }
    const settings = await admin.updateSettings({ ...change, baseScopes: ['account:read'] })
    expect(settings).toMatchObject({ ...change, codeLifetime: 60, baseScopes: ['account:read'] })
    const { client } = await oauth.createClient(NIGHT_BOT)
    expect(client.scopes).toEqual(['account:read'])
    for (const wrong of [
      { codeLength: 8 },
      { accessTokenLifetime: 0 },
      { codeLifetime: 3600 },
      { baseScopes: ['unheard:of'] },
      { baseScopes: ['messages:send_as'] },
    ])
      expect([wrong, await outcomeOf(admin.updateSettings(wrong))]).toEqual([
        wrong,
        'INVALID_INPUT',
      ])
    expect(await admin.getSettings()).toEqual(settings)
    const app = await world.client()
    const { code, verifier } = await world.code(app, rev)
    expect(code).toMatch(/^tdc_[\w-]{64}$/)
    expect((await world.exchange(app, { code, verifier })).body).toMatchObject({
      access_token: expect.stringMatching(/^tda_[\w-]{100}$/),
      expires_in: 120,
    })
    const asItself = { grant_type: 'client_credentials' }
    expect((await world.token(app, asItself)).status).toBe(200)
    await admin.updateSettings({ grantTypes: ['authorization_code'] })
    const refused = await world.token(app, asItself)
    expect([refused.status, refused.body['error']]).toEqual([400, 'unauthorized_client'])
    const { refresh } = await world.tokens(app, rev)
    expect(refresh).toBe('undefined')
    expect(await metadataOf(world)).toMatchObject({
      grant_types_supported: ['authorization_code'],
      response_types_supported: ['code'],
    })
    await admin.updateSettings({ grantTypes: ['client_credentials'] })
    const without = await metadataOf(world)
    expect(without['grant_types_supported']).toEqual(['client_credentials'])
    expect(without).not.toHaveProperty('response_types_supported')
    await admin.updateSettings({ roles: [] })
    await expect(world.code(app, rev)).rejects.toThrow('lets no other applications in')
  })

  test('[ADM8] users are found by name, suspended, signed out and made administrators; nobody does it to himself', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await administrator(world, 'zoe')
    const { admin } = ann.call
    const bob = await resident(world, 'mallory')
    const { userId } = bob
    const found = await admin.listUsers({ search: 'MALL' })
    expect(found.items).toMatchObject([{ id: userId, role: 'user', suspendedAt: null }])
    const first = await admin.listUsers({ limit: 1 })
    const second = await admin.listUsers({ limit: 1, cursor: first.next ?? '' })
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id)
    await admin.signOutUser({ userId })
    expect(await outcomeOf(world.deps.auth.authenticate(bob.accessToken))).toBe('SESSION_REVOKED')
    await admin.setUserSuspended({ userId, suspended: true })
    const login = { login: bob.name, password: 'correct horse' }
    await expect(httpClient(world.url).account.login.mutate(login)).rejects.toThrow('suspended')
    await admin.setUserSuspended({ userId, suspended: false })
    await expect(httpClient(world.url).account.login.mutate(login)).resolves.toBeDefined()
    for (const own of [
      () => admin.setUserSuspended({ userId: ann.userId, suspended: true }),
      () => admin.setUserRole({ userId: ann.userId, role: 'user' }),
    ])
      expect(await outcomeOf(own())).toBe('FORBIDDEN')
    expect(await outcomeOf(admin.signOutUser({ userId: NO_ID }))).toBe('NOT_FOUND')
  })

  test('[ADM8] of two administrators who take each other’s office at once, one keeps his', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await administrator(world, 'ann'), await administrator(world, 'bob')]
    const outcomes = await Promise.all([
      outcomeOf(ann.call.admin.setUserRole({ userId: bob.userId, role: 'user' })),
      outcomeOf(bob.call.admin.setUserRole({ userId: ann.userId, role: 'user' })),
    ])
    expect(outcomes).toContain('done')
    const { database } = world.deps
    const rows = await database.read.select().from(database.tables.users)
    expect(rows.filter(({ role }) => role === 'admin')).toHaveLength(1)
  })

  test('[ADM9] what is done is in the log with who did it, and the log is only added to', async () => {
    await using world = await OAuthWorld.open(engine)
    const creator = await resident(world, 'ann')
    const rev = await administrator(world, 'rev')
    const { clientId } = await verifiedApp({ creator, reviewer: rev })
    await rev.call.admin.setClientSuspended({ clientId, suspended: true })
    const { items } = await rev.call.admin.listAudit({ target: clientId })
    expect(items.map(({ action, actor }) => [action, actor?.id])).toEqual([
      ['oauthClient.suspended', rev.userId],
      ['oauthClient.approved', rev.userId],
      ['oauthClient.submitted', creator.userId],
      ['oauthClient.registered', creator.userId],
    ])
    const page = await rev.call.admin.listAudit({ limit: 3 })
    const rest = await rev.call.admin.listAudit({ limit: 3, cursor: page.next ?? '' })
    expect(rest.items).toHaveLength(1)
    const { database } = world.deps
    const { auditEntries } = database.tables
    await expect(database.tx((tx) => tx.delete(auditEntries).then(() => {}))).rejects.toThrow()
    const change = database.tx((tx) =>
      tx
        .update(auditEntries)
        .set({ actorKey: null })
        .then(() => {}),
    )
    await expect(change).rejects.toThrow()
    // What is refused leaves nothing there.
    await outcomeOf(rev.call.admin.setClientScopes({ clientId, scopes: ['unheard:of'] }))
    expect((await rev.call.admin.listAudit({ target: clientId })).items).toHaveLength(4)
  })
})
