import * as oauth from 'oauth4webapi'
import { expect, test } from 'vitest'
import { describeEngines } from '../support/databases.ts'
import { OAuthWorld, REDIRECT, type TestClient } from './world.ts'

// oxlint-disable-next-line typescript/no-deprecated -- only to stand out; the server of a test has no certificate
const PLAIN_HTTP = { [oauth.allowInsecureRequests]: true }

async function discover(world: OAuthWorld): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(world.url)
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...PLAIN_HTTP })
  return oauth.processDiscoveryResponse(issuer, response)
}

/** As its developer would write it: the request, the way back, the exchange. */
async function signIn(
  world: OAuthWorld,
  server: oauth.AuthorizationServer,
  { client, authentication }: { client: oauth.Client; authentication: oauth.ClientAuth },
): Promise<oauth.TokenEndpointResponse> {
  const ann = await world.person('ann')
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const url = new URL(server.authorization_endpoint ?? '')
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'account:read messages:read',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  }).toString()
  const back = await world.decide(ann, url.href)
  const params = oauth.validateAuthResponse(server, client, back, state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    params,
    REDIRECT,
    verifier,
    PLAIN_HTTP,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
  const me = await oauth.protectedResourceRequest(
    tokens.access_token,
    'GET',
    new URL(`${world.url}/rest/v1/me`),
    undefined,
    undefined,
    PLAIN_HTTP,
  )
  expect(await me.json()).toMatchObject({ id: ann.userId })
  return tokens
}

const WAYS: readonly (readonly [string, (client: TestClient) => oauth.ClientAuth])[] = [
  ['client_secret_basic', ({ secret }) => oauth.ClientSecretBasic(secret)],
  ['client_secret_post', ({ secret }) => oauth.ClientSecretPost(secret)],
  ['none', () => oauth.None()],
]

describeEngines('an independent client', (engine) => {
  test.each(WAYS)('[OAU1] goes through every flow by %s', async (way, authenticate) => {
    await using world = await OAuthWorld.open(engine)
    const server = await discover(world)
    const registered = await world.client({ isPublic: way === 'none' })
    const client: oauth.Client = { client_id: registered.id }
    const authentication = authenticate(registered)
    const tokens = await signIn(world, server, { client, authentication })
    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(
        server,
        client,
        authentication,
        tokens.refresh_token ?? '',
        PLAIN_HTTP,
      ),
    )
    expect(refreshed.scope).toBe('account:read messages:read')
    if (way !== 'none') {
      const asked = await oauth.introspectionRequest(
        server,
        client,
        authentication,
        refreshed.access_token,
        PLAIN_HTTP,
      )
      expect(await oauth.processIntrospectionResponse(server, client, asked)).toMatchObject({
        active: true,
      })
      const own = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        { scope: 'messages:read' },
        PLAIN_HTTP,
      )
      expect((await oauth.processClientCredentialsResponse(server, client, own)).scope).toBe(
        'messages:read',
      )
    }
    const revoked = await oauth.revocationRequest(
      server,
      client,
      authentication,
      refreshed.refresh_token ?? '',
      PLAIN_HTTP,
    )
    await oauth.processRevocationResponse(revoked)
    const late = await oauth.refreshTokenGrantRequest(
      server,
      client,
      authentication,
      refreshed.refresh_token ?? '',
      PLAIN_HTTP,
    )
    await expect(oauth.processRefreshTokenResponse(server, client, late)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('[OAU1] is told by the way back that the user has said no', async () => {
    await using world = await OAuthWorld.open(engine)
    const server = await discover(world)
    const { id } = await world.client()
    const ann = await world.person('ann')
    const verifier = oauth.generateRandomCodeVerifier()
    const challenge = await oauth.calculatePKCECodeChallenge(verifier)
    const params = {
      response_type: 'code',
      client_id: id,
      state: 'x',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }
    const back = await world.decide(ann, world.authorizeUrl(params), 'no')
    expect(() => oauth.validateAuthResponse(server, { client_id: id }, back, 'x')).toThrow(
      oauth.AuthorizationResponseError,
    )
  })
})
