import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { pkce } from '../world.ts'
import { authorize, setScene as setAuthorization } from './authorization-scene.ts'
import { exchangeForm, REFUSED, refusal, setScene } from './token-scene.ts'

const asking = await setAuthorization()
const scene = await setScene()
afterAll(async () => {
  await asking[Symbol.asyncDispose]()
  await scene[Symbol.asyncDispose]()
})
const { world, client, publicClient } = scene

type Change = (query: URLSearchParams) => void
const CHALLENGES: readonly (readonly [string, Change])[] = [
  ['4.4.1 code_challenge is missing', (query) => query.delete('code_challenge')],
  ['4.4.1 code_challenge is empty', (query) => query.set('code_challenge', '')],
  [
    '4.4.1 both are missing',
    (query) => {
      query.delete('code_challenge')
      query.delete('code_challenge_method')
    },
  ],
  [
    '4.3 the method is missing, which means plain',
    (query) => query.delete('code_challenge_method'),
  ],
  ['4.4.1 the method is plain', (query) => query.set('code_challenge_method', 'plain')],
  ['4.4.1 the method is in small letters', (query) => query.set('code_challenge_method', 's256')],
  ['4.4.1 the method is unknown', (query) => query.set('code_challenge_method', 'S512')],
  ['4.2 code_challenge has 42 characters', (query) => query.set('code_challenge', 'a'.repeat(42))],
  ['4.2 code_challenge has 44 characters', (query) => query.set('code_challenge', 'a'.repeat(44))],
  [
    '4.2 code_challenge has 128 characters',
    (query) => query.set('code_challenge', 'a'.repeat(128)),
  ],
  [
    '4.2 code_challenge has 129 characters',
    (query) => query.set('code_challenge', 'a'.repeat(129)),
  ],
  ['4.2 code_challenge is padded', (query) => query.set('code_challenge', `${'a'.repeat(42)}=`)],
  [
    '4.2 code_challenge is plain base64',
    (query) => query.set('code_challenge', `${'a'.repeat(42)}+`),
  ],
  ['4.2 code_challenge is hexadecimal', (query) => query.set('code_challenge', 'a'.repeat(64))],
  ['4.2 code_challenge has a blank', (query) => query.set('code_challenge', `${'a'.repeat(42)} `)],
  ['4.3 code_challenge comes twice', (query) => query.append('code_challenge', pkce().challenge)],
  ['4.3 the method comes twice', (query) => query.append('code_challenge_method', 'S256')],
]

test.each(CHALLENGES)('[OAU7] RFC 7636 %s: invalid_request', async (_title, change) => {
  for (const name of ['client', 'publicClient'] as const) {
    const { status, location } = await authorize(asking, change, name)
    expect([status, location?.searchParams.get('error')]).toEqual([303, 'invalid_request'])
    expect(location?.searchParams.get('state')).toBe('the state')
  }
})

type Verifier = (verifier: string) => string | undefined
const VERIFIERS: readonly (readonly [string, string, Verifier])[] = [
  ['4.5 code_verifier is missing', 'invalid_request', () => undefined],
  ['4.5 code_verifier is empty', 'invalid_request', () => ''],
  ['4.6 code_verifier is another', 'invalid_grant', () => pkce().verifier],
  [
    '4.6 code_verifier is the challenge',
    'invalid_grant',
    (verifier) => createHash('sha256').update(verifier).digest('base64url'),
  ],
  ['4.6 code_verifier is in other letters', 'invalid_grant', (verifier) => verifier.toUpperCase()],
  ['4.1 code_verifier is cut off', 'invalid_grant', (verifier) => verifier.slice(0, 42)],
  ['4.1 code_verifier has more behind it', 'invalid_grant', (verifier) => `${verifier}a`],
  ['4.1 code_verifier has a blank behind it', 'invalid_grant', (verifier) => `${verifier} `],
  ['4.1 code_verifier has 129 characters', 'invalid_grant', () => 'a'.repeat(129)],
  ['4.1 code_verifier is not ASCII', 'invalid_grant', () => 'ä'.repeat(43)],
]

test.each(VERIFIERS)(
  '[OAU7] RFC 7636 %s: 400 %s, and the code still works',
  async (_title, error, change) => {
    const params = await exchangeForm(scene, client)
    const right = params['code_verifier'] ?? ''
    const { code_verifier: _, ...rest } = params
    const verifier = change(right)
    const wrong = verifier === undefined ? rest : { ...rest, code_verifier: verifier }
    expect(refusal(await world.token(client, wrong))).toEqual(REFUSED(400, error))
    expect((await world.token(client, params)).status).toBe(200)
  },
)

/** A pair whose verifier has so many characters, which `pkce` never makes. */
const LENGTHS = [43, 44, 127, 128]

test.each(LENGTHS)('[OAU7] RFC 7636 4.1 a verifier of %d characters is one', async (length) => {
  const verifier = 'aA0-._~'.repeat(20).slice(0, length)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const params = await exchangeForm(scene, publicClient, { code_challenge: challenge })
  const { status } = await world.token(publicClient, { ...params, code_verifier: verifier })
  expect(status).toBe(200)
})

test('[OAU7] RFC 7636 appendix B: the example', async () => {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  const params = await exchangeForm(scene, publicClient, { code_challenge: challenge })
  const { status } = await world.token(publicClient, { ...params, code_verifier: verifier })
  expect(status).toBe(200)
})
