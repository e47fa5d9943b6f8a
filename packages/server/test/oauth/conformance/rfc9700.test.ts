import { afterAll, expect, test } from 'vitest'
import { httpClient } from '../../contract/person.ts'
import { pkce, REDIRECT } from '../world.ts'
import { authorize, setScene as setAuthorization } from './authorization-scene.ts'
import { exchangeForm, REFUSED, refusal, setScene } from './token-scene.ts'

const asking = await setAuthorization()
const scene = await setScene()
afterAll(async () => {
  await asking[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
})
const { world, ann, client, publicClient } = scene

const requestUrl = (more: Record<string, string> = {}, id = client.id) =>
  world.authorizeUrl({
    response_type: 'code',
    client_id: id,
    redirect_uri: REDIRECT,
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
    ...more,
  })

test('[OAU11] RFC 9207 2 a code comes with iss', async () => {
  const to = await world.decide(ann, requestUrl())
  expect([...to.searchParams.keys()]).toEqual(['code', 'iss'])
  expect(to.searchParams.get('iss')).toBe(world.url)
})

test('[OAU11] RFC 9207 2 a no comes with iss', async () => {
  const to = await world.decide(ann, requestUrl(), 'no')
  expect(to.searchParams.get('iss')).toBe(world.url)
})

const WRONG: readonly (readonly [string, string, string])[] = [
  ['response_type', 'cake', 'unsupported_response_type'],
  ['response_type', '', 'invalid_request'],
  ['scope', 'cake:eat', 'invalid_scope'],
  ['code_challenge', 'x', 'invalid_request'],
  ['code_challenge_method', 'plain', 'invalid_request'],
]

test.each(WRONG)(
  '[OAU11] RFC 9207 2 a refusal for %s=%j comes with iss, once',
  async (name, value, error) => {
    const { location } = await authorize(asking, (query) => query.set(name, value))
    expect(location?.searchParams.get('error')).toBe(error)
    expect(location?.searchParams.getAll('iss')).toEqual([asking.world.url])
  },
)

test('[OAU11] RFC 9207 2.3 the issuer is the one of the metadata', async () => {
  const response = await fetch(`${world.url}/.well-known/oauth-authorization-server`)
  expect(await response.json()).toMatchObject({ issuer: world.url })
})

test('[OAU3] RFC 9700 2.1 and 4.12 browsers are redirected by 303, never by 307', async () => {
  for (const change of [() => undefined, (query: URLSearchParams) => query.delete('response_type')])
    expect((await authorize(asking, change)).status).toBe(303)
})

test('[S4.4] [OAU7] RFC 9700 2.1.1 a verifier for a code without a challenge is refused', async () => {
  const seed = await world.client({ legacySwitches: ['no_pkce'] })
  const params = { response_type: 'code', client_id: seed.id, redirect_uri: REDIRECT }
  const to = await world.decide(ann, world.authorizeUrl(params, '/oauth/authorize/index'))
  const form = {
    grant_type: 'authorization_code',
    code: to.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT,
  }
  const { verifier } = pkce()
  expect(refusal(await world.token(seed, { ...form, code_verifier: verifier }))).toEqual(
    REFUSED(400, 'invalid_grant'),
  )
  // What only the older systems may is theirs to the end.
  expect(refusal(await world.token(seed, form))).toEqual(REFUSED(400, 'invalid_grant'))
  const authorization = { authorization: seed.basic }
  expect((await world.post('/oauth/token/index', form, authorization)).status).toBe(200)
})

test('[OAU5] RFC 9700 4.2 and RFC 6749 4.1.2 a code that is used again ends what it gave', async () => {
  const params = await exchangeForm(scene, publicClient)
  const { body } = await world.token(publicClient, params)
  expect(refusal(await world.token(publicClient, params))).toEqual(REFUSED(400, 'invalid_grant'))
  const me = httpClient(world.url, String(body['access_token'])).account.get
  await expect(me.query()).rejects.toMatchObject({ data: { code: 'SESSION_REVOKED' } })
  const refreshed = await world.refresh(publicClient, String(body['refresh_token']))
  expect(refusal(refreshed)).toEqual(REFUSED(400, 'invalid_grant'))
})

test('[OAU4] RFC 9700 2.1.2 no token leaves by a redirect', async () => {
  const { location } = await authorize(asking, (query) => query.set('response_type', 'token'))
  expect(location?.href).toContain('#error=unsupported_response_type')
  expect(location?.href).not.toContain('access_token')
})

test('[OAU12] RFC 9700 2.4 the password grant is refused, and says nothing of the password', async () => {
  const answers = await Promise.all(
    ['correct horse', 'wrong'].map((password) =>
      world.token(client, { grant_type: 'password', username: ann.name, password }),
    ),
  )
  const [right, wrong] = answers.map(({ body }) => body)
  expect(right).toEqual(wrong)
  expect(right).toMatchObject({ error: 'unauthorized_client' })
})

test('[OAU4] RFC 9700 2.5 and 4.13 secrets, codes and tokens are kept as digests alone', async () => {
  const params = await exchangeForm(scene, client)
  const { body } = await world.token(client, params)
  const { tables, read } = world.deps.database
  const stored = JSON.stringify([
    await read.select().from(tables.oauthClients),
    await read.select().from(tables.oauthAuthorizationCodes),
    await read.select().from(tables.oauthAccessTokens),
    await read.select().from(tables.refreshTokens),
  ])
  const secrets = [client.secret, params['code'], body['access_token'], body['refresh_token']]
  for (const secret of secrets) expect(stored).not.toContain(String(secret).slice(4))
})

test('[OAU13] RFC 9700 4.14 a client that is not verified works for its creator alone, with the base scopes', async () => {
  const draft = await world.client({ state: 'draft' })
  await expect(world.decide(ann, requestUrl({}, draft.id))).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
  const to = await world.decide(world.administrator, requestUrl({}, draft.id))
  expect(to.searchParams.has('code')).toBe(true)
  const more = requestUrl({ scope: 'messages:read' }, draft.id)
  // Nor is anybody led away by it without having said yes.
  const { status, location, text } = await world.browse(more)
  expect([status, location]).toEqual([400, undefined])
  expect(text).toContain('invalid_scope')
})
