import { Validator } from '@seriousme/openapi-schema-validator'
import { createHash, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { appRouter } from '../../../src/rpc/root.ts'
import { register } from '../../contract/person.ts'
import { describeEngines, engines } from '../../support/databases.ts'
import { RestClient } from '../../support/rest-client.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const engine = engines[0] ?? 'sqlite'

/** A call that is written down byte for byte. */
function call(server: TestServer, path: string, init: RequestInit & { token?: string } = {}) {
  const { token, headers, ...rest } = init
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  return fetch(`${server.url}/rest/v1${path}`, {
    ...rest,
    headers: { ...authorization, ...(headers as Record<string, string> | undefined) },
  })
}

const JSON_TYPE = { 'content-type': 'application/json' }

test('[RES1] every procedure that is no subscription is in the document, once, with its own address', async () => {
  await using server = await startTestServer({ engine })
  const client = await RestClient.open(server)
  const procedures = Object.entries<{ _def: { type: string } }>(appRouter._def.procedures as never)
  for (const [path, { _def }] of procedures)
    expect([path, client.has(path)]).toEqual([path, _def.type !== 'subscription'])
})

test('[RES2] the document is valid OpenAPI 3.1, and refers to nothing that it does not hold', async () => {
  await using server = await startTestServer({ engine })
  const text = await (await fetch(`${server.url}/openapi.json`)).text()
  const validator = new Validator()
  expect(await validator.validate({ ...(JSON.parse(text) as object) })).toMatchObject({
    valid: true,
  })
  expect(validator.version).toBe('3.1')
  const { components, servers } = JSON.parse(text) as {
    servers: unknown
    components: Record<string, Record<string, unknown>>
  }
  // The port, which this server has chosen itself.
  expect(servers).toEqual([{ url: `${server.url}/rest/v1` }])
  const refs = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)]
  expect(refs.length).toBeGreaterThan(20)
  for (const [, kind = '', name = ''] of refs)
    expect([name, components[kind]?.[name] !== undefined]).toEqual([name, true])
  expect(text).not.toContain('#/$defs')
})

test('[RES3] /docs shows every operation and every schema, runs nothing and loads nothing', async () => {
  await using server = await startTestServer({ engine })
  const response = await fetch(`${server.url}/docs`)
  const page = await response.text()
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toContain(
    "default-src 'none'; style-src 'sha256-",
  )
  const style = /<style>(.*?)<\/style>/su.exec(page)?.[1] ?? ''
  expect(page).toContain(`<code>${server.url}/rest/v1</code>`)
  const digest = createHash('sha256').update(style).digest('base64')
  expect(response.headers.get('content-security-policy')).toContain(`'sha256-${digest}'`)
  expect(page).not.toMatch(/<script|\son\w+=|https?:\/\/(?!127\.0\.0\.1)/)
  const { paths, components } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; summary: string }>>
    components: { schemas: Record<string, unknown> }
  }
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods))
  for (const { operationId, summary } of ids) {
    expect(page).toContain(`id="${operationId}"`)
    expect(summary).toMatch(/^[A-Z].*\.$/)
  }
  for (const name of Object.keys(components.schemas).filter((name) => name !== 'Error'))
    expect(page).toContain(`id="${name}"`)
  // An array whose places have meanings.
  expect(page).toContain('[seq: ')
  expect(page).toMatch(/, messageId: .*, senderId: .*, says: /)
})

describeEngines('REST', (place) => {
  test('[RES1] a conversation over REST alone, by nothing but the document', async () => {
    await using server = await startTestServer({ engine: place })
    const client = await RestClient.open(server)
    const password = 'correct horse'
    for (const username of ['ann', 'bob'])
      expect(await client.call('account.register', { username, password })).toMatchObject({
        status: 200,
      })
    const token = async (login: string) => {
      const { result } = await client.call('account.login', { login, password })
      return (result as { accessToken: string }).accessToken
    }
    const [ann, bob] = [await token('ann'), await token('bob')]
    const found = await client.call('user.get', { username: 'bob' }, ann)
    const { id: userId } = found.result as { id: string }
    const opened = await client.call('conversation.open', { userId }, ann)
    const { id: conversationId } = opened.result as { id: string }
    const body = { kind: 'text', text: 'hello' }
    const clientMessageId = randomUUID()
    const send = { conversationId, clientMessageId, body }
    const first = await client.call('message.send', send, ann)
    expect(await client.call('message.send', [send], ann)).toMatchObject({
      result: [{ ...(first.result as object), duplicate: true }],
    })
    const listed = await client.call('message.list', { conversationId, limit: 1 }, bob)
    expect(listed.result).toMatchObject({ items: [{ body, clientMessageId }], next: null })
    const { seq } = first.result as { seq: number }
    expect(await client.call('message.read', { conversationId, seq }, bob)).toMatchObject({
      outcome: 'ok',
    })
    const counted = await client.call('message.countReceipts', { conversationId, seq }, ann)
    expect(counted.result).toEqual({ delivered: 1, read: 1, members: 1 })
    expect(await client.call('typing.start', { conversationId }, bob)).toMatchObject({
      status: 204,
      text: '',
    })
    const since = await client.call('sync.since', { since: 0 }, bob)
    expect(since.text).toContain(clientMessageId)
  })
})

test('[RES4] [CAL3] what is wrong with a request is said with its place, and never with a failure of ours', async () => {
  await using server = await startTestServer({ engine })
  const { accessToken: token } = await register(server, 'ann')
  const outcome = async (path: string, init: Parameters<typeof call>[2]) => {
    const response = await call(server, path, { token, ...init })
    const { error } = (await response.json()) as {
      error: { code: string; retryable: boolean; fields?: { path: string }[] }
    }
    expect(error.retryable).toBe(false)
    return [response.status, error.code, error.fields?.[0]?.path]
  }
  const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
    outcome('/conversations', { method: 'POST', headers, body })
  expect(await post('{', JSON_TYPE)).toEqual([400, 'INVALID_INPUT', ''])
  expect(await post('[]')).toEqual([400, 'INVALID_INPUT', ''])
  expect(await post('null')).toEqual([400, 'INVALID_INPUT', ''])
  expect(await post('{}', { 'content-type': 'text/plain' })).toEqual([
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    undefined,
  ])
  expect(await post('')).toEqual([400, 'INVALID_INPUT', 'userId'])
  expect(await outcome('/conversations?limit=x', {})).toEqual([400, 'INVALID_INPUT', 'limit'])
  expect(await outcome('/conversations?limit=1e2', {})).toEqual([400, 'INVALID_INPUT', 'limit'])
  expect(await outcome('/conversations?limit=1&limit=2', {})).toEqual([
    400,
    'INVALID_INPUT',
    'limit',
  ])
  expect(await outcome('/conversations?limit=0', {})).toEqual([400, 'INVALID_INPUT', 'limit'])
  expect(await outcome('/conversations/x', {})).toEqual([400, 'INVALID_INPUT', 'conversationId'])
  expect(await outcome(`/conversations/${randomUUID()}/receipts/-1`, {})).toEqual([
    400,
    'INVALID_INPUT',
    'seq',
  ])
  expect(await outcome('/users/lookup', {})).toEqual([400, 'INVALID_INPUT', 'userId'])
  expect(await outcome('/users/lookup?username=bob&__proto__=x', {})).toEqual([
    404,
    'NOT_FOUND',
    undefined,
  ])
  expect(await outcome('/nothing', {})).toEqual([404, 'NOT_FOUND', undefined])
  const wrong = await call(server, '/conversations', { method: 'DELETE', token })
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, GET'])
})

test('[RES4] the path decides, whatever the body says; what a procedure does not know is ignored', async () => {
  await using server = await startTestServer({ engine })
  const { accessToken: token } = await register(server, 'ann')
  const make = async (name: string) => {
    const init = {
      method: 'POST',
      token,
      headers: JSON_TYPE,
      body: JSON.stringify({ name, userIds: [] }),
    }
    return ((await (await call(server, '/groups', init)).json()) as { id: string }).id
  }
  const [first, second] = [await make('first'), await make('second')]
  const body = JSON.stringify({ conversationId: second, name: 'renamed', unheardOf: 1 })
  const changed = await call(server, `/groups/${first}`, {
    method: 'PATCH',
    token,
    headers: JSON_TYPE,
    body,
  })
  expect(await changed.json()).toMatchObject({ id: first, name: 'renamed' })
  const other = await call(server, `/conversations/${second}`, { token })
  expect(await other.json()).toMatchObject({ name: 'second' })
})

test('[RES5] without a token, with a bad one and with one that has ended, the answer says which', async () => {
  await using server = await startTestServer({ engine })
  const { accessToken: token } = await register(server, 'ann')
  const codeWith = async (init: Parameters<typeof call>[2]) => {
    const response = await call(server, '/me', init)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code]
  }
  expect(await codeWith({})).toEqual([401, 'UNAUTHENTICATED'])
  expect(await codeWith({ token: 'x' })).toEqual([401, 'UNAUTHENTICATED'])
  expect((await call(server, '/logout', { method: 'POST', token })).status).toBe(204)
  expect(await codeWith({ token })).toEqual([401, 'SESSION_REVOKED'])
})
