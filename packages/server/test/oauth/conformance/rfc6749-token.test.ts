import { afterAll, expect, test } from 'vitest'
import { REDIRECT, type Answer, type Params } from '../world.ts'
import { exchangeForm, REFUSED, refusal, setScene } from './token-scene.ts'

const scene = await setScene()
afterAll(() => scene[Symbol.asyncDispose]())
const { world, ann, client, other, publicClient, suspended, plain } = scene

const base64 = (text: string) => Buffer.from(text).toString('base64')
const basicOf = (id: string, secret: string) => ({
  authorization: `Basic ${base64(`${id}:${secret}`)}`,
})
const good = { grant_type: 'client_credentials' }
const own = { client_id: client.id, client_secret: client.secret }
const form = (params: Params, headers: Params = {}, query = '') =>
  world.post(`/oauth/token${query}`, params, headers)

type Case = readonly [title: string, status: number, error: string, send: () => Promise<Answer>]

const CLIENTS: readonly Case[] = [
  ['2.3 nobody says who it is', 401, 'invalid_client', () => form(good)],
  ['2.3.1 the secret is wrong', 401, 'invalid_client', () => form(good, basicOf(client.id, 'x'))],
  [
    '2.3.1 the secret is wrong in the body',
    401,
    'invalid_client',
    () => form({ ...good, ...own, client_secret: 'x' }),
  ],
  ['2.3.1 the secret is empty', 401, 'invalid_client', () => form(good, basicOf(client.id, ''))],
  [
    '2.3.1 the secret is left out',
    401,
    'invalid_client',
    () => form({ ...good, client_id: client.id }),
  ],
  [
    "2.3.1 the secret is another client's",
    401,
    'invalid_client',
    () => form(good, basicOf(client.id, other.secret)),
  ],
  [
    '2.3.1 the secret is cut off',
    401,
    'invalid_client',
    () => form(good, basicOf(client.id, client.secret.slice(0, -1))),
  ],
  [
    '2.3.1 the secret has more behind it',
    401,
    'invalid_client',
    () => form(good, basicOf(client.id, `${client.secret}:x`)),
  ],
  ['2.3.1 the client is unknown', 401, 'invalid_client', () => form(good, basicOf('nobody', 'x'))],
  ['2.3.1 the client is empty', 401, 'invalid_client', () => form(good, basicOf('', 'x'))],
  [
    '2.3.1 the client is suspended',
    401,
    'invalid_client',
    () => form(good, { authorization: suspended.basic }),
  ],
  [
    '2.3.1 Basic is no base64',
    401,
    'invalid_client',
    () => form(good, { authorization: 'Basic ***' }),
  ],
  [
    '2.3.1 Basic has no colon',
    401,
    'invalid_client',
    () => form(good, { authorization: `Basic ${base64('abc')}` }),
  ],
  ['2.3.1 Basic is empty', 401, 'invalid_client', () => form(good, { authorization: 'Basic' })],
  [
    '2.3.1 Basic has a percent sign that is none',
    401,
    'invalid_client',
    () => form(good, basicOf(client.id, '%zz')),
  ],
  [
    '2.3.1 the scheme is Bearer',
    401,
    'invalid_client',
    () => form(good, { authorization: `Bearer ${ann.accessToken}` }),
  ],
  [
    '2.3 two ways at once',
    400,
    'invalid_request',
    () => form({ ...good, ...own }, { authorization: client.basic }),
  ],
  [
    '2.3 two ways that differ',
    400,
    'invalid_request',
    () => form({ ...good, client_id: other.id }, { authorization: client.basic }),
  ],
  [
    '2.3 a public client brings a secret',
    401,
    'invalid_client',
    () => form({ ...good, client_id: publicClient.id, client_secret: 'x' }),
  ],
  [
    '4.4 a public client asks for itself',
    401,
    'invalid_client',
    () => form({ ...good, client_id: publicClient.id }),
  ],
  [
    '3.2 client_id comes twice',
    400,
    'invalid_request',
    () =>
      world.post(
        '/oauth/token',
        `grant_type=client_credentials&client_id=${client.id}&client_id=${client.id}&client_secret=${client.secret}`,
      ),
  ],
  [
    '2.3.1 the secret is in the query',
    400,
    'invalid_request',
    () => form(good, {}, `?client_id=${client.id}&client_secret=${client.secret}`),
  ],
  [
    '2.3.1 everything is in the query',
    400,
    'invalid_request',
    () =>
      form(
        {},
        {},
        `?grant_type=client_credentials&client_id=${client.id}&client_secret=${client.secret}`,
      ),
  ],
]

test.each(CLIENTS)('[OAU4] RFC 6749 %s: %d %s', async (_title, status, error, send) => {
  const answer = await send()
  expect(refusal(answer)).toEqual(REFUSED(status, error))
  expect(answer.headers.get('www-authenticate')?.startsWith('Basic ') ?? false).toBe(status === 401)
})

const as = { authorization: client.basic }
const REQUESTS: readonly Case[] = [
  ['5.2 grant_type is missing', 400, 'invalid_request', () => form({}, as)],
  ['5.2 grant_type is empty', 400, 'invalid_request', () => form({ grant_type: '' }, as)],
  [
    '3.2 grant_type comes twice',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/token', 'grant_type=client_credentials&grant_type=client_credentials', as),
  ],
  [
    '5.2 grant_type is unknown',
    400,
    'unsupported_grant_type',
    () => form({ grant_type: 'cake' }, as),
  ],
  [
    '5.2 grant_type is in capitals',
    400,
    'unsupported_grant_type',
    () => form({ grant_type: 'CLIENT_CREDENTIALS' }, as),
  ],
  [
    '5.2 grant_type is implicit',
    400,
    'unsupported_grant_type',
    () => form({ grant_type: 'implicit' }, as),
  ],
  [
    '5.2 grant_type is __proto__',
    400,
    'unsupported_grant_type',
    () => form({ grant_type: '__proto__' }, as),
  ],
  [
    '5.2 grant_type is the name of seed 004, not on its path',
    400,
    'unsupported_grant_type',
    () => form({ grant_type: 'authorizecode' }, as),
  ],
  [
    '4.3 the password grant is off',
    400,
    'unauthorized_client',
    () => form({ grant_type: 'password', username: 'ann', password: 'correct horse' }, as),
  ],
  [
    '5.2 the client may not use this grant',
    400,
    'unauthorized_client',
    () => form(good, { authorization: plain.basic }),
  ],
  [
    '5.2 the client may not refresh',
    400,
    'unauthorized_client',
    () => form({ grant_type: 'refresh_token', refresh_token: 'x' }, { authorization: plain.basic }),
  ],
  [
    '3.2 the body is JSON',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/token', JSON.stringify(good), {
        ...as,
        'content-type': 'application/json',
      }),
  ],
  [
    '3.2 the body is a text',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/token', 'grant_type=client_credentials', {
        ...as,
        'content-type': 'text/plain',
      }),
  ],
  ['3.2 the body is empty', 400, 'invalid_request', () => world.post('/oauth/token', '', as)],
  [
    '3.2 the body is not UTF-8',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/token', 'grant_type=%ff', {
        ...as,
        'content-type': 'application/json; charset=utf-16',
      }),
  ],
  [
    '3.2 a value is 5,000 characters',
    400,
    'invalid_request',
    () => form({ grant_type: 'a'.repeat(5000) }, as),
  ],
  ['3.3 scope is unknown', 400, 'invalid_scope', () => form({ ...good, scope: 'cake:eat' }, as)],
  [
    '3.3 scope is not approved',
    400,
    'invalid_scope',
    () => form({ ...good, scope: 'presence:read' }, as),
  ],
  [
    '3.3 scope is restricted',
    400,
    'invalid_scope',
    () => form({ ...good, scope: 'messages:send_as' }, as),
  ],
  [
    '3.3 scope is no list of scopes',
    400,
    'invalid_scope',
    () => form({ ...good, scope: 'a"b' }, as),
  ],
  [
    '4.1.3 code is missing',
    400,
    'invalid_request',
    () => form({ grant_type: 'authorization_code' }, as),
  ],
  [
    '4.1.3 code is unknown',
    400,
    'invalid_grant',
    () => form({ grant_type: 'authorization_code', code: 'x' }, as),
  ],
  [
    '4.1.3 code is an access token',
    400,
    'invalid_grant',
    async () =>
      form(
        { grant_type: 'authorization_code', code: (await world.tokens(client, ann)).access },
        as,
      ),
  ],
  [
    '6 refresh_token is missing',
    400,
    'invalid_request',
    () => form({ grant_type: 'refresh_token' }, as),
  ],
  [
    '6 refresh_token is unknown',
    400,
    'invalid_grant',
    () => form({ grant_type: 'refresh_token', refresh_token: 'x' }, as),
  ],
  [
    '6 refresh_token is an access token',
    400,
    'invalid_grant',
    async () => world.refresh(client, (await world.tokens(client, ann)).access),
  ],
  [
    "6 refresh_token is another client's",
    400,
    'invalid_grant',
    async () => world.refresh(other, (await world.tokens(client, ann)).refresh),
  ],
  [
    '6 refresh_token comes twice',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/token', 'grant_type=refresh_token&refresh_token=a&refresh_token=a', as),
  ],
  [
    '6 the scope is wider than before',
    400,
    'invalid_scope',
    async () =>
      world.refresh(client, (await world.tokens(client, ann, { scope: 'messages:read' })).refresh, {
        scope: 'messages:read messages:send',
      }),
  ],
  [
    '6 the scope is unknown',
    400,
    'invalid_scope',
    async () =>
      world.refresh(client, (await world.tokens(client, ann)).refresh, { scope: 'cake:eat' }),
  ],
]

test.each(REQUESTS)('[OAU4] RFC 6749 %s: %d %s', async (_title, status, error, send) => {
  expect(refusal(await send())).toEqual(REFUSED(status, error))
})

type Change = (params: Record<string, string>) => void
const CODES: readonly (readonly [string, string, Change])[] = [
  [
    '4.1.3 redirect_uri is left out, but was named',
    'invalid_request',
    (params) => delete params['redirect_uri'],
  ],
  [
    '4.1.3 redirect_uri is another',
    'invalid_grant',
    (params) => (params['redirect_uri'] = 'https://evil.example'),
  ],
  [
    '4.1.3 redirect_uri has a slash more',
    'invalid_grant',
    (params) => (params['redirect_uri'] = `${REDIRECT}/`),
  ],
  [
    '4.1.3 redirect_uri is encoded twice',
    'invalid_grant',
    (params) => (params['redirect_uri'] = encodeURIComponent(REDIRECT)),
  ],
  [
    '4.1.3 code is cut off',
    'invalid_grant',
    (params) => (params['code'] = params['code']?.slice(0, -1) ?? ''),
  ],
  ['4.1.3 code has more behind it', 'invalid_grant', (params) => (params['code'] += 'x')],
]

test.each(CODES)('[OAU5] RFC 6749 %s: 400 %s', async (_title, error, change) => {
  const params = await exchangeForm(scene, client)
  change(params)
  expect(refusal(await world.token(client, params))).toEqual(REFUSED(400, error))
})

test("[OAU5] RFC 6749 4.1.3 another client's code: 400 invalid_grant, and it still works for its own", async () => {
  const params = await exchangeForm(scene, client)
  expect(refusal(await world.token(other, params))).toEqual(REFUSED(400, 'invalid_grant'))
  expect(refusal(await world.token(publicClient, params))).toEqual(REFUSED(400, 'invalid_grant'))
  expect((await world.token(client, params)).status).toBe(200)
})

test('[OAU5] RFC 6749 4.1.3 redirect_uri is needed only when the authorization request named it', async () => {
  const { redirect_uri, ...params } = await exchangeForm(scene, client, { redirect_uri: '' })
  expect(redirect_uri).toBe(REDIRECT)
  expect((await world.token(client, params)).status).toBe(200)
})

const OK = (more: object) => ({
  access_token: expect.stringMatching(/^tda_[\w-]{43}$/),
  token_type: 'Bearer',
  expires_in: 3600,
  ...more,
})
const REFRESH = { refresh_token: expect.stringMatching(/^tdr_[\w-]{43}$/) }

const GOOD: readonly (readonly [string, object, () => Promise<Answer>])[] = [
  [
    '2.3.1 by Basic',
    OK({ scope: 'messages:read' }),
    () => form({ ...good, scope: 'messages:read' }, as),
  ],
  [
    '2.3.1 by the body',
    OK({ scope: 'messages:read' }),
    () => form({ ...good, ...own, scope: 'messages:read' }),
  ],
  [
    '2.3.1 by Basic, with its name in the body too',
    OK({ scope: 'messages:read' }),
    () => form({ ...good, client_id: client.id, scope: 'messages:read' }, as),
  ],
  [
    '2.3.1 by basic in small letters',
    OK({ scope: 'messages:read' }),
    () =>
      form(
        { ...good, scope: 'messages:read' },
        { authorization: client.basic.replace('Basic', 'basic') },
      ),
  ],
  [
    '2.3.1 by Basic, form-encoded',
    OK({ scope: 'messages:read' }),
    () =>
      form(
        { ...good, scope: 'messages:read' },
        basicOf(encodeURIComponent(client.id), client.secret.replaceAll('_', '%5F')),
      ),
  ],
  [
    '3.2 with an unknown parameter',
    OK({ scope: 'messages:read' }),
    () => form({ ...good, scope: 'messages:read', cake: 'yes' }, as),
  ],
  [
    '4.4 without a scope: all that it may',
    OK({
      scope:
        'account:read conversations:read conversations:write messages:read messages:send users:read',
    }),
    () => form(good, as),
  ],
  [
    '3.3 some of the scopes',
    OK({ scope: 'messages:read' }),
    () => form({ ...good, scope: 'messages:read presence:read' }, as),
  ],
  [
    '4.1.4 for a code',
    OK({ scope: 'messages:read', ...REFRESH }),
    async () => world.token(client, await exchangeForm(scene, client, { scope: 'messages:read' })),
  ],
  [
    '4.1.4 for a code, to a public client',
    OK({ scope: 'messages:read', ...REFRESH }),
    async () =>
      world.token(
        publicClient,
        await exchangeForm(scene, publicClient, { scope: 'messages:read' }),
      ),
  ],
  [
    '4.1.4 for a code, to one that may not refresh',
    OK({ scope: 'messages:read' }),
    async () => world.token(plain, await exchangeForm(scene, plain, { scope: 'messages:read' })),
  ],
  [
    '6 for a refresh token',
    OK({ scope: 'messages:read', ...REFRESH }),
    async () =>
      world.refresh(client, (await world.tokens(client, ann, { scope: 'messages:read' })).refresh),
  ],
  [
    '6 for a refresh token, less than before',
    OK({ scope: 'messages:read', ...REFRESH }),
    async () =>
      world.refresh(
        client,
        (await world.tokens(client, ann, { scope: 'messages:read messages:send' })).refresh,
        { scope: 'messages:read' },
      ),
  ],
]

test.each(GOOD)('[OAU4] RFC 6749 5.1 %s: tokens', async (_title, body, send) => {
  const answer = await send()
  expect([answer.status, answer.body]).toEqual([200, body])
  expect(answer.headers.get('content-type')).toContain('application/json')
  expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual([
    'no-store',
    'no-cache',
  ])
})

test('[OAU6] RFC 6749 6 a token that was refreshed with less gets all back at the next refresh', async () => {
  const { refresh } = await world.tokens(client, ann, { scope: 'messages:read messages:send' })
  const less = await world.refresh(client, refresh, { scope: 'messages:read' })
  const again = await world.refresh(client, String(less.body['refresh_token']))
  expect([less.body['scope'], again.body['scope']]).toEqual([
    'messages:read',
    'messages:read messages:send',
  ])
})

test.each(['/oauth/token', '/oauth/revoke', '/oauth/introspect', '/oauth/token/index'])(
  '[OAU4] RFC 6749 3.2 %s takes POST alone',
  async (path) => {
    const { status } = await world.browse(`${world.url}${path}`)
    expect(status).toBe(405)
  },
)
