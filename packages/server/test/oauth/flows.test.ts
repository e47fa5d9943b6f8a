import { expect, test } from 'vitest'
import { httpClient } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld, pkce, REDIRECT } from './world.ts'

describeEngines('what clients get tokens by', (engine) => {
  test('[OAU1] a code, exchanged once, gives tokens by which the client acts as the user', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const { verifier, challenge } = pkce()
    const url = world.authorizeUrl({
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: 'a state',
      scope: 'account:read messages:send',
    })
    const asked = await world.browse(url)
    expect(asked.status).toBe(303)
    expect(asked.location?.pathname).toBe('/oauth/consent')
    const to = await world.decide(ann, url)
    expect(to.href.startsWith(`${REDIRECT}?code=`)).toBe(true)
    expect(to.searchParams.get('state')).toBe('a state')
    expect(to.searchParams.get('iss')).toBe(world.url)
    const code = to.searchParams.get('code') ?? ''
    const first = await world.exchange(client, { code, verifier })
    expect([first.status, first.body]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^tda_[\w-]{43}$/),
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: expect.stringMatching(/^tdr_/),
        scope: 'account:read messages:send',
      },
    ])
    const access = String(first.body['access_token'])
    expect((await httpClient(world.url, access).account.get.query()).id).toBe(ann.userId)
    const again = await world.exchange(client, { code, verifier })
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
    await expect(httpClient(world.url, access).account.get.query()).rejects.toThrow(/session/i)
  })
})
