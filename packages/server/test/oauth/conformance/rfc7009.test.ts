import { afterAll, expect, test } from 'vitest'
import { httpClient } from '../../contract/person.ts'
import type { Answer } from '../world.ts'
import { REFUSED, refusal, setScene } from './token-scene.ts'

const scene = await setScene()
afterAll(() => scene[Symbol.asyncDispose]())
const { world, ann, client, other, publicClient, suspended } = scene
const as = { authorization: client.basic }
const revoke = (form: Record<string, string> | string, headers = as) =>
  world.post('/oauth/revoke', form, headers)

const REFUSALS: readonly (readonly [string, number, string, () => Promise<Answer>])[] = [
  [
    '2.1 nobody says who it is',
    401,
    'invalid_client',
    () => world.post('/oauth/revoke', { token: 'x' }),
  ],
  [
    '2.1 the secret is wrong',
    401,
    'invalid_client',
    () => world.post('/oauth/revoke', { token: 'x', client_id: client.id, client_secret: 'x' }),
  ],
  [
    '2.1 the client is suspended',
    401,
    'invalid_client',
    () => revoke({ token: 'x' }, { authorization: suspended.basic }),
  ],
  ['2.1 token is missing', 400, 'invalid_request', () => revoke({})],
  ['2.1 token is empty', 400, 'invalid_request', () => revoke({ token: '' })],
  ['2.1 token comes twice', 400, 'invalid_request', () => revoke('token=a&token=b')],
  [
    '2.1 token is 5,000 characters',
    400,
    'invalid_request',
    () => revoke({ token: 'a'.repeat(5000) }),
  ],
  [
    '2.1 the body is JSON',
    400,
    'invalid_request',
    () =>
      world.post('/oauth/revoke', '{"token":"x"}', { ...as, 'content-type': 'application/json' }),
  ],
  [
    '2.1 token is in the query',
    400,
    'invalid_request',
    () => world.post('/oauth/revoke?token=x', '', as),
  ],
  [
    "2.1 an access token is another client's",
    400,
    'invalid_grant',
    async () => revoke({ token: (await world.tokens(other, ann)).access }),
  ],
  [
    "2.1 a refresh token is another client's",
    400,
    'invalid_grant',
    async () => revoke({ token: (await world.tokens(other, ann)).refresh }),
  ],
]

test.each(REFUSALS)('[OAU8] RFC 7009 %s: %d %s', async (_title, status, error, send) => {
  expect(refusal(await send())).toEqual(REFUSED(status, error))
})

const SILENT: readonly (readonly [string, () => Promise<string>])[] = [
  ['that is unknown', () => Promise.resolve('x')],
  ['that looks like one', () => Promise.resolve(`tda_${'a'.repeat(43)}`)],
  ["that is a user's own", () => Promise.resolve(ann.accessToken)],
  [
    'that has ended',
    async () => {
      const { access } = await world.tokens(client, ann)
      await revoke({ token: access })
      return access
    },
  ],
]

test.each(SILENT)(
  '[OAU8] RFC 7009 2.2 a token %s: 200, and nothing happens',
  async (_title, find) => {
    const { status, text } = await revoke({ token: await find() })
    expect([status, text]).toEqual([200, ''])
    expect((await httpClient(world.url, ann.accessToken).account.get.query()).id).toBe(ann.userId)
  },
)

const HINTS = ['', 'access_token', 'refresh_token', 'cake']

test.each(HINTS)('[OAU8] RFC 7009 2.1 both kinds end, whatever the hint: %j', async (hint) => {
  for (const kind of ['access', 'refresh'] as const) {
    const tokens = await world.tokens(client, ann)
    const me = httpClient(world.url, tokens.access).account.get
    expect((await me.query()).id).toBe(ann.userId)
    const { status } = await revoke({ token: tokens[kind], token_type_hint: hint })
    expect(status).toBe(200)
    await expect(me.query()).rejects.toMatchObject({ data: { code: 'SESSION_REVOKED' } })
    expect(refusal(await world.refresh(client, tokens.refresh))).toEqual(
      REFUSED(400, 'invalid_grant'),
    )
  }
})

test('[OAU8] RFC 7009 2.1 a public client revokes by its name', async () => {
  const { access } = await world.tokens(publicClient, ann)
  const { status } = await world.post('/oauth/revoke', {
    token: access,
    client_id: publicClient.id,
  })
  expect(status).toBe(200)
  await expect(httpClient(world.url, access).account.get.query()).rejects.toThrow()
})

test('[OAU8] RFC 7009 2.1 other grants of the same client and user live on', async () => {
  const [one, two] = [await world.tokens(client, ann), await world.tokens(client, ann)]
  await revoke({ token: one.refresh })
  expect((await httpClient(world.url, two.access).account.get.query()).id).toBe(ann.userId)
})

test('[OAU8] RFC 7009 2.1 a token by client credentials ends', async () => {
  const { body } = await world.token(client, { grant_type: 'client_credentials' })
  const token = String(body['access_token'])
  const active = async () => (await world.post('/oauth/introspect', { token }, as)).body['active']
  expect(await active()).toBe(true)
  await revoke({ token })
  expect(await active()).toBe(false)
})
