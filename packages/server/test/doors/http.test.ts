import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { LIMITS } from '@tidings/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeAdapters } from '../support/adapters.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { sendRaw, statusOf } from './support/raw-http.ts'
import { request, signUp, type SeedUser } from './support/seed-client.ts'

let server: TestServer
let ann: SeedUser

beforeAll(async () => {
  server = await startTestServer({ engine: 'sqlite' })
  ann = await signUp(server.url, 'ann')
})

afterAll(() => server[Symbol.asyncDispose]())

/** Nothing of ours leaks, nothing of JavaScript's is changed, and the server lives. */
async function expectUnharmed(answers: readonly string[]): Promise<void> {
  for (const answer of answers)
    expect(answer).not.toMatch(/node_modules|\.ts:\d|SQLITE|select .* from/i)
  expect(Object.keys(Object.prototype)).toEqual([])
  expect(Object.prototype).not.toHaveProperty('polluted')
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
}

const head = 'Host: x\r\nConnection: close\r\n'
const WORDS = 'The address is not valid.'

function bodyOf(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
}

test('[NET4] requests that are no requests are answered by 4xx', async () => {
  const json = 'Content-Type: application/json\r\n'
  const table: readonly [string, string, readonly number[]][] = [
    [
      'two lengths',
      `POST /users HTTP/1.1\r\n${head}${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      [400],
    ],
    [
      'unequal lengths',
      `POST /users HTTP/1.1\r\n${head}${json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      [400],
    ],
    [
      'bad chunk',
      `POST /users HTTP/1.1\r\n${head}${json}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`,
      [400],
    ],
    ['line feeds only', `GET /healthz HTTP/1.1\nHost: x\n\n`, [400]],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', [400]],
    ['unknown method', `STEAL /healthz HTTP/1.1\r\n${head}\r\n`, [400]],
    ['method of others', `PROPFIND /healthz HTTP/1.1\r\n${head}\r\n`, [405]],
    ['trace', `TRACE /healthz HTTP/1.1\r\n${head}\r\n`, [405]],
    ['other expectation', `GET /healthz HTTP/1.1\r\n${head}Expect: money\r\n\r\n`, [417]],
    ['many headers', `GET /healthz HTTP/1.1\r\n${head}${'a: b\r\n'.repeat(2001)}\r\n`, [431]],
    ['long header', `GET /healthz HTTP/1.1\r\n${head}a: ${'x'.repeat(17 * 1024)}\r\n\r\n`, [431]],
    ['long path', `GET /${'x'.repeat(20 * 1024)} HTTP/1.1\r\n${head}\r\n`, [414, 431]],
    ['rather long path', `GET /${'x'.repeat(9 * 1024)} HTTP/1.1\r\n${head}\r\n`, [414]],
    ['NUL', `GET /%00 HTTP/1.1\r\n${head}\r\n`, [400]],
    ['dots', `GET /%2e%2e%2fetc/passwd HTTP/1.1\r\n${head}\r\n`, [400]],
    ['more dots', `GET /../../etc/passwd HTTP/1.1\r\n${head}\r\n`, [400, 404]],
    ['two slashes', `GET //healthz HTTP/1.1\r\n${head}\r\n`, [400]],
    ['malformed escape', `GET /%zz HTTP/1.1\r\n${head}\r\n`, [400]],
    ['other host', `GET http://evil.example/nowhere HTTP/1.1\r\n${head}\r\n`, [404]],
    ['garbage', '\u0000\u0001\u0002\r\n\r\n', [400]],
    [
      'a gzip bomb',
      `POST /users HTTP/1.1\r\n${head}${json}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
      [415],
    ],
  ]
  const answers: string[] = []
  for (const [name, bytes, statuses] of table) {
    const answer = await sendRaw(server.port, bytes)
    expect(statuses, `${name}: ${answer.slice(0, 80)}`).toContain(statusOf(answer))
    answers.push(answer)
  }
  await expectUnharmed(answers)
})

const upgrade =
  'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

describeAdapters('malformed paths', (adapter) => {
  test('[NET3] [NET4] what cannot be decoded is refused in the words of its door, before a handshake too', async () => {
    await using strict = await startTestServer({ engine: 'sqlite', adapter })
    const ours = { error: { code: 'INVALID_INPUT', message: WORDS, retryable: false } }
    const data = { code: 'INVALID_INPUT', httpStatus: 400, retryable: false }
    const trpc = { error: { json: { message: WORDS, code: -32_600, data } } }
    const seed001 = { status: 'fail', error: { code: 400, errors: { error: WORDS } } }
    const doors: readonly (readonly [string, object])[] = [
      ...['%zz', '%ff', 'account.get,%zz?batch=1'].map((name) => [`/trpc/${name}`, trpc] as const),
      ['/api/thread/%zz', seed001],
      ...['/groups/%zz/join', '/api/v1/messages/%zz', '/messages/%zz', '/rest/v1/users/%zz'].map(
        (path) => [path, ours] as const,
      ),
    ]
    for (const [path, refused] of doors) {
      for (const method of ['GET', 'POST', 'PUT']) {
        const answer = await sendRaw(strict.port, `${method} ${path} HTTP/1.1\r\n${head}\r\n`)
        expect([method, path, statusOf(answer)]).toEqual([method, path, 400])
        expect(bodyOf(answer)).toMatchObject(refused)
      }
      const handshake = await sendRaw(strict.port, `GET ${path} HTTP/1.1\r\n${upgrade}\r\n`)
      expect([path, statusOf(handshake)]).toEqual([path, 404])
    }
  })
})

test('[NET4] a path is decoded once: what is written otherwise reaches no procedure', async () => {
  const headers = { authorization: `Bearer ${ann.token}` }
  const get = (path: string) => fetch(`${server.url}/trpc/${path}`, { headers })
  expect((await get('account%2eget')).status).toBe(200)
  // A subscription would be served without the limits of connections.
  for (const path of ['account%252eget', 'sync%252elive?input={"json":{}}', '%25zz', '%25ff']) {
    const answer = await get(path)
    expect([path, answer.status]).toEqual([path, 404])
    expect(await answer.json()).toMatchObject({ error: { json: { data: { code: 'NOT_FOUND' } } } })
  }
})

test('[NET4] an absolute target, a body where none is expected and Expect: 100-continue are fine', async () => {
  const absolute = await sendRaw(server.port, `GET http://x/healthz HTTP/1.1\r\n${head}\r\n`)
  expect(statusOf(absolute)).toBe(200)
  const body = await sendRaw(
    server.port,
    `GET /healthz HTTP/1.1\r\n${head}Content-Length: 2\r\n\r\n{}`,
  )
  expect(statusOf(body)).toBe(200)
  const expecting = `POST /login HTTP/1.1\r\n${head}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`
  expect(await sendRaw(server.port, expecting)).toMatch(/^HTTP\/1\.1 100 .*HTTP\/1\.1 400 /s)
})

test('[NET4] a body is JSON, of our size and uncompressed', async () => {
  for (const path of ['/users', '/trpc/account.register']) {
    const url = server.url + path
    const post = (
      body: string | FormData | Uint8Array<ArrayBuffer>,
      headers: Record<string, string>,
    ) => fetch(url, { method: 'POST', body, headers }).then(({ status }) => status)
    const json = { 'content-type': 'application/json' }
    expect(await post('{}', { 'content-type': 'text/plain' })).toBe(415)
    expect(await post('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).toBe(415)
    expect(await post(new FormData(), {})).toBe(415)
    expect(await post(new Uint8Array([1]), { 'content-type': 'application/octet-stream' })).toBe(
      415,
    )
    expect(await post(gzipSync('{}'), { ...json, 'content-encoding': 'gzip' })).toBe(415)
    expect(await post('{}', { 'content-type': 'application/json; charset=utf-8' })).toBe(400)
    expect(await post('x'.repeat(LIMITS.bodyBytes + 1), json)).toBe(413)
    const chunk = 'x'.repeat(64 * 1024)
    const chunked = `POST ${path} HTTP/1.1\r\n${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(5)
    expect(statusOf(await sendRaw(server.port, chunked + chunks))).toBe(413)
  }
  await expectUnharmed([])
})

test('[NET4] [RES4] what is refused before any route says what every refusal says', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const body = gzipSync('{}')
  const answer = await fetch(`${server.url}/users`, { method: 'POST', body, headers })
  expect(await answer.json()).toEqual({
    error: { code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.any(String), retryable: false },
  })
})

test('[NET4] [NET5] JSON that would hurt somebody further on is refused', async () => {
  const bodies: (string | Buffer)[] = [
    '',
    '\uFEFF{}',
    '{"username":"\\ud800","password":"secret123"}',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    '{"username":"a\\u0000b","password":"secret123"}',
    '['.repeat(120_000),
    `${'[{"a":'.repeat(30_000)}1${'}]'.repeat(30_000)}`,
    '{"username":1e999}',
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    `{${Array.from({ length: 10_000 }, (_, index) => `"k${index}":1`).join()}}`,
    '[]',
    'null',
    '5',
    '"x"',
    '{"username":["ann"],"password":{}}',
    '{"username":-0}',
    '{"username":9007199254740993}',
    '{"toString":1,"username":"ann"}',
  ]
  const answers: string[] = []
  for (const body of bodies) {
    for (const path of ['/users', '/login', '/trpc/account.register']) {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(server.url + path, {
        method: 'POST',
        headers,
        body: new Uint8Array(Buffer.from(body)),
      })
      const text = await answer.text()
      expect(answer.status, `${path} ${body.toString().slice(0, 60)} ${text}`).toBe(400)
      expect(text).toContain('INVALID_INPUT')
      answers.push(text)
    }
  }
  await expectUnharmed(answers)
})

test('[NET5] an error of a route names the field as the route does', async () => {
  const refused = await request(`${server.url}/sessions`, {
    token: ann.token,
    body: { platform: 'web' },
  })
  expect(refused).toMatchObject({
    status: 400,
    body: { error: { code: 'INVALID_INPUT', fields: [{ path: 'device_id' }] } },
  })
  const nobody = await request(`${server.url}/sessions`, { body: {} })
  expect(nobody).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } })
  expect(nobody.headers.get('www-authenticate')).toBe('Bearer')
  const taken = await request(`${server.url}/users`, {
    body: { username: 'ANN', password: '0000' },
  })
  expect(taken).toMatchObject({ status: 409, body: { error: { code: 'USERNAME_TAKEN' } } })
  const wrong = await request(`${server.url}/login`, { body: { username: 'ann', password: 'x' } })
  expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'INVALID_CREDENTIALS' } } })
})

test('[NET4] [NET5] another path is 404, another method 405, and every answer has its headers', async () => {
  for (const [method, path, status] of [
    ['GET', '/nowhere', 404],
    ['GET', '/users', 405],
    ['PUT', '/users', 405],
    ['POST', '/groups/x/left', 405],
    ['GET', '/trpc/nothing.here', 404],
    ['PUT', '/trpc/account.get', 405],
    ['DELETE', '/trpc/account.get', 405],
    ['POST', '/.well-known/oauth-authorization-server', 405],
    ['POST', '/.well-known/oauth-authorization-server/tidings', 405],
    ['POST', '/.well-known/oauth-authorization-serverx', 404],
    ['POST', '/xwell-known/oauth-authorization-server', 404],
  ] as const) {
    const answer = await fetch(server.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
    })
    expect([method, path, answer.status]).toEqual([method, path, status])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/[A-Z]/)
    expect(await answer.text()).toMatch(/"code":"(NOT_FOUND|METHOD_NOT_SUPPORTED)"/)
  }
})

test('[NET7] batches over HTTP', async () => {
  const get = (path: string) =>
    fetch(`${server.url}/trpc/${path}`, { headers: { authorization: `Bearer ${ann.token}` } })
  const post = (path: string, body: unknown) =>
    request(`${server.url}/trpc/${path}`, { token: ann.token, body })
  const me = Array.from({ length: 20 }, () => 'account.get')
  expect((await get(`${me.join()}?batch=1`)).status).toBe(200)
  expect((await get(`${[...me, 'account.get'].join()}?batch=1`)).status).toBe(400)
  expect((await get('account.get?batch=1&input={"999":{"json":1}}')).status).toBe(200)
  expect((await get('conversation.list?batch=1&input=[[[')).status).toBe(400)
  expect((await get('conversation.list?input=%ff')).status).toBe(400)
  expect((await get(',,,,,?batch=1')).status).toBe(404)
  for (const path of [
    '__proto__',
    'constructor',
    'a.b.c',
    'toString',
    'account.__proto__',
    'account',
  ]) {
    expect([path, (await get(path)).status]).toEqual([path, 404])
  }
  expect((await get('account.logout')).status).toBe(405)
  expect((await get('sync.live')).status).toBe(405)
  const marks = { 0: { json: { messageId: ann.id } }, 1: { json: { messageId: 5 } } }
  expect((await post('message.delivered,account.get?batch=1', marks)).status).toBe(400)
  const both = await fetch(`${server.url}/trpc/message.delivered,message.delivered?batch=1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(marks),
  })
  expect(await both.json()).toMatchObject([
    { result: { data: { json: { ok: true } } } },
    { error: { json: { data: { code: 'INVALID_INPUT' } } } },
  ])
  expect(
    (await post('message.send', { json: {}, meta: { values: { a: ['regexp'] } } })).status,
  ).toBe(400)
  await expectUnharmed([])
})

test('[NET14] an expired or made-up token stops what needs one, and not what anybody may call', async () => {
  const login = await request(`${server.url}/trpc/account.login`, {
    token: 'made.up.token',
    body: { json: { login: 'ann', password: '0000' } },
  })
  expect(login.status).toBe(200)
  const me = await fetch(`${server.url}/trpc/account.get`, {
    headers: { authorization: 'Bearer made.up.token' },
  })
  expect(me.status).toBe(401)
  const both = await fetch(`${server.url}/trpc/account.get,account.get?batch=1`, {
    headers: { authorization: 'Basic eDp5' },
  })
  expect(both.status).toBe(401)
})

const METADATA = '/.well-known/oauth-authorization-server'

test('[NET14] a limited call says when to come back', async () => {
  await using limited = await startTestServer({
    engine: 'sqlite',
    // On a slow machine a call takes longer than the next one is refused.
    clock: { now: () => 1_000_000_000_000 },
    config: { limits: { ipCallsPerSecond: 1, ipCallsBurst: 2 } },
  })
  const answers = []
  for (let count = 0; count < 4; count += 1) {
    answers.push(
      await request(`${limited.url}/login`, { body: { username: 'nobody', password: 'x' } }),
    )
  }
  const refused = answers.at(-1)
  expect(refused).toMatchObject({ status: 429, body: { error: { code: 'RATE_LIMITED' } } })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  for (const [path, body] of [
    ['/trpc/account.login', { json: { login: 'a', password: 'b' } }],
    ['/api/auth_token', { username: 'a', password: 'b' }],
  ] as const) {
    const answer = await request(limited.url + path, { body })
    expect([path, answer.status]).toEqual([path, 429])
    expect(Number(answer.headers.get('retry-after')), path).toBeGreaterThan(0)
  }
  const pages = ['/oauth/authorize', '/oauth/authorize/index', '/account/sign-in/back']
  for (const path of [...pages, '/oauth/sign-in/elsewhere', METADATA]) {
    const answer = await fetch(limited.url + path, { redirect: 'manual' })
    expect([path, answer.status]).toEqual([path, 429])
    expect(Number(answer.headers.get('retry-after')), path).toBeGreaterThan(0)
  }
  const refusedUpgrade = await sendRaw(limited.port, `GET /api/ws HTTP/1.1\r\n${upgrade}\r\n`)
  expect(statusOf(refusedUpgrade)).toBe(429)
  expect(refusedUpgrade).toMatch(/^retry-after: [1-9]/im)
})

test('[NET4] a request that does not come to its end is answered by 408', async () => {
  await using hasty = await startTestServer({
    engine: 'sqlite',
    timings: { headersMs: 60, requestMs: 120, tickMs: 20 },
  })
  const halves = [
    'GET /healthz HTTP/1.1\r\nHost: x\r\n',
    `POST /users HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  ]
  for (const half of halves) {
    const answer = await sendRaw(hasty.port, half)
    expect(statusOf(answer)).toBe(408)
  }
  // Hundreds of halves cost others nothing.
  const sockets = Array.from({ length: 300 }, () => connect(hasty.port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined).write('GET / HTTP/1.1\r\n')
  expect((await fetch(`${hasty.url}/healthz`)).status).toBe(200)
  await Promise.all(
    sockets.filter((socket) => !socket.destroyed).map((socket) => once(socket.resume(), 'close')),
  )
})
