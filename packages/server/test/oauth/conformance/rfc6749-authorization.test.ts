import { afterAll, expect, test } from 'vitest'
import { REDIRECT } from '../world.ts'
import { authorize, setScene, WITH_QUERY, type ClientName } from './authorization-scene.ts'

const scene = await setScene()
afterAll(() => scene[Symbol.asyncDispose]())

type Change = (query: URLSearchParams) => void
type Case = readonly [title: string, change: Change, client?: ClientName]

const set =
  (name: string, value: string): Change =>
  (query) =>
    query.set(name, value)
const without =
  (name: string): Change =>
  (query) =>
    query.delete(name)
const twice =
  (name: string): Change =>
  (query) =>
    query.append(name, query.get(name) ?? '')

const complete = (cases: readonly Case[]) =>
  cases.map(([title, change, client = 'client']) => [title, change, client] as const)

const PAGES: readonly Case[] = [
  ['3.1 client_id is missing', without('client_id')],
  ['3.1 client_id is empty, which counts as missing', set('client_id', '')],
  ['3.1 client_id comes twice', twice('client_id')],
  ['3.1 client_id is unknown', set('client_id', 'nobody')],
  [
    '3.1 client_id is another case',
    (query) => query.set('client_id', scene.client.id.toUpperCase()),
  ],
  ['3.1 client_id is 5,000 characters', set('client_id', 'a'.repeat(5000))],
  [
    '3.1 client_id is a list',
    (query) => {
      query.set('client_id[]', scene.client.id)
      query.delete('client_id')
    },
  ],
  ['3.1 client_id has a quote in it', set('client_id', "' or 1=1 --")],
  ['3.1 the client is suspended', () => undefined, 'suspended'],
  ['3.1.2.3 redirect_uri is missing and two are registered', without('redirect_uri'), 'two'],
  ['3.1.2.3 redirect_uri is empty and two are registered', set('redirect_uri', ''), 'two'],
  ['3.1 redirect_uri comes twice', twice('redirect_uri')],
  [
    '3.1 redirect_uri comes with another',
    (query) => query.append('redirect_uri', 'https://evil.example'),
  ],
  ['3.1.2.4 redirect_uri is another', set('redirect_uri', 'https://evil.example/callback')],
  ['3.1.2 redirect_uri is relative', set('redirect_uri', '/callback')],
  ['3.1.2 redirect_uri has a fragment', set('redirect_uri', `${REDIRECT}#part`)],
  ['3.1.2 redirect_uri has an empty fragment', set('redirect_uri', `${REDIRECT}#`)],
  [
    '3.1.2.4 redirect_uri is 5,000 characters',
    set('redirect_uri', `${REDIRECT}?${'a'.repeat(5000)}`),
  ],
  ['3.1.2.3 the query of a redirect_uri differs', set('redirect_uri', `${WITH_QUERY}b`), 'two'],
  [
    '3.1.2.3 the query of a redirect_uri is left out',
    set('redirect_uri', 'https://app.example/callback?'),
    'two',
  ],
]

test.each(complete(PAGES))(
  '[OAU2] RFC 6749 %s: a page, and no redirect',
  async (_title, change, client) => {
    const { status, location, text, headers } = await authorize(scene, change, client)
    expect([status, location]).toEqual([400, undefined])
    expect(headers.get('content-type')).toContain('text/html')
    expect(text).toContain('cannot be answered')
  },
)

type Refusal = readonly [title: string, error: string, change: Change, client?: ClientName]

const TOLD: readonly Refusal[] = [
  ['4.1.2.1 response_type is missing', 'invalid_request', without('response_type')],
  ['4.1.2.1 response_type is empty', 'invalid_request', set('response_type', '')],
  ['3.1 response_type comes twice', 'invalid_request', twice('response_type')],
  ['4.1.2.1 response_type is unknown', 'unsupported_response_type', set('response_type', 'cake')],
  [
    '3.1.1 response_type is id_token',
    'unsupported_response_type',
    set('response_type', 'id_token'),
  ],
  ['3.1.1 response_type is in capitals', 'unsupported_response_type', set('response_type', 'CODE')],
  ['3.1.1 response_type has a blank', 'unsupported_response_type', set('response_type', 'code ')],
  ['4.1.2.1 the client may not use codes', 'unauthorized_client', () => undefined, 'machine'],
  ['3.3 scope is unknown', 'invalid_scope', set('scope', 'cake:eat')],
  ['3.3 one scope of two is unknown', 'invalid_scope', set('scope', 'messages:read cake:eat')],
  ['3.3 scope is *', 'invalid_scope', set('scope', '*')],
  ['3.3 scope has a quote', 'invalid_scope', set('scope', '"messages:read"')],
  ['3.3 scope has a backslash', 'invalid_scope', set('scope', 'messages\\read')],
  ['3.3 scope has two blanks', 'invalid_scope', set('scope', 'messages:read  messages:send')],
  ['3.3 scope begins with a blank', 'invalid_scope', set('scope', ' messages:read')],
  ['3.3 scope is a blank', 'invalid_scope', set('scope', ' ')],
  ['3.3 scope has a line feed', 'invalid_scope', set('scope', 'messages:read\nmessages:send')],
  ['3.3 scope is not ASCII', 'invalid_scope', set('scope', 'messägés')],
  [
    '3.3 scope is in capitals, and scopes know case',
    'invalid_scope',
    set('scope', 'MESSAGES:READ'),
  ],
  [
    '3.3 scope names 1,000',
    'invalid_request',
    set('scope', Array.from({ length: 1000 }, (_, at) => `s${at}`).join(' ')),
  ],
  [
    '3.3 scope names 200',
    'invalid_scope',
    set('scope', Array.from({ length: 200 }, (_, at) => `s${at}`).join(' ')),
  ],
  [
    '3.3 scope is one that the client was not approved for',
    'invalid_scope',
    set('scope', 'presence:read'),
  ],
  ['3.3 scope is one that no user can give', 'invalid_scope', set('scope', 'messages:send_as')],
  ['3.1 scope comes twice', 'invalid_request', twice('scope')],
  ['3.1 scope is 5,000 characters', 'invalid_request', set('scope', 'a'.repeat(5000))],
]

test.each(
  TOLD.map(([title, error, change, client = 'client']) => [title, error, change, client] as const),
)('[OAU2] RFC 6749 %s: the client is told %s', async (_title, error, change, client) => {
  const { status, location } = await authorize(scene, change, client)
  expect(status).toBe(303)
  expect(location?.href.startsWith(`${REDIRECT}?`)).toBe(true)
  const { searchParams } = location ?? new URL('about:blank')
  expect(Object.fromEntries(searchParams)).toEqual({
    error,
    error_description: expect.stringMatching(/^[ !#-[\]-~]+$/),
    state: 'the state',
    iss: scene.world.url,
  })
})

test.each([
  ['4.2.2.1 response_type is token, which OAuth 2.1 has no more', 'token'],
  ['3.1.1 response_type is code token', 'code token'],
])('[OAU2] RFC 6749 %s: the client is told in the fragment', async (_title, type) => {
  const { status, location } = await authorize(scene, set('response_type', type))
  expect([status, location?.href.startsWith(`${REDIRECT}#`), location?.search]).toEqual([
    303,
    true,
    '',
  ])
  expect(Object.fromEntries(new URLSearchParams(location?.hash.slice(1)))).toEqual({
    error: 'unsupported_response_type',
    error_description: expect.stringMatching(/^[ !#-[\]-~]+$/),
    state: 'the state',
    iss: scene.world.url,
  })
})

test('[OAU2] the page says what is wrong in words, in the look and under the policy of all pages', async () => {
  const evil = '"><script>alert(1)</script>https://evil.example'
  const { text, headers } = await authorize(scene, set('redirect_uri', evil))
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('location')).toBe(null)
  expect(text).toMatch(/<link rel="stylesheet" href="\/pages\/[^"]+"/)
  expect(text).toContain('redirect_uri is not one of those registered.')
  expect(text).not.toContain('evil.example')
})

const GOOD: readonly Case[] = [
  ['4.1.1 everything is given', () => undefined],
  ['4.1.1 a public client', () => undefined, 'publicClient'],
  ['3.1.2.3 redirect_uri is left out and one is registered', without('redirect_uri')],
  ['3.1.2.3 redirect_uri is one of two', set('redirect_uri', WITH_QUERY), 'two'],
  ['3.3 scope is left out', without('scope')],
  ['3.3 scope is empty, which counts as left out', set('scope', '')],
  [
    '3.3 scope names some that it may not have besides',
    set('scope', 'messages:read presence:read'),
  ],
  ['3.3 scope names one twice', set('scope', 'messages:read messages:read')],
  ['4.1.1 state is left out', without('state')],
  ['3.1 a parameter is unknown', set('cake', 'yes')],
  [
    '3.1 an unknown parameter comes twice',
    (query) => {
      query.append('cake', 'yes')
      query.append('cake', 'no')
    },
  ],
  [
    '3.1 nobody asks for prompt or display',
    (query) => {
      query.set('prompt', 'consent')
      query.set('display', 'page')
    },
  ],
]

test.each(complete(GOOD))(
  '[OAU2] RFC 6749 %s: the user is asked',
  async (_title, change, client) => {
    const { status, location } = await authorize(scene, change, client)
    expect([status, location?.origin, location?.pathname]).toEqual([
      303,
      scene.world.url,
      '/oauth/consent',
    ])
  },
)

const STATES: readonly (readonly [string, string])[] = [
  ['letters', 'abc'],
  ['what a URL is made of', 'a=b&c=d#e?f/g'],
  ['quotes', `"'<script>alert(1)</script>`],
  ['CR and LF', 'a\r\nset-cookie: b=c'],
  ['other scripts', 'żółć 漢字 🎉'],
  ['percent signs', '%25%0d%0a%2500'],
  ['plus and blank', 'a+b c'],
  ['3,000 characters', 's'.repeat(3000)],
]

test.each(STATES)('[OAU2] RFC 6749 4.1.2 state comes back as it was: %s', async (_title, state) => {
  const { location, headers } = await authorize(scene, (query) => {
    query.set('state', state)
    query.set('scope', 'cake:eat')
  })
  expect(location?.searchParams.get('state')).toBe(state)
  expect(headers.get('set-cookie')).toBe(null)
  expect(location?.searchParams.getAll('error')).toEqual(['invalid_scope'])
})

test('[OAU2] RFC 6749 3.1 a state that comes twice is none', async () => {
  const { location } = await authorize(scene, twice('state'))
  expect(location?.searchParams.get('error')).toBe('invalid_request')
  expect(location?.searchParams.has('state')).toBe(false)
})

test('[OAU2] RFC 6749 3.1.2.3 a redirect URI keeps its own query', async () => {
  const { location } = await authorize(
    scene,
    (query) => {
      query.set('redirect_uri', WITH_QUERY)
      query.set('scope', 'cake:eat')
    },
    'two',
  )
  expect(location?.href.startsWith(`${WITH_QUERY}&error=`)).toBe(true)
})

test('[OAU2] RFC 6749 3.1 the request is a GET', async () => {
  const { status, headers } = await scene.world.post('/oauth/authorize', {})
  expect([status, headers.get('allow')]).toEqual([405, 'GET'])
})

test('[OAU2] RFC 6749 4.1.2.1 the user says no: access_denied', async () => {
  const ann = await scene.world.person('ann')
  const { location } = await authorize(scene, () => undefined)
  const to = await scene.world.decide(ann, location?.href ?? '', 'no')
  expect(Object.fromEntries(to.searchParams)).toEqual({
    error: 'access_denied',
    error_description: 'The user has said no.',
    state: 'the state',
    iss: scene.world.url,
  })
})
