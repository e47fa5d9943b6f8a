import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { httpClient, register } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { sendRaw, statusOf } from './support/raw-http.ts'
import { ask, Seed001Client, signed, signUp } from './support/seed-001-client.ts'

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const KEY = expect.stringMatching(/^[A-Z2-7]{52}$/)
const DONE = { code: 200, errors: null, message: '' }
const TOKEN = {
  access_key_id: KEY,
  created_at: TIME,
  expires_at: TIME,
  is_refreshable: true,
  modified_at: TIME,
  refresh_token: expect.any(String),
  secret_access_key: KEY,
}

describeEngines('seed 001, replayed', (engine) => {
  test('[S1.1] [S1.2] [S1.3] [S1.4] [S1.5] [S1.6] [S1.7] every step', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const bobs = {
      first_name: 'Bob',
      last_name: 'Bobson',
      username: 'bob',
      password: '0000',
      email: 'hello@example.com',
      phone: '0123456789',
    }
    const registered = await ask(`${url}/api/register`, { method: 'POST', body: bobs })
    expect(registered).toEqual({
      status: 'success',
      data: [
        {
          email: 'hello@example.com',
          first_name: 'Bob',
          last_name: 'Bobson',
          phone_number: '0123456789',
          token: TOKEN,
          username: 'bob',
        },
      ],
      error: DONE,
      page: 1,
      per_page: 10,
      current_page: 1,
    })
    expect(await ask(`${url}/api/register`, { method: 'POST', body: bobs })).toEqual({
      status: 'fail',
      data: [],
      error: {
        code: 400,
        errors: { error: 'Some fileds are not unique' },
        message: 'User error',
      },
      page: 1,
      per_page: 10,
      current_page: 0,
    })
    const loggedIn = await ask(`${url}/api/auth_token`, {
      method: 'POST',
      body: { username: 'bob', password: '0000' },
    })
    expect(loggedIn).toMatchObject({ status: 'success', data: [TOKEN], current_page: 1 })
    const bob = loggedIn.data[0] as never
    const alice = await signUp(url, 'alice')

    // Both ways over the WebSocket.
    await using bobSocket = await Seed001Client.open(url, bob)
    await using aliceSocket = await Seed001Client.open(url, alice)
    aliceSocket.send({ author: 'alice', recipient: 'bob', message: 'Hi bob' })
    const hi = {
      author: 'alice',
      recipient: 'bob',
      message: 'Hi bob',
      message_type: 0,
      created_at: TIME,
    }
    expect(await bobSocket.hears(1)).toEqual([hi])
    bobSocket.send({ author: 'bob', recipient: 'alice', message: 'hello' })
    const hello = {
      author: 'bob',
      recipient: 'alice',
      message: 'hello',
      message_type: 0,
      created_at: TIME,
    }
    // Who writes is told, as everybody else, once the message is stored.
    expect(await aliceSocket.hears(2)).toEqual([hi, hello])
    expect(await bobSocket.hears(2)).toEqual([hi, hello])

    expect(await ask(`${url}/api/inbox`, { as: alice })).toEqual({
      status: 'success',
      data: [{ author_username: 'bob', created_at: TIME, latest_message: 'hello' }],
      error: DONE,
      page: 1,
      per_page: 10,
      current_page: 1,
    })
    expect(await ask(`${url}/api/thread/bob`, { as: alice })).toEqual({
      status: 'success',
      data: [hello, hi],
      error: DONE,
      page: 1,
      per_page: 10,
      current_page: 1,
    })
    const second = await ask(`${url}/api/thread/alice?page=2&per_page=1`, { as: bob })
    expect(second).toMatchObject({ data: [hi], page: 2, per_page: 1, current_page: 2 })

    expect(await ask(`${url}/api/auth_token`, { method: 'DELETE', as: bob })).toMatchObject({
      status: 'success',
      data: [],
    })
    await once(bobSocket.socket, 'close')
    expect(await ask(`${url}/api/inbox`, { as: bob })).toMatchObject({
      status: 'fail',
      error: { code: 401, message: 'Authorization error' },
    })
  })

  test('[S1.1] each of the six is required, and nobody is registered without', async () => {
    await using server = await startTestServer({ engine })
    const url = `${server.url}/api/register`
    const whole = {
      first_name: 'Bob',
      last_name: 'Bobson',
      username: 'bob',
      password: '0000',
      email: 'hello@example.com',
      phone: '0123456789',
    }
    for (const field of Object.keys(whole))
      for (const value of ['', undefined]) {
        const answer = await ask(url, { method: 'POST', body: { ...whole, [field]: value } })
        expect(answer).toMatchObject({ status: 'fail', data: [], error: { code: 400 } })
        expect(answer.error.errors).toEqual({ [field]: 'required' })
      }
    const { error } = await ask(url, { method: 'POST', body: {} })
    expect(Object.keys(error.errors ?? {}).toSorted()).toEqual(Object.keys(whole).toSorted())
    expect(await ask(url, { method: 'POST', body: whole })).toMatchObject({ status: 'success' })
  })

  test('[DIA4] what is not there, and another method, are refused in the envelope too; seed 000 keeps its own words', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    for (const [method, path, status, allow] of [
      ['GET', '/api', 404, null],
      ['GET', '/api/nothing', 404, null],
      ['PUT', '/api/inbox', 405, 'GET'],
      ['GET', '/api/register', 405, 'POST'],
    ] as const) {
      const response = await fetch(url + path, { method })
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, status, allow])
      expect(await response.json()).toEqual({
        status: 'fail',
        data: [],
        error: {
          code: status,
          errors: { error: expect.any(String) },
          message: 'User error',
        },
        page: 1,
        per_page: 10,
        current_page: 0,
      })
    }
    const other = await fetch(`${url}/api/v1/messages/nothing`)
    expect([other.status, await other.json()]).toMatchObject([
      404,
      { error: { code: 'NOT_FOUND' } },
    ])
  })

  test('[S1.7] [DIA4] what is refused before any route, and before a handshake, is refused in the envelope', async () => {
    await using server = await startTestServer({ engine })
    const head = 'Host: x\r\nConnection: close\r\n'
    const post = `POST /api/register HTTP/1.1\r\n${head}Content-Type: application/json\r\n`
    const upgrade =
      'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const requests: readonly [number, string][] = [
      [405, `TRACE /api/inbox HTTP/1.1\r\n${head}\r\n`],
      ...['%zz', '%00', '..%2finbox'].map((path): [number, string] => [
        400,
        `GET /api/${path} HTTP/1.1\r\n${head}\r\n`,
      ]),
      [413, `${post}Content-Length: 9999999\r\n\r\n`],
      [414, `GET /api/inbox?${'x'.repeat(9000)} HTTP/1.1\r\n${head}\r\n`],
      [415, `${post}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`],
      [431, `GET /api/inbox HTTP/1.1\r\n${head}${'X: y\r\n'.repeat(101)}\r\n`],
      [403, `GET /api/inbox HTTP/1.1\r\n${head}Origin: https://elsewhere.example\r\n\r\n`],
      [401, `GET /api/ws HTTP/1.1\r\n${upgrade}${key}\r\n`],
      [404, `GET /api/%zz HTTP/1.1\r\n${upgrade}${key}\r\n`],
    ]
    for (const [status, bytes] of requests) {
      const answer = await sendRaw(server.port, bytes)
      expect([bytes.slice(0, 60), statusOf(answer)]).toEqual([bytes.slice(0, 60), status])
      const envelope: unknown = JSON.parse(answer.slice(answer.indexOf('{')))
      expect(envelope).toMatchObject({
        status: 'fail',
        data: [],
        error: { code: status, errors: { error: expect.any(String) } },
        current_page: 0,
      })
    }
  })

  test('[DIA4] [S1.4] [S1.5] an inbox of many, page by page, and nothing is made by looking', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    const login = await ask(`${url}/api/auth_token`, {
      method: 'POST',
      body: { username: 'ann', password: '0000' },
    })
    const session = await httpClient(url).account.login.mutate({ login: 'ann', password: '0000' })
    expect(login.status).toBe('success')
    const client = httpClient(url, session.accessToken)
    const names = ['bob', 'cat', 'dan']
    for (const name of names) {
      await register(server, name)
      const { id } = await client.conversation.open.mutate({ username: name })
      for (const text of ['1', '2'])
        await client.message.send.mutate({ conversationId: id, body: { kind: 'text', text } })
    }
    // A group is no correspondent, and neither is somebody with whom nothing was said.
    const group = await client.group.create.mutate({ name: 'all', userIds: [] })
    await client.message.send.mutate({
      conversationId: group.id,
      body: { kind: 'text', text: 'x' },
    })
    await register(server, 'eve')
    await client.conversation.open.mutate({ username: 'eve' })
    const rows = async (page: number) => {
      const { data } = await ask(`${url}/api/inbox?page=${page}&per_page=2`, { as: ann })
      return data.map((row) => row['author_username'])
    }
    expect([await rows(1), await rows(2), await rows(3)]).toEqual([['dan', 'cat'], ['bob'], []])
    const before = await client.conversation.list.query({})
    await register(server, 'fay')
    expect((await ask(`${url}/api/thread/fay`, { as: ann })).data).toEqual([])
    expect(await client.conversation.list.query({})).toEqual(before)
    expect((await ask(`${url}/api/thread/nobody`, { as: ann })).error.code).toBe(404)
    for (const query of ['page=0', 'per_page=0', 'per_page=101', 'page=x', 'page=1.5'])
      expect((await ask(`${url}/api/inbox?${query}`, { as: ann })).error.code, query).toBe(400)
  })

  test('[S1.5] [DIA4] a long thread, both ways, page by page', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const [ann, bob] = [await signUp(url, 'ann'), await signUp(url, 'bob')]
    await using annSocket = await Seed001Client.open(url, ann)
    await using bobSocket = await Seed001Client.open(url, bob)
    const said = Array.from({ length: 12 }, (_, at) => {
      const [author, recipient] = at % 2 === 0 ? ['ann', 'bob'] : ['bob', 'ann']
      return { author, recipient, message: String(at) }
    })
    for (const [at, message] of said.entries()) {
      ;(at % 2 === 0 ? annSocket : bobSocket).send(message)
      await annSocket.hears(at + 1)
      await bobSocket.hears(at + 1)
    }
    const newest = said.toReversed()
    const page = async (query: string) => {
      const answer = await ask(`${url}/api/thread/bob${query}`, { as: ann })
      expect(answer.status).toBe('success')
      return answer
    }
    const places = { page: 1, per_page: 10, current_page: 1 }
    expect(await page('')).toMatchObject({ ...places, data: newest.slice(0, 10) })
    expect(await page('?page=2')).toMatchObject({ page: 2, data: newest.slice(10) })
    expect((await page('?page=2')).data).toHaveLength(2)
    for (const [at, count] of [5, 5, 2, 0].entries()) {
      const { data, current_page } = await page(`?page=${at + 1}&per_page=5`)
      expect(current_page).toBe(at + 1)
      expect(data).toHaveLength(count)
      expect(data).toMatchObject(newest.slice(at * 5, at * 5 + 5))
    }
    const { data } = await ask(`${url}/api/thread/ann?per_page=100`, { as: bob })
    expect(data).toMatchObject(newest)
  })

  test('[S1.4] [S1.5] [S1.6] an image, a video and a kind of an app are shown as what they are, a deleted one as deleted', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    const { accessToken } = await register(server, 'bob')
    const bob = httpClient(url, accessToken)
    const { id: conversationId } = await bob.conversation.open.mutate({ username: 'ann' })
    await using socket = await Seed001Client.open(url, ann)
    const link = 'https://example.com/a'
    const bodies = [
      { kind: 'text', text: 'x' },
      { kind: 'image', url: link, width: 1, height: 1 },
      { kind: 'video', url: link, length: 1, source: 'other' },
      { kind: 'app.move', data: { to: 'e4' } },
    ] as const
    const shown = [
      { message: 'x', message_type: 0 },
      { message: link, message_type: 1 },
      { message: link, message_type: 2 },
      { message: '{"to":"e4"}', message_type: 3 },
    ]
    for (const [index, body] of bodies.entries()) {
      await bob.message.send.mutate({ conversationId, body })
      expect((await socket.hears(index + 1))[index]).toMatchObject(shown[index] ?? {})
      const { data } = await ask(`${url}/api/inbox`, { as: ann })
      expect(data).toMatchObject([{ latest_message: shown[index]?.message }])
    }
    const thread = async () => (await ask(`${url}/api/thread/bob`, { as: ann })).data
    expect(await thread()).toMatchObject(shown.toReversed())
    const { items: messages } = await bob.message.list.query({ conversationId })
    await bob.message.delete.mutate({ conversationId, messageId: messages[0]?.id ?? '' })
    expect((await thread())[0]).toMatchObject({ message: '', message_type: 4 })
  })

  test('[DIA2] [S1.3] only what was signed with a living access key, for soon, is taken', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    const bob = await signUp(url, 'bob')
    const now = Math.floor(Date.now() / 1000)
    const kid = ann.access_key_id
    const swapped = { ...ann, secret_access_key: bob.secret_access_key }
    const unknown = { ...ann, access_key_id: 'A'.repeat(52) }
    const codeOf = async (jwt: string) => (await ask(`${url}/api/inbox`, { jwt })).error.code
    const good = signed(ann)
    const bad: readonly string[] = [
      'x',
      `${good}x`,
      good.slice(0, -2),
      signed(swapped),
      signed(unknown),
      signed(ann, {}),
      signed(ann, { exp: 'soon' }),
      signed(ann, { exp: now - 1 }),
      signed(ann, { exp: now + 2 * 24 * 60 * 60 }),
      signed(ann, { exp: now + 60, nbf: now + 3600 }),
      signed(ann, { exp: now + 60 }, { alg: 'none', kid }),
      signed(ann, { exp: now + 60 }, { alg: 'HS512', kid }),
      signed(ann, { exp: now + 60 }, { alg: 'HS256', kid: kid.toLowerCase() }),
      signed(ann, { exp: now + 60 }, { alg: 'HS256', kid: [kid] }),
      `${signed(ann).split('.').slice(0, 2).join('.')}.`,
    ]
    expect(await codeOf(good)).toBe(200)
    for (const jwt of bad) expect([jwt, await codeOf(jwt)]).toEqual([jwt, 401])
    // What a client signs opens this seed's routes alone; what the server has issued opens them too.
    expect(
      (await fetch(`${url}/rest/v1/me`, { headers: { authorization: `Bearer ${good}` } })).status,
    ).toBe(401)
    const issued = await register(server, 'cat')
    expect(await codeOf(issued.accessToken)).toBe(200)
    // The key is the session's: renewed it is the same, ended it is nothing.
    const renewed = await ask(`${url}/api/auth_token`, {
      method: 'POST',
      body: { refresh_token: ann.refresh_token },
    })
    expect(renewed.data).toMatchObject([
      { access_key_id: kid, secret_access_key: ann.secret_access_key },
    ])
    await ask(`${url}/api/auth_token`, { method: 'DELETE', as: ann })
    expect(await codeOf(good)).toBe(401)
    expect(await codeOf(signed(bob))).toBe(200)
  })

  test('[DIA3] [S1.6] what was missed comes with the next connection, each message once', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const [ann, bob] = [await signUp(url, 'ann'), await signUp(url, 'bob')]
    await using annSocket = await Seed001Client.open(url, ann)
    const first = await Seed001Client.open(url, bob)
    const proven = first.pinged(1)
    annSocket.send({ recipient: 'bob', message: '1' })
    await proven
    await annSocket.hears(1)
    await first[Symbol.asyncDispose]()
    annSocket.send({ recipient: 'bob', message: '2' })
    annSocket.send({ recipient: 'bob', message: '3' })
    await annSocket.hears(3)
    await using again = await Seed001Client.open(url, bob)
    annSocket.send({ recipient: 'bob', message: '4' })
    // The first one was proven by the answer to a ping, and does not come again.
    await vi.waitFor(() => {
      const heard = again.heard.map((sent) => (sent as { message: string }).message)
      expect(heard).toEqual(['2', '3', '4'])
    })
  })

  test('[DIA3] [CAL2] a client with few calls left is handed the messages of many, and stays', async () => {
    const limits = { callsBurst: 20, callsPerSecond: 4 }
    await using server = await startTestServer({ engine, config: { limits } })
    const { url } = server
    const ann = await signUp(url, 'ann')
    const people = Array.from({ length: 28 }, (_, index) => `bob${index}`)
    for (const name of people) {
      const { accessToken } = await register(server, name)
      const client = httpClient(url, accessToken)
      const { id: conversationId } = await client.conversation.open.mutate({ username: 'ann' })
      await client.message.send.mutate({ conversationId, body: { kind: 'text', text: name } })
    }
    await using socket = await Seed001Client.open(url, ann)
    await vi.waitFor(() => expect(socket.heard).toHaveLength(people.length), 10_000)
    const authors = socket.heard.map((sent) => (sent as { author: string }).author)
    expect(authors.toSorted()).toEqual(people.toSorted())
    expect(socket.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('[DIA1] [DIA3] [S1.6] nobody writes in another name, and what is wrong is said', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    await signUp(url, 'bob')
    await using socket = await Seed001Client.open(url, ann)
    const mistakes: readonly [unknown, number][] = [
      ['{', 400],
      ['[]', 400],
      [{ author: 'ann' }, 400],
      [{ recipient: 'bob', message: 1 }, 400],
      [{ recipient: 'bob', message: '' }, 400],
      [{ recipient: 'bob', message: 'x'.repeat(20_000) }, 400],
      [{ author: 'bob', recipient: 'ann', message: 'forged' }, 403],
      [{ author: 'ann', recipient: 'nobody', message: 'x' }, 404],
    ]
    for (const [sent] of mistakes) socket.send(sent)
    const client_id = randomUUID()
    for (const message of ['once', 'once', 'twice'])
      socket.send({ author: 'ANN', recipient: 'bob', message, client_id })
    const heard = await socket.hears(mistakes.length + 2)
    const failed = heard.filter((answer) => (answer as { status?: string }).status === 'fail')
    const codes = failed.map((answer) => (answer as { error: { code: number } }).error.code)
    expect(codes).toEqual([...mistakes.map(([, code]) => code), 409])
    expect(heard.filter((sent) => 'author' in (sent as object))).toMatchObject([
      { author: 'ann', recipient: 'bob', message: 'once' },
    ])
    expect((await ask(`${url}/api/thread/bob`, { as: ann })).data).toHaveLength(1)
  })

  test('[DIA3] [DIA4] a message to oneself is acknowledged, and stands in the thread and the inbox', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    await using socket = await Seed001Client.open(server.url, ann)
    socket.send({ recipient: 'ANN', message: 'note' })
    const note = { author: 'ann', recipient: 'ann', message: 'note' }
    expect(await socket.hears(1)).toMatchObject([note])
    const { data } = await ask(`${server.url}/api/inbox`, { as: ann })
    expect(data).toMatchObject([{ author_username: 'ann', latest_message: 'note' }])
    expect((await ask(`${server.url}/api/thread/ANN`, { as: ann })).data).toMatchObject([note])
  })

  test("[DIA1] [DIA3] [DIA5] [DIA6] a refused message opens no conversation, and its field has the seed's name", async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    await using socket = await Seed001Client.open(url, ann)
    const { accessToken } = await register(server, 'bob')
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      return (await fetch(url + path, init)).json()
    }
    const named = (path: string) => ({ error: { code: 'INVALID_INPUT', fields: [{ path }] } })
    const recipient = 'ann'
    expect(await post('/messages', { recipient, type: 1, message: '' })).toMatchObject(
      named('message'),
    )
    expect(await post('/messages', { recipient, type: 2, link: 'javascript:x' })).toMatchObject(
      named('link'),
    )
    const wrong = { target_user_id: 'ann', content: '' }
    expect(await post('/api/v1/messages/send_message', wrong)).toMatchObject(named('content'))
    socket.send({ recipient: 'bob', message: '' })
    for (const client_id of ['', 'with a space', 'x'.repeat(65), 1])
      socket.send({ recipient: 'bob', message: 'x', client_id })
    const [first, ...others] = await socket.hears(5)
    const refusedFor = (field: string) => ({
      error: { code: 400, errors: { [field]: expect.any(String) } },
    })
    expect(first).toMatchObject(refusedFor('message'))
    for (const other of others) expect(other).toMatchObject(refusedFor('client_id'))
    const { items } = await httpClient(url, accessToken).conversation.list.query({})
    expect(items).toEqual([])
  })

  test('[CAL2] [DIA1] who writes in another name uses up his calls', async () => {
    const limits = { callsBurst: 20, callsPerSecond: 1 }
    await using server = await startTestServer({ engine, config: { limits } })
    const { url } = server
    const ann = await signUp(url, 'ann')
    await using socket = await Seed001Client.open(url, ann)
    const frames = 40
    for (let index = 0; index < frames; index += 1)
      socket.send({ author: 'bob', recipient: 'ann', message: 'forged' })
    const heard = await socket.hears(frames)
    expect(heard[0]).toMatchObject({ error: { code: 403 } })
    expect(heard.at(-1)).toMatchObject({ error: { code: 429 } })
    const { accessToken } = await register(server, 'bob')
    const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ sender: 'ann', recipient: 'ann', type: 1, message: 'forged' })
    const statuses: number[] = []
    for (let index = 0; index < frames; index += 1)
      statuses.push((await fetch(`${url}/messages`, { method: 'POST', headers, body })).status)
    expect(statuses[0]).toBe(403)
    expect(statuses).toContain(429)
  })

  test('[DIA2] the WebSocket needs the header', async () => {
    await using server = await startTestServer({ engine })
    const ann = await signUp(server.url, 'ann')
    const address = `${server.url.replace('http', 'ws')}/api/ws`
    for (const url of [address, `${address}?token=${signed(ann)}`]) {
      const socket = new WebSocket(url).on('error', () => undefined)
      const [, response] = (await once(socket, 'unexpected-response')) as [
        unknown,
        { statusCode: number },
      ]
      expect(response.statusCode).toBe(401)
      socket.terminate()
    }
  })
})
