import { isNotNull } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { revokeConsent } from '../../src/services/oauth/consent.ts'
import { deleteClientScopes } from '../../src/stores/oauth-scope.ts'
import { inside } from '../../src/stores/conversation.ts'
import { deleteOwnThings } from '../../src/stores/erasure.ts'
import { insertAuditEntry, listAuditEntries } from '../../src/stores/audit.ts'
import { sweepSessions } from '../../src/services/session-sweep.ts'
import { endClient } from '../../src/services/oauth/end-client.ts'
import { httpClient, type Person } from '../contract/person.ts'
import { breaths } from '../support/breaths.ts'
import { describeEngines } from '../support/databases.ts'
import { isClosed, liveSocket } from './live-socket.ts'
import { OAuthWorld, type TestClient } from './world.ts'

async function consentOf(world: OAuthWorld, client: TestClient, person: Person): Promise<string> {
  const { tables, read } = world.deps.database
  const userKey = await world.keyOf(person)
  const rows = await read.select().from(tables.oauthConsents)
  return rows.find((row) => row.userKey === userKey && row.clientKey === client.row.key)?.id ?? ''
}

test('[OAU6] a refresh token that is used again after the grace ends its family, with its sockets', async () => {
  let ahead = 0
  const clock = { ...systemClock, now: () => Date.now() + ahead }
  await using world = await OAuthWorld.open('sqlite', { clock })
  const [client, ann] = [await world.client(), await world.person('ann')]
  const first = await world.tokens(client, ann)
  const second = await world.refresh(client, first.refresh)
  const access = String(second.body['access_token'])
  await using socket = await liveSocket(world, access)
  ahead = 9_000
  expect((await world.refresh(client, first.refresh)).body['refresh_token']).toBe(
    second.body['refresh_token'],
  )
  expect((await httpClient(world.url, access).account.get.query()).id).toBe(ann.userId)
  ahead = 11_000
  const replay = await world.refresh(client, first.refresh)
  expect([replay.status, replay.body['error']]).toEqual([400, 'invalid_grant'])
  await isClosed(socket)
  expect(socket.closeCode).toBe(4403)
  await expect(httpClient(world.url, access).account.get.query()).rejects.toMatchObject({
    data: { code: 'SESSION_REVOKED' },
  })
  expect((await world.refresh(client, String(second.body['refresh_token']))).status).toBe(400)
  // The user's own sign-in is another matter.
  expect((await httpClient(world.url, ann.accessToken).account.get.query()).id).toBe(ann.userId)
})

test('[OAU4] tokens and codes end in their time', async () => {
  let ahead = 0
  const clock = { ...systemClock, now: () => Date.now() + ahead }
  await using world = await OAuthWorld.open('sqlite', { clock })
  const [client, ann] = [await world.client(), await world.person('ann')]
  const code = await world.code(client, ann)
  const { access, refresh } = await world.tokens(client, ann)
  const unused = await world.tokens(client, ann)
  ahead = 61_000
  expect((await world.exchange(client, code)).body['error']).toBe('invalid_grant')
  ahead = 3_601_000
  await expect(httpClient(world.url, access).account.get.query()).rejects.toMatchObject({
    data: { code: 'TOKEN_EXPIRED' },
  })
  expect((await world.refresh(client, refresh)).status).toBe(200)
  ahead += 30 * 24 * 60 * 60 * 1000 + 1000
  expect((await world.refresh(client, unused.refresh)).body['error']).toBe('invalid_grant')
})

describeEngines('what ends a grant', (engine) => {
  const nodes = engine === 'postgres' ? 'another node' : 'the same node'

  test(`[OAU14] a consent that is revoked ends tokens, and sockets within 5 s, on ${nodes}`, async () => {
    await using world = await OAuthWorld.open(engine)
    const node =
      engine === 'postgres'
        ? await OAuthWorld.open(engine, { databaseUrl: world.databaseUrl })
        : undefined
    await using there = node ?? { url: world.url, [Symbol.asyncDispose]: () => Promise.resolve() }
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { access, refresh } = await world.tokens(client, ann)
    await using socket = await liveSocket(node ?? world, access)
    await using own = await liveSocket(node ?? world, ann.accessToken)
    const actor = await world.deps.auth.authenticate(ann.accessToken)
    const consentId = await consentOf(world, client, ann)
    await revokeConsent(world.deps, actor, { consentId })
    await isClosed(socket)
    expect(socket.closeCode).toBe(4403)
    expect(own.closeCode).toBe(undefined)
    await expect(httpClient(there.url, access).account.get.query()).rejects.toMatchObject({
      data: { code: 'SESSION_REVOKED' },
    })
    expect((await world.refresh(client, refresh)).body['error']).toBe('invalid_grant')
    // Consenting again gives new tokens, and the old ones stay dead.
    const again = await world.tokens(client, ann)
    expect((await httpClient(world.url, again.access).account.get.query()).id).toBe(ann.userId)
    expect((await world.refresh(client, refresh)).body['error']).toBe('invalid_grant')
  }, 60_000)

  test('[OAU14] nobody revokes what another has consented to', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann, bob] = [
      await world.client(),
      await world.person('ann'),
      await world.person('bob'),
    ]
    const { access } = await world.tokens(client, ann)
    const actor = await world.deps.auth.authenticate(bob.accessToken)
    const consentId = await consentOf(world, client, ann)
    await expect(revokeConsent(world.deps, actor, { consentId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    expect((await httpClient(world.url, access).account.get.query()).id).toBe(ann.userId)
  })

  test('[OAU14] [ACC6] a new password ends what clients may, as it ends other sign-ins', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { access, refresh } = await world.tokens(client, ann)
    const own = httpClient(world.url, ann.accessToken)
    expect(await own.session.list.query()).toHaveLength(1)
    await own.account.changePassword.mutate({
      currentPassword: 'correct horse',
      newPassword: 'another horse',
    })
    await expect(httpClient(world.url, access).account.get.query()).rejects.toMatchObject({
      data: { code: 'SESSION_REVOKED' },
    })
    expect((await world.refresh(client, refresh)).body['error']).toBe('invalid_grant')
  })

  test('[OAU14] what ended long ago is forgotten', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    await world.tokens(client, ann)
    const { database } = world.deps
    const { sessions, refreshTokens, oauthAccessTokens, oauthAuthorizationCodes } = database.tables
    await database.tx(async (tx) => {
      await tx.update(sessions).set({ expiresAt: 1 }).where(isNotNull(sessions.clientKey))
      await tx.update(refreshTokens).set({ expiresAt: 1 })
      await tx.update(oauthAccessTokens).set({ expiresAt: 1 })
      await tx.update(oauthAuthorizationCodes).set({ expiresAt: 1 })
    })
    await sweepSessions(world.deps, breaths())
    for (const table of [oauthAccessTokens, oauthAuthorizationCodes])
      expect(await database.read.select().from(table)).toEqual([])
    const left = await database.read.select().from(sessions).where(isNotNull(sessions.clientKey))
    expect(left).toEqual([])
  })

  test('[OAU14] a scope that is taken from a client is in no token that is refreshed', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { refresh } = await world.tokens(client, ann, { scope: 'messages:read messages:send' })
    const { database } = world.deps
    const taken = { clientKey: client.row.key, scopes: ['messages:send'] }
    await database.tx((tx) => deleteClientScopes(database, tx, taken))
    expect((await world.refresh(client, refresh)).body['scope']).toBe('messages:read')
  })

  test('[OAU14] of a user who is erased nothing is left of what clients could do', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { access } = await world.tokens(client, ann)
    const userKey = await world.keyOf(ann)
    const { database } = world.deps
    const own = httpClient(world.url, ann.accessToken)
    await own.account.erase.mutate({ password: 'correct horse' })
    await expect(httpClient(world.url, access).account.get.query()).rejects.toThrow()
    await database.tx((tx) => deleteOwnThings(inside(database, tx), userKey))
    const { oauthAccessTokens, oauthAuthorizationCodes, oauthConsents } = database.tables
    for (const table of [oauthAccessTokens, oauthAuthorizationCodes])
      expect(await database.read.select().from(table)).toEqual([])
    expect(await database.read.select().from(oauthConsents)).toMatchObject([{ scope: '' }])
  })

  test('[OAU18] the audit log is only added to', async () => {
    await using world = await OAuthWorld.open(engine)
    const { database } = world.deps
    const { auditEntries } = database.tables
    const entry = { at: 1, actorKey: null, action: 'x', target: null, details: null }
    await database.tx((tx) => insertAuditEntry(database, tx, entry))
    const change = database.tx((tx) =>
      tx
        .update(auditEntries)
        .set({ action: 'y' })
        .then(() => {}),
    )
    await expect(change).rejects.toThrow()
    const deletion = database.tx((tx) => tx.delete(auditEntries).then(() => {}))
    await expect(deletion).rejects.toThrow()
    const page = { before: Number.MAX_SAFE_INTEGER, limit: 10 }
    expect(await listAuditEntries(database, database.read, page)).toMatchObject([entry])
  })

  test('[OAU14] the end of a client is the end of its tokens, for users and for itself', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { access } = await world.tokens(client, ann)
    const { body } = await world.token(client, { grant_type: 'client_credentials' })
    await using socket = await liveSocket(world, access)
    const { deps } = world
    await deps.database.tx((tx) => endClient(deps, tx, client.row.key))
    await isClosed(socket)
    await expect(deps.auth.authenticateService(access)).rejects.toMatchObject({
      code: 'SESSION_REVOKED',
    })
    await expect(deps.auth.authenticateService(String(body['access_token']))).rejects.toMatchObject(
      { code: 'SESSION_REVOKED' },
    )
  })
})

test('[OAU15] a JWT says what it is for, and is looked up all the same', async () => {
  await using world = await OAuthWorld.open('sqlite')
  const { writeOAuthSettings } = await import('../../src/services/oauth/settings.ts')
  const { deps } = world
  await deps.database.tx(async (tx) => {
    await writeOAuthSettings(deps, tx, {
      accessTokenFormat: 'jwt',
      accessTokenLifetime: 120,
      codeLength: 22,
    })
  })
  const [client, ann] = [await world.client(), await world.person('ann')]
  const { access } = await world.tokens(client, ann, { scope: 'account:read' })
  const [header, payload] = access
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)
  expect(header).toMatchObject({ typ: 'at+jwt', alg: 'HS256' })
  expect(payload).toMatchObject({
    iss: world.url,
    aud: world.url,
    sub: ann.userId,
    client_id: client.id,
    scope: 'account:read',
  })
  expect(Number(payload?.['exp']) - Number(payload?.['iat'])).toBe(120)
  expect((await httpClient(world.url, access).account.get.query()).id).toBe(ann.userId)
  const { code } = await world.code(client, ann)
  expect(code).toMatch(/^tdc_[\w-]{22}$/)
  await world.post('/oauth/revoke', { token: access }, { authorization: client.basic })
  await expect(httpClient(world.url, access).account.get.query()).rejects.toMatchObject({
    data: { code: 'SESSION_REVOKED' },
  })
  // One that nobody has stored is nothing, whoever has signed it.
  const forged = `${access.split('.').slice(0, 2).join('.')}.${'a'.repeat(43)}`
  await expect(httpClient(world.url, forged).account.get.query()).rejects.toMatchObject({
    data: { code: 'UNAUTHENTICATED' },
  })
})
