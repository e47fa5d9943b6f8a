import { expect, test } from 'vitest'
import { exchangeCode } from '../../src/services/oauth/code-grant.ts'
import { grantByPassword, grantToClient } from '../../src/services/oauth/other-grants.ts'
import { OAuthParams } from '../../src/services/oauth/params.ts'
import { refreshGrant } from '../../src/services/oauth/refresh-grant.ts'
import { readOAuthSettings } from '../../src/services/oauth/settings.ts'
import { updateOAuthClient } from '../../src/stores/oauth-client.ts'
import { httpClient } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld, REDIRECT, type Answer, type Params } from './world.ts'

const MANY = 200

/** Access tokens by which `account.get` can be asked. */
async function living(
  world: OAuthWorld,
  answers: readonly Pick<Answer, 'body'>[],
): Promise<number> {
  const tokens = answers.flatMap(({ body }) =>
    body['access_token'] === undefined ? [] : [String(body['access_token'])],
  )
  const outcomes = await Promise.allSettled(
    tokens.map((token) => httpClient(world.url, token).account.get.query()),
  )
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}

describeEngines('races for tokens', (engine) => {
  test('[OAU5] 200 exchanges of one code at once: one is answered with tokens', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const code = await world.code(client, ann)
    const answers = await Promise.all(
      Array.from({ length: MANY }, () =>
        world.grantAtOnce(client, {
          grant_type: 'authorization_code',
          code: code.code,
          code_verifier: code.verifier,
          redirect_uri: REDIRECT,
        }),
      ),
    )
    const good = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 400)
    expect(good).toHaveLength(1)
    expect(new Set(refused.map(({ body }) => body['error']))).toEqual(new Set(['invalid_grant']))
    const { tables, read } = world.deps.database
    expect(await read.select().from(tables.oauthAccessTokens)).toHaveLength(1)
    // The others have shown it again, and that ends what it gave.
    expect(await living(world, good)).toBe(0)
  }, 240_000)

  test('[OAU6] 200 refreshes by one token at once: one family lives, with one successor, and nobody is signed out', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { refresh } = await world.tokens(client, ann)
    const answers = await Promise.all(
      Array.from({ length: MANY }, () =>
        world.grantAtOnce(client, { grant_type: 'refresh_token', refresh_token: refresh }),
      ),
    )
    expect(answers.filter(({ status }) => status === 400)).toEqual([])
    const good = answers.filter(({ status }) => status === 200)
    const successors = new Set(good.map(({ body }) => body['refresh_token']))
    expect(successors.size).toBe(1)
    const some = good.slice(0, 20)
    expect(await living(world, some)).toBe(some.length)
    const [successor] = successors
    expect((await world.refresh(client, String(successor))).status).toBe(200)
  }, 240_000)

  test('[OAU5] an exchange and the end of the consent at once: no token outlives it', async () => {
    await using world = await OAuthWorld.open(engine)
    const client = await world.client()
    const { revokeConsent } = await import('../../src/services/oauth/consent.ts')
    const { tables, read } = world.deps.database
    for (let round = 0; round < 5; round += 1) {
      const ann = await world.person('ann')
      const actor = await world.deps.auth.authenticate(ann.accessToken)
      const code = await world.code(client, ann)
      const consents = await read.select().from(tables.oauthConsents)
      const consentId = consents.find(({ userKey }) => userKey === actor.userKey)?.id ?? ''
      const [answer] = await Promise.all([
        world.exchange(client, code),
        revokeConsent(world.deps, actor, { consentId }),
      ])
      expect(await living(world, [answer])).toBe(0)
    }
  }, 120_000)

  test('[OAU14] whoever has proven itself before something was taken from it gets nothing by that afterwards', async () => {
    await using world = await OAuthWorld.open(engine)
    const ann = await world.person('ann')
    const client = await world.client({ legacySwitches: ['password'] })
    const { refresh } = await world.tokens(client, ann)
    const { code, verifier } = await world.code(client, ann)
    const { deps } = world
    const settings = await readOAuthSettings(deps)
    const askedAt = await deps.database.now()
    const ask = (grant: typeof refreshGrant, form: Params) => {
      const params = new OAuthParams(new URLSearchParams(form))
      const from = { ip: '127.0.0.1', isSeed: false, hasQuery: false, authorization: undefined }
      return grant(deps, { client: client.row, settings, askedAt, request: { ...from, params } })
    }
    const all = () => [
      ask(exchangeCode, { code, code_verifier: verifier, redirect_uri: REDIRECT }),
      ask(refreshGrant, { refresh_token: refresh }),
      ask(grantToClient, {}),
      ask(grantByPassword, { username: ann.name, password: 'correct horse' }),
    ]
    const { database } = deps
    const taken = [{ secretDigest: 'another' }, { suspendedAt: 1 }, { deletedAt: 1 }] as const
    const { suspendedAt, secretDigest, key } = client.row
    for (const less of taken) {
      const change = { secretDigest, suspendedAt, ...less, updatedAt: 1 }
      await database.tx((tx) => updateOAuthClient(database, tx, { key, change }))
      for (const outcome of await Promise.allSettled(all()))
        expect(outcome).toMatchObject({ reason: { code: 'invalid_client' } })
    }
    const change = { secretDigest, suspendedAt, deletedAt: null, updatedAt: 1 }
    await database.tx((tx) => updateOAuthClient(database, tx, { key, change }))
    const outcomes = await Promise.allSettled(all())
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
  })
})
