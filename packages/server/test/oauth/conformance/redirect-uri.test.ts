import { afterAll, expect, test } from 'vitest'
import { redirectUriProblem } from '../../../src/services/oauth/redirect-uri.ts'
import { REDIRECT } from '../world.ts'
import { authorize, setScene } from './authorization-scene.ts'

const scene = await setScene()
afterAll(() => scene[Symbol.asyncDispose]())

/** Ways in which redirect URIs were got past other servers. */
const VECTORS: readonly (readonly [string, string])[] = [
  ['a path parameter that goes up', 'https://app.example/callback/..;/evil'],
  ['a path that goes up', 'https://app.example/callback/../evil'],
  ['a path that stays', 'https://app.example/./callback'],
  ['an encoded path that goes up', 'https://app.example/callback/%2e%2e/evil'],
  ['two at signs', 'https://app.example@@evil.example/callback'],
  ['a user', 'https://app.example@evil.example/callback'],
  ['a user with a password', 'https://app.example:443@evil.example/callback'],
  ['an encoded at sign', 'https://app.example%40evil.example/callback'],
  ['an at sign encoded twice', 'https://app.example%25@evil.example/callback'],
  ['a fragment with parameters', `${REDIRECT}#code=x`],
  ['an encoded fragment', `${REDIRECT}%23x`],
  ['localhost', 'http://localhost/callback'],
  ['another scheme', 'http://app.example/callback'],
  ['no slashes', 'https:app.example/callback'],
  ['one slash', 'https:/app.example/callback'],
  ['three slashes', 'https:///app.example/callback'],
  ['backslashes', 'https:\\\\app.example\\callback'],
  ['a backslash behind the host', 'https://app.example\\@evil.example/callback'],
  ['a scheme in capitals', 'HTTPS://app.example/callback'],
  ['a host in capitals', 'https://APP.example/callback'],
  ['a blank before', ` ${REDIRECT}`],
  ['a blank behind', `${REDIRECT} `],
  ['a tab in the scheme', 'ht\ttps://app.example/callback'],
  ['a line feed', `${REDIRECT}\n`],
  ['a NUL', `${REDIRECT}\u0000`],
  ['letters that look alike', 'https://аpp.example/callback'],
  ['wide letters', 'https://ａpp.example/callback'],
  ['a dot behind the host', 'https://app.example./callback'],
  ['the default port', 'https://app.example:443/callback'],
  ['another port', 'https://app.example:8443/callback'],
  ['a query', `${REDIRECT}?x=y`],
  ['an empty query', `${REDIRECT}?`],
  ['a state of its own', `${REDIRECT}?state=x`],
  ['a code of its own', `${REDIRECT}?code=x`],
  ['a slash behind', `${REDIRECT}/`],
  ['two slashes', 'https://app.example//callback'],
  ['a path in capitals', 'https://app.example/Callback'],
  ['an encoded letter', 'https://app.example/c%61llback'],
  ['a subdomain', 'https://x.app.example/callback'],
  ['a longer host', 'https://app.example.evil.example/callback'],
  ['a host that ends so', 'https://evilapp.example/callback'],
  ['the beginning alone', 'https://app.example/call'],
  ['javascript', 'javascript:alert(1)//https://app.example/callback'],
  ['data', 'data:text/html,https://app.example/callback'],
  ['two of them', `${REDIRECT},https://evil.example`],
  ['encoded twice, without the switch', encodeURIComponent(REDIRECT)],
]

test.each(VECTORS)('[OAU3] redirect URI with %s: refused, and no redirect', async (_title, uri) => {
  const { status, location, headers } = await authorize(scene, (query) => {
    query.set('redirect_uri', uri)
  })
  expect([status, location, headers.get('refresh')]).toEqual([400, undefined, null])
})

const PORTS: readonly (readonly [string, string, number])[] = [
  ['any port', 'http://127.0.0.1:51004/cb', 303],
  ['no port', 'http://127.0.0.1/cb', 303],
  ['IPv6', 'http://[::1]:61023/cb', 303],
  ['a port that is none', 'http://127.0.0.1:99999/cb', 400],
  ['another path', 'http://127.0.0.1:51004/cb2', 400],
  ['a query besides', 'http://127.0.0.1:51004/cb?x=y', 400],
  ['the name', 'http://localhost:51004/cb', 400],
  ['another address of the network', 'http://127.0.0.2:51004/cb', 400],
  ['a user', 'http://127.0.0.1:1@evil.example/cb', 400],
  ['a port with letters', 'http://127.0.0.1:5a/cb', 400],
  ['https', 'https://127.0.0.1:51004/cb', 400],
  ['a whole number for the address', 'http://2130706433:51004/cb', 400],
]

test.each(PORTS)('[OAU3] RFC 8252 7.3 on this machine: %s', async (_title, uri, expected) => {
  const change = (query: URLSearchParams) => query.set('redirect_uri', uri)
  expect((await authorize(scene, change, 'loopback')).status).toBe(expected)
})

const REGISTRABLE: readonly (readonly [string, boolean])[] = [
  [REDIRECT, true],
  ['https://app.example', true],
  ['https://app.example/a?b=c', true],
  ['http://127.0.0.1:3000/cb', true],
  ['http://localhost:3000/cb', true],
  ['http://[::1]/cb', true],
  ['com.example.app:/cb', true],
  ['http://app.example/cb', false],
  ['https://app.example/cb#part', false],
  ['https://*.example/cb', false],
  ['https://ann@app.example/cb', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['file:///etc/passwd', false],
  ['https://app.example./cb', false],
  ['HTTPS://app.example/cb', false],
  ['https://app.example:443/cb', false],
  ['https://app.example/a/../cb', false],
  ['https://app.example/c b', false],
  ['https:\\\\app.example', false],
  ['app:/cb', false],
  ['/cb', false],
  ['', false],
  [`https://app.example/${'a'.repeat(2000)}`, false],
]

test.each(REGISTRABLE)('[OAU3] %j can be registered: %j', (uri, can) => {
  expect(redirectUriProblem(uri) === undefined).toBe(can)
})
