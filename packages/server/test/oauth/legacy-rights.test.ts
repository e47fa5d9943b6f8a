import { expect, test } from 'vitest'
import { deleteClientScopes } from '../../src/stores/oauth-scope.ts'
import { httpClient, type Person } from '../contract/person.ts'
import { administrator, outcomeOf } from '../pages/resident.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { isClosed, liveSocket } from './live-socket.ts'
import { OAuthWorld, type TestClient } from './world.ts'

async function byPassword(
  world: OAuthWorld,
  client: TestClient,
  { name }: Person,
  scope?: string,
): Promise<{ readonly access: string; readonly refresh: string }> {
  const guess = { username: name, password: 'correct horse' }
  const asked: Record<string, string> = scope === undefined ? {} : { scope }
  const { body } = await world.token(client, { grant_type: 'password', ...guess, ...asked })
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) }
}

/** Another node, where the engine has them. */
async function otherNode(engine: Engine, { databaseUrl }: OAuthWorld) {
  return engine === 'postgres' ? OAuthWorld.open(engine, { databaseUrl }) : undefined
}

describeEngines('what the older systems did', (engine) => {
  test('[OAU20] a password that is shown to a client is a consent, which is listed and revoked like any other', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['password'] })
    const ann = await world.person('ann')
    const own = httpClient(world.url, ann.accessToken)
    const client = await world.client({ legacySwitches: ['password'] })
    const { access, refresh } = await byPassword(world, client, ann, 'messages:read')
    const [consent, ...others] = await own.oauth.listConsents.query()
    expect(others).toEqual([])
    expect(consent).toMatchObject({ clientId: client.id, scopes: ['messages:read'] })
    await using node = await otherNode(engine, world)
    await using socket = await liveSocket(node ?? world, access)
    await own.oauth.revokeConsent.mutate({ consentId: consent?.id ?? '' })
    await isClosed(socket)
    expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('SESSION_REVOKED')
    expect((await world.refresh(client, refresh)).body['error']).toBe('invalid_grant')
    expect(await own.oauth.listConsents.query()).toEqual([])
  })

  test('[OAU20] a password lifts no limit to conversations, and is a consent to more', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['password'] })
    const ann = await world.person('ann')
    const own = httpClient(world.url, ann.accessToken)
    const [within, beyond] = await Promise.all(
      ['within', 'beyond'].map((name) => own.group.create.mutate({ name, userIds: [] })),
    )
    const client = await world.client({ legacySwitches: ['password'] })
    const conversationIds = [within?.id ?? '']
    await world.tokens(client, ann, { scope: 'conversations:read', conversationIds })
    const { access } = await byPassword(world, client, ann, 'messages:read')
    const [consent] = await own.oauth.listConsents.query()
    expect(consent).toMatchObject({
      scopes: ['conversations:read', 'messages:read'],
      limited: true,
    })
    const bot = httpClient(world.url, access)
    const read = (conversationId = '') => bot.message.list.query({ conversationId })
    await expect(read(beyond?.id)).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } })
    await expect(read(within?.id)).resolves.toBeDefined()
  })

  test.for(['password', 'implicit'] as const)(
    '[OAU20] with the switch %s everything ends that it has given, sockets on every node included',
    async (legacy) => {
      await using world = await OAuthWorld.open(engine, { olderGrants: [legacy] })
      const ann = await world.person('ann')
      const admin = await administrator(world, 'adm')
      const client = await world.client({ legacySwitches: [legacy] })
      const implicit = async () => {
        const url = world.authorizeUrl(
          { response_type: 'token', client_id: client.id },
          '/oauth/authorize/index',
        )
        const { hash } = await world.decide(ann, url)
        const access = new URLSearchParams(hash.slice(1)).get('access_token') ?? ''
        return { access, refresh: '' }
      }
      const { access, refresh } =
        legacy === 'password' ? await byPassword(world, client, ann) : await implicit()
      await using node = await otherNode(engine, world)
      await using socket = await liveSocket(node ?? world, access)
      const clientId = client.id
      await admin.call.admin.setClientSwitches({ clientId, legacySwitches: [legacy, 'no_pkce'] })
      expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('done')
      await admin.call.admin.setClientSwitches({ clientId, legacySwitches: ['no_pkce'] })
      await isClosed(socket)
      expect(socket.closeCode).toBe(4403)
      expect(await outcomeOf(world.deps.auth.authenticate(access))).toBe('SESSION_REVOKED')
      if (refresh !== '') expect((await world.refresh(client, refresh)).status).toBe(400)
    },
  )

  test('[OAU14] what a client may now is what its living tokens may, and what they are told to stand for', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const client = await world.client({ scopes: ['messages:read', 'messages:send_as'] })
    const { access } = await world.tokens(client, ann)
    const form = { grant_type: 'client_credentials' }
    const service = String((await world.token(client, form)).body['access_token'])
    const scopesOf = async (token: string) => {
      const found = await world.deps.auth.authenticateService(token)
      const scopes = 'client' in found ? found.scopes : found.grant?.scopes
      const asked = await world.post(
        '/oauth/introspect',
        { token },
        { authorization: client.basic },
      )
      const told = String(asked.body['scope']).split(' ').toSorted()
      expect(told).toEqual([...(scopes ?? [])].toSorted())
      return told
    }
    expect(await scopesOf(access)).toContain('messages:read')
    expect(await scopesOf(service)).toContain('messages:send_as')
    const { database } = world.deps
    const taken = {
      clientKey: client.row.key,
      scopes: ['messages:read', 'messages:send_as'],
    }
    await database.tx((tx) => deleteClientScopes(database, tx, taken))
    expect(await scopesOf(access)).toEqual(['account:read', 'users:read'])
    expect(await scopesOf(service)).toEqual(['account:read', 'users:read'])
    await expect(httpClient(world.url, access).sync.heads.mutate({})).rejects.toMatchObject({
      data: { code: 'FORBIDDEN' },
    })
  })

  test('[OAU14] a scope that is a base scope no more is taken from who has it as such alone', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const admin = await administrator(world, 'adm')
    const { baseScopes } = await admin.call.admin.getSettings()
    const more = [...baseScopes, 'messages:read' as const]
    const [approved, other] = [await world.client(), await world.client({ scopes: [] })]
    for (const take of [
      (base: boolean) => admin.call.admin.updateScope({ name: 'messages:read', base }),
      (base: boolean) => admin.call.admin.updateSettings({ baseScopes: base ? more : baseScopes }),
    ]) {
      await take(true)
      const kept = await world.tokens(approved, ann)
      const lost = await world.tokens(other, ann)
      await using socket = await liveSocket(world, lost.access)
      await using still = await liveSocket(world, kept.access)
      await take(false)
      await isClosed(socket)
      const { auth } = world.deps
      expect(await outcomeOf(auth.authenticate(lost.access))).toBe('SESSION_REVOKED')
      expect(await outcomeOf(auth.authenticate(kept.access))).toBe('done')
      expect(still.closeCode).toBe(undefined)
    }
  })
})
