import { afterAll, expect, test } from 'vitest'
import type { Answer } from '../world.ts'
import { REFUSED, refusal, setScene } from './token-scene.ts'

const scene = await setScene()
afterAll(() => scene[Symbol.asyncDispose]())
const { world, ann, client, other, publicClient, suspended, resource } = scene
const as = { authorization: client.basic }
const introspect = (form: Record<string, string> | string, headers = as) =>
  world.post('/oauth/introspect', form, headers)

const REFUSALS: readonly (readonly [string, number, string, () => Promise<Answer>])[] = [
  [
    '2.1 nobody says who it is',
    401,
    'invalid_client',
    () => world.post('/oauth/introspect', { token: 'x' }),
  ],
  [
    '2.1 the secret is wrong',
    401,
    'invalid_client',
    () => world.post('/oauth/introspect', { token: 'x', client_id: client.id, client_secret: 'x' }),
  ],
  [
    '2.1 a public client, which proves nothing',
    401,
    'invalid_client',
    () => world.post('/oauth/introspect', { token: 'x', client_id: publicClient.id }),
  ],
  [
    '2.1 the client is suspended',
    401,
    'invalid_client',
    () => introspect({ token: 'x' }, { authorization: suspended.basic }),
  ],
  [
    '2.1 the token is how it says who it is',
    401,
    'invalid_client',
    async () =>
      introspect(
        { token: 'x' },
        { authorization: `Bearer ${(await world.tokens(client, ann)).access}` },
      ),
  ],
  ['2.1 token is missing', 400, 'invalid_request', () => introspect({})],
  ['2.1 token is empty', 400, 'invalid_request', () => introspect({ token: '' })],
  ['2.1 token comes twice', 400, 'invalid_request', () => introspect('token=a&token=b')],
  [
    '2.1 token is 5,000 characters',
    400,
    'invalid_request',
    () => introspect({ token: 'a'.repeat(5000) }),
  ],
  [
    '2.1 the body is JSON',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/introspect', '{"token":"x"}', {
        ...as,
        'content-type': 'application/json',
      }),
  ],
  [
    '2.1 token is in the query',
    400,
    'invalid_request',
    () => world.post('/oauth/introspect?token=x', '', as),
  ],
]

test.each(REFUSALS)('[OAU9] RFC 7662 %s: %d %s', async (_title, status, error, send) => {
  expect(refusal(await send())).toEqual(REFUSED(status, error))
})

const INACTIVE: readonly (readonly [string, () => Promise<string>])[] = [
  ['is unknown', () => Promise.resolve('x')],
  ['looks like one', () => Promise.resolve(`tda_${'a'.repeat(43)}`)],
  ["is a user's own", () => Promise.resolve(ann.accessToken)],
  ["is another client's", async () => (await world.tokens(other, ann)).access],
  ["is another client's refresh token", async () => (await world.tokens(other, ann)).refresh],
  [
    'has been revoked',
    async () => {
      const { access } = await world.tokens(client, ann)
      await world.post('/oauth/revoke', { token: access }, as)
      return access
    },
  ],
  [
    'is a refresh token that was used',
    async () => {
      const { refresh } = await world.tokens(client, ann)
      await world.refresh(client, refresh)
      return refresh
    },
  ],
  ['is a code', async () => (await world.code(client, ann)).code],
  ['is cut off', async () => (await world.tokens(client, ann)).access.slice(0, -1)],
  [
    'belongs to a suspended user',
    async () => {
      const bob = await world.person('bob')
      const { access } = await world.tokens(client, bob)
      const { database } = world.deps
      const { users } = database.tables
      const key = await world.keyOf(bob)
      const { eq } = await import('drizzle-orm')
      await database.tx((tx) =>
        tx
          .update(users)
          .set({ suspendedAt: 1 })
          .where(eq(users.key, key))
          .then(() => {}),
      )
      return access
    },
  ],
]

test.each(INACTIVE)(
  '[OAU9] RFC 7662 2.2 a token that %s: active is false, and nothing else',
  async (_title, find) => {
    const { status, body } = await introspect({ token: await find() })
    expect([status, body]).toEqual([200, { active: false }])
  },
)

const SECONDS = expect.any(Number)

test('[OAU9] RFC 7662 2.2 an access token', async () => {
  const { access } = await world.tokens(client, ann, { scope: 'messages:read' })
  const answer = await introspect({ token: access })
  expect(answer.body).toEqual({
    active: true,
    scope: 'messages:read',
    client_id: client.id,
    username: ann.name,
    token_type: 'Bearer',
    exp: SECONDS,
    iat: SECONDS,
    sub: ann.userId,
    iss: world.url,
  })
  expect(Number(answer.body['exp']) - Number(answer.body['iat'])).toBe(3600)
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('[OAU9] RFC 7662 2.2 a refresh token has no token_type', async () => {
  const { refresh } = await world.tokens(client, ann, { scope: 'messages:read' })
  const { body } = await introspect({ token: refresh, token_type_hint: 'refresh_token' })
  expect(body).toMatchObject({ active: true, scope: 'messages:read', sub: ann.userId })
  expect(body).not.toHaveProperty('token_type')
})

test('[OAU9] RFC 7662 2.2 a token by client credentials stands for the client', async () => {
  const { body } = await world.token(client, {
    grant_type: 'client_credentials',
    scope: 'messages:read',
  })
  const answer = await introspect({ token: String(body['access_token']) })
  expect(answer.body).toMatchObject({ active: true, sub: client.id, client_id: client.id })
  expect(answer.body).not.toHaveProperty('username')
})

test.each(['', 'access_token', 'refresh_token', 'cake'])(
  '[OAU9] RFC 7662 2.1 the hint %j changes nothing',
  async (hint) => {
    const { access } = await world.tokens(client, ann)
    const { body } = await introspect({ token: access, token_type_hint: hint })
    expect(body['active']).toBe(true)
  },
)

test('[OAU9] RFC 7662 4 a resource server with tokens:introspect is told of all', async () => {
  const { access, refresh } = await world.tokens(other, ann)
  for (const token of [access, refresh]) {
    const { body } = await introspect({ token }, { authorization: resource.basic })
    expect(body).toMatchObject({ active: true, client_id: other.id })
  }
})
