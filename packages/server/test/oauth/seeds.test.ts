import { request as httpRequest } from 'node:http'
import { json } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { checkAuthorization } from '../../src/services/oauth/authorize.ts'
import { allowAuthorization } from '../../src/services/oauth/consent.ts'
import { httpClient, type Person } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { administrator } from '../pages/resident.ts'
import { describeEngines } from '../support/databases.ts'
import { PageVisitor } from './page-visitor.ts'
import { OAuthWorld, REDIRECT, type Params } from './world.ts'

/** `access.get(path, body: params)` of the seed: a GET with a body. */
function get(world: OAuthWorld, token: string, path: string, params: Params) {
  const body = new URLSearchParams(params).toString()
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const request = httpRequest(`${world.url}${path}`, {
      method: 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      },
    })
    request.once('error', reject)
    request.once('response', (response) => {
      json(response).then(
        (answer) =>
          resolve({ status: response.statusCode ?? 0, body: answer as Record<string, unknown> }),
        reject,
      )
    })
    request.end(body)
  })
}

/** What a client is told, in the fragment where it has asked for a token there. */
function errorIn(location: URL | undefined): string | null {
  const { searchParams, hash } = location ?? new URL('about:blank')
  return (hash === '' ? searchParams : new URLSearchParams(hash.slice(1))).get('error')
}

const SEND_AS = ['messages:send_as']

async function clientToken(world: OAuthWorld, scopes: readonly string[] = SEND_AS) {
  const client = await world.client({ scopes })
  const { id, secret } = client
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
  const { status, body } = await world.post('/oauth/token', form)
  return { client, status, body, token: String(body['access_token']) }
}

const read = (world: OAuthWorld, person: Person, direction: 'sent' | 'received') =>
  httpClient(world.url, person.accessToken).message.listDirect.query({ direction })

describeEngines('seeds 000 and 004', (engine) => {
  test('[S0.5] POST /oauth/token: client credentials, as the seed sends them', async () => {
    await using world = await OAuthWorld.open(engine)
    const { status, body, client } = await clientToken(world)
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 3600,
        scope: expect.stringContaining('messages:send_as'),
      },
    ])
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: 'x' }
    const refused = await world.post('/oauth/token', form)
    expect([refused.status, refused.body['error']]).toEqual([401, 'invalid_client'])
  })

  test('[S0.5] [OAU12] POST /oauth/token: the password grant with its switch, and unauthorized_client without', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['password'] })
    const { deps } = world
    const email = 'test@qq.com'
    const { account } = httpClient(world.url)
    await account.register.mutate({
      username: 'tester',
      email,
      password: '11111111',
      signIn: false,
    })
    const form = ({ id, secret }: { id: string; secret: string }, password = '11111111') => ({
      grant_type: 'password',
      username: email,
      password,
      client_id: id,
      client_secret: secret,
    })
    const client = await world.client({ legacySwitches: ['password'] })
    const { status, body } = await world.post('/oauth/token', form(client))
    expect([status, body['token_type']]).toEqual([200, 'Bearer'])
    const me = await httpClient(world.url, String(body['access_token'])).account.get.query()
    expect(me.username).toBe('tester')
    const wrong = await world.post('/oauth/token', form(client, 'wrong'))
    expect([wrong.status, wrong.body['error']]).toEqual([400, 'invalid_grant'])
    const off = await world.post('/oauth/token', form(await world.client()))
    expect([off.status, off.body['error']]).toEqual([400, 'unauthorized_client'])
    // Guesses count as they do at the door.
    for (let guess = 0; guess < deps.config.limits.loginFailures; guess += 1)
      await world.post('/oauth/token', form(client, 'wrong'))
    const closed = await world.post('/oauth/token', form(client))
    expect([closed.status, closed.body['error']]).toEqual([429, 'temporarily_unavailable'])
    expect(Number(closed.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('[S0.6] [OAU18] send_message, read and the two deletes with a client-credentials token, as the seed sends them', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const { token, client } = await clientToken(world)
    const content = '2134asdfasdf'
    const message = { send_user_id: ann.userId, target_user_id: bob.userId, content }
    const sent = await get(world, token, '/api/v1/messages/send_message', message)
    expect([sent.status, sent.body]).toMatchObject([
      200,
      { ...message, received: '0', readed: '0', message_sequence: 1 },
    ])
    expect((await read(world, bob, 'received')).items).toMatchObject([
      { message: { senderId: ann.userId }, read: false },
    ])

    const id = String(sent.body['id'])
    const readHash = { id, message_sequence: '1' }
    expect(await get(world, token, '/api/v1/messages/read', readHash)).toMatchObject({
      status: 200,
      body: { id, readed: '1' },
    })
    expect((await read(world, ann, 'sent')).items).toMatchObject([{ read: true }])

    const session = { send_user_id: bob.userId, id: ann.userId }
    expect((await get(world, token, '/api/v1/messages/delete_session', session)).status).toBe(200)
    expect((await read(world, bob, 'received')).items).toEqual([])
    expect((await get(world, token, '/api/v1/messages/deletemessage', { id })).status).toBe(200)
    expect((await read(world, ann, 'sent')).items).toEqual([])

    const { tables, read: reader } = world.deps.database
    const entries = await reader.select().from(tables.auditEntries)
    expect(
      entries.map(({ actorKey, action, target, details }) => ({
        actorKey,
        action,
        target,
        details,
      })),
    ).toEqual(
      [
        { userId: ann.userId, action: 'send_message' },
        { userId: bob.userId, action: 'read' },
        { userId: bob.userId, action: 'delete_session' },
        { userId: ann.userId, action: 'deletemessage' },
      ].map((details) => ({
        actorKey: null,
        action: 'oauthClient.actedAs',
        target: client.id,
        details,
      })),
    )
  })

  test('[S0.6] [OAU18] without messages:send_as, or without a sender, a token that has no user is refused', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const message = { send_user_id: ann.userId, target_user_id: bob.userId, content: 'x' }
    const path = '/api/v1/messages/send_message'
    const { token: plain } = await clientToken(world, ['messages:send', 'messages:read'])
    expect((await get(world, plain, path, message)).status).toBe(403)
    const { token } = await clientToken(world)
    const { send_user_id: _sender, ...anonymous } = message
    expect((await get(world, token, path, anonymous)).status).toBe(403)
    expect((await get(world, token, path, { ...message, send_user_id: 'nobody' })).status).toBe(404)
    expect(
      (
        await get(world, token, '/api/v1/messages/read', {
          id: '2341234',
          message_sequence: '1241234',
        })
      ).status,
    ).toBe(404)
    expect((await get(world, token, '/api/v1/messages/send_messages', {})).status).toBe(403)
    expect((await read(world, bob, 'received')).items).toEqual([])
    // Nowhere else does it act for anybody.
    await expect(httpClient(world.url, token).account.get.query()).rejects.toMatchObject({
      data: { code: 'FORBIDDEN' },
    })
  })

  test.for([
    ['GET', 'client_credentials'],
    ['GET', 'password'],
    ['POST', 'client_credentials'],
    ['POST', 'password'],
  ] as const)(
    '[S0.6] the four actions by %s with a token of the %s grant',
    async ([method, grantType]) => {
      await using world = await OAuthWorld.open(engine, { olderGrants: ['password'] })
      const [ann, bob] = [await world.person('ann'), await world.person('bob')]
      const tokenFor = async ({ name }: Person) => {
        if (grantType === 'client_credentials') return (await clientToken(world)).token
        const client = await world.client({ legacySwitches: ['password'] })
        const grant = { grant_type: grantType, username: name, password: 'correct horse' }
        return String((await world.token(client, grant)).body['access_token'])
      }
      const [anns, bobs] = [await tokenFor(ann), await tokenFor(bob)]
      const act = async (token: string, name: string, params: Params) => {
        const path = `/api/v1/messages/${name}`
        const { status, body } =
          method === 'GET'
            ? await get(world, token, path, params)
            : await world.post(path, params, { authorization: `Bearer ${token}` })
        expect([name, status, body]).toEqual([name, 200, expect.any(Object)])
        return body
      }
      const content = '2134asdfasdf'
      const message = { send_user_id: ann.userId, target_user_id: bob.userId, content }
      const sent = await act(anns, 'send_message', message)
      expect(sent).toMatchObject({ ...message, readed: '0', message_sequence: 1 })
      const id = String(sent['id'])
      const readHash = { id, message_sequence: '1' }
      expect(await act(bobs, 'read', readHash)).toMatchObject({ id, readed: '1' })
      expect((await read(world, ann, 'sent')).items).toMatchObject([
        { message: { senderId: ann.userId, body: { text: content } }, read: true },
      ])
      const session = { send_user_id: bob.userId, id: ann.userId }
      expect(await act(bobs, 'delete_session', session)).toMatchObject({ deleted: '1' })
      expect((await read(world, bob, 'received')).items).toEqual([])
      expect((await read(world, ann, 'sent')).items).toHaveLength(1)
      expect(await act(anns, 'deletemessage', { id })).toMatchObject({ id, deleted: '1' })
      expect((await read(world, ann, 'sent')).items).toEqual([])
    },
  )

  test('[OAU18] whoever calls too often is refused before anything is written into the audit log', async () => {
    await using world = await OAuthWorld.open(engine)
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const { token, client } = await clientToken(world)
    const message = { send_user_id: ann.userId, target_user_id: bob.userId, content: 'again' }
    const send = () => get(world, token, '/api/v1/messages/send_message', message)
    const { tables, read: reader } = world.deps.database
    const entries = async () => (await reader.select().from(tables.auditEntries)).length
    const taking = vi.spyOn(world.deps.auth, 'takeCall').mockReturnValue(1000)
    expect([(await send()).status, await entries()]).toEqual([429, 0])
    expect(taking.mock.calls).toEqual([[client.id, 'session']])
    expect(world.deps.figures.refusals.RATE_LIMITED).toBe(1)
    taking.mockRestore()
    expect([(await send()).status, await entries()]).toEqual([200, 1])
  })

  test('[S0.6] with a password token the sender is its user', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['password'] })
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const client = await world.client({ legacySwitches: ['password'] })
    const grant = { grant_type: 'password', username: ann.name, password: 'correct horse' }
    const { body } = await world.token(client, grant)
    const token = String(body['access_token'])
    const path = '/api/v1/messages/send_message'
    const message = { send_user_id: ann.userId, target_user_id: bob.userId, content: 'by password' }
    expect((await get(world, token, path, message)).status).toBe(200)
    expect((await get(world, token, path, { ...message, send_user_id: bob.userId })).status).toBe(
      403,
    )
    expect((await read(world, bob, 'received')).items).toMatchObject([
      { message: { body: { text: 'by password' } } },
    ])
  })

  test('[S0.7] a socket with such a token: tRPC by the token, and the numbered protocol by a ticket', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['password'] })
    const [ann, bob] = [await world.person('ann'), await world.person('bob')]
    const client = await world.client({ legacySwitches: ['password'] })
    const grant = { grant_type: 'password', username: bob.name, password: 'correct horse' }
    const { body } = await world.token(client, grant)
    const token = String(body['access_token'])
    await using socket = await RawTrpcClient.open(world.url, token)
    socket.call(1, 'sync.live', { version: 1 }, 'subscription')
    await vi.waitUntil(() => socket.texts.some((text) => text.includes('"ready"')), {
      timeout: 20_000,
    })
    const { messagingUrl } = await httpClient(world.url, token).session.createTicket.mutate()
    const numbered = new WebSocket(messagingUrl)
    const frames: string[] = []
    numbered.on('message', (data: Buffer) => frames.push(data.toString()))
    await new Promise((resolve) => numbered.once('open', resolve))
    numbered.send(JSON.stringify({ method: 20, body: { timestamp: 0 } }))
    const ours = httpClient(world.url, ann.accessToken)
    const { id } = await ours.conversation.open.mutate({ userId: bob.userId })
    await ours.message.send.mutate({
      conversationId: id,
      body: { kind: 'text', text: 'to the socket' },
    })
    for (const heard of [socket.texts, frames])
      await vi.waitUntil(() => heard.some((text) => text.includes('to the socket')), {
        timeout: 20_000,
      })
    expect(socket.closeCode).toBe(undefined)
    numbered.terminate()
  })

  const SWITCHES = [
    'implicit',
    'implicit_query',
    'no_pkce',
    'secret_in_query',
    'double_encoded_redirect',
  ] as const
  const AUTHORIZE = '/oauth/authorize/index'

  test('[S4.3] [S4.4] the code flow, as the seed writes it', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [
      await world.client({ legacySwitches: SWITCHES }),
      await world.person('ann'),
    ]
    const params = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: encodeURIComponent(REDIRECT),
      state: 'rand_string',
    }
    const url = world.authorizeUrl(params, AUTHORIZE)
    expect((await world.browse(url)).location?.pathname).toBe('/oauth/consent/index')
    const to = await world.decide(ann, url)
    expect(to.href.startsWith(`${REDIRECT}?code=`)).toBe(true)
    expect(to.searchParams.get('state')).toBe('rand_string')
    const query = new URLSearchParams({
      client_id: client.id,
      client_secret: client.secret,
      grant_type: 'authorizecode',
      redirect_uri: encodeURIComponent(REDIRECT),
      code: to.searchParams.get('code') ?? '',
    })
    const response = await fetch(`${world.url}/oauth/token/index?${query.toString()}`, {
      method: 'POST',
    })
    const answer = (await response.json()) as Record<string, unknown>
    expect([response.status, answer]).toMatchObject([
      200,
      { access_token: expect.any(String), expires_in: '3600', scope: expect.any(String) },
    ])
    const me = await httpClient(world.url, String(answer['access_token'])).account.get.query()
    expect(me.id).toBe(ann.userId)
    // With an empty scope: all that the client may.
    expect(String(answer['scope']).split(' ')).toEqual(
      expect.arrayContaining(['account:read', 'messages:send']),
    )
  })

  test('[S4.3] the implicit flow, in the fragment, and in the query as the seed writes it', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['implicit'] })
    const ann = await world.person('ann')
    const flow = async (legacySwitches: ('implicit' | 'implicit_query')[]) => {
      const client = await world.client({ legacySwitches })
      const params = {
        response_type: 'token',
        client_id: client.id,
        redirect_uri: REDIRECT,
        state: 'rand_string',
      }
      return world.decide(ann, world.authorizeUrl(params, AUTHORIZE))
    }
    const refused = async (legacySwitches: ('implicit' | 'implicit_query')[]) => {
      const { id } = await world.client({ legacySwitches })
      const asked = { response_type: 'token', client_id: id, scope: 'cake:eat' }
      const { location } = await world.browse(world.authorizeUrl(asked, AUTHORIZE))
      return location?.href.slice(REDIRECT.length)
    }
    expect(await refused(['implicit', 'implicit_query'])).toMatch(/^\?error=invalid_scope&/)
    expect(await refused(['implicit'])).toMatch(/^#error=invalid_scope&/)
    const query = await flow(['implicit', 'implicit_query'])
    expect([...query.searchParams.keys()]).toEqual(['token', 'state'])
    const fragment = await flow(['implicit'])
    expect(fragment.search).toBe('')
    const answer = new URLSearchParams(fragment.hash.slice(1))
    expect([...answer.keys()].toSorted()).toEqual([
      'access_token',
      'expires_in',
      'iss',
      'scope',
      'state',
      'token_type',
    ])
    for (const token of [query.searchParams.get('token'), answer.get('access_token')])
      expect((await httpClient(world.url, token ?? '').account.get.query()).id).toBe(ann.userId)
  })

  test('[S4.3] [S4.4] by the consent page: code and state, or token and state, come back by a redirect', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['implicit'] })
    const ann = await world.person('ann')
    const visitor = await PageVisitor.signIn(world, ann)
    const client = await world.client({ legacySwitches: SWITCHES })
    const consent = async (responseType: 'code' | 'token', scope?: string) => {
      const params = {
        response_type: responseType,
        client_id: client.id,
        redirect_uri: REDIRECT,
        state: 'rand_string',
        ...(scope === undefined ? {} : { scope }),
      }
      const asked = await visitor.open(`${AUTHORIZE}?${new URLSearchParams(params).toString()}`)
      expect(asked.path).toMatch(/^\/oauth\/consent\/index\?/)
      const { status, headers } = await visitor.answer(asked)
      const location = headers.get('location') ?? ''
      expect([status, location.slice(0, REDIRECT.length + 1)]).toEqual([303, `${REDIRECT}?`])
      const { searchParams } = new URL(location)
      expect(searchParams.get('state')).toBe('rand_string')
      return searchParams
    }
    // The standard's own name of the grant, where the seed has `authorizecode`.
    const exchange = async (answer: URLSearchParams) => {
      expect([...answer.keys()]).toEqual(['code', 'state', 'iss'])
      const { status, body } = await world.post('/oauth/token/index', {
        client_id: client.id,
        client_secret: client.secret,
        grant_type: 'authorization_code',
        redirect_uri: REDIRECT,
        code: answer.get('code') ?? '',
      })
      expect([status, body]).toMatchObject([200, { expires_in: '3600' }])
      return { token: String(body['access_token']), scopes: String(body['scope']).split(' ') }
    }
    const all = [
      'account:read',
      'conversations:read',
      'conversations:write',
      'messages:read',
      'messages:send',
      'users:read',
    ]
    for (const empty of [undefined, '']) {
      const { token, scopes } = await exchange(await consent('code', empty))
      expect(scopes.toSorted()).toEqual(all)
      expect((await httpClient(world.url, token).account.get.query()).id).toBe(ann.userId)
    }
    const { scopes } = await exchange(await consent('code', 'messages:read account:read'))
    expect(scopes.toSorted()).toEqual(['account:read', 'messages:read'])

    const scopesOf = async (token: string) => {
      const actor = await world.deps.auth.authenticate(token)
      expect(actor.userId).toBe(ann.userId)
      return [...(actor.grant?.scopes ?? [])].toSorted()
    }
    for (const [asked, given] of [
      ['', all],
      ['account:read', ['account:read']],
    ] as const) {
      const answer = await consent('token', asked)
      expect([...answer.keys()]).toEqual(['token', 'state'])
      expect(await scopesOf(answer.get('token') ?? '')).toEqual(given)
    }
  })

  test('[S4.3] [S4.4] [OAU12] with the switches off each of it is refused by the error of the RFC', async () => {
    await using world = await OAuthWorld.open(engine)
    const [client, ann] = [await world.client(), await world.person('ann')]
    const base = {
      response_type: 'code',
      client_id: client.id,
      redirect_uri: REDIRECT,
      state: 'rand_string',
    }
    const error = async (params: Params) =>
      errorIn((await world.browse(world.authorizeUrl(params, AUTHORIZE))).location)
    expect(await error(base)).toBe('invalid_request')
    expect(await error({ ...base, response_type: 'token' })).toBe('unauthorized_client')
    const twice = await world.browse(
      world.authorizeUrl({ ...base, redirect_uri: encodeURIComponent(REDIRECT) }, AUTHORIZE),
    )
    expect([twice.status, twice.location]).toEqual([400, undefined])
    const { code, verifier } = await world.code(client, ann)
    const form = {
      client_id: client.id,
      client_secret: client.secret,
      grant_type: 'authorizecode',
      redirect_uri: REDIRECT,
      code,
      code_verifier: verifier,
    }
    const query = new URLSearchParams(form).toString()
    const inQuery = await fetch(`${world.url}/oauth/token/index?${query}`, { method: 'POST' })
    expect([inQuery.status, await inQuery.json()]).toMatchObject([
      400,
      { error: 'invalid_request' },
    ])
    const { redirect_uri: _uri, ...rest } = form
    const encoded = await world.post('/oauth/token/index', {
      ...rest,
      redirect_uri: encodeURIComponent(REDIRECT),
    })
    expect([encoded.status, encoded.body['error']]).toEqual([400, 'invalid_grant'])
    // In the body, with PKCE, the seed's name of the grant needs no switch.
    expect((await world.post('/oauth/token/index', form)).status).toBe(200)
  })

  test('[OAU12] the switches count on the paths of the seeds alone', async () => {
    await using world = await OAuthWorld.open(engine)
    const client = await world.client({ legacySwitches: SWITCHES })
    const base = { client_id: client.id, redirect_uri: REDIRECT }
    const error = async (params: Params) =>
      errorIn((await world.browse(world.authorizeUrl(params))).location)
    expect(await error({ ...base, response_type: 'token' })).toBe('unsupported_response_type')
    expect(await error({ ...base, response_type: 'code' })).toBe('invalid_request')
    const twice = { ...base, response_type: 'code', redirect_uri: encodeURIComponent(REDIRECT) }
    expect((await world.browse(world.authorizeUrl(twice))).status).toBe(400)
    const query = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
    })
    const response = await fetch(`${world.url}/oauth/token?${query.toString()}`, { method: 'POST' })
    expect(response.status).toBe(400)
  })

  test('[OAU12] [ADM7] a switch opens nothing that the settings do not offer, and no more than they do by then', async () => {
    await using world = await OAuthWorld.open(engine, { olderGrants: ['password', 'implicit'] })
    const ann = await world.person('ann')
    const client = await world.client({ legacySwitches: ['password', 'implicit'] })
    const { call } = await administrator(world, 'adm')
    const url = world.authorizeUrl({ response_type: 'token', client_id: client.id }, AUTHORIZE)
    const grant = { grant_type: 'password', username: ann.name, password: 'correct horse' }
    const visitor = await PageVisitor.signIn(world, ann)
    const asked = await visitor.open(url.slice(world.url.length))
    const found = await checkAuthorization(world.deps, {
      query: new URL(url).searchParams,
      isSeed: true,
    })
    if (found.outcome !== 'pending') throw new Error('not pending')
    const { pending } = found
    expect((await world.token(client, grant)).status).toBe(200)

    await call.admin.updateSettings({ grantTypes: ['authorization_code', 'client_credentials'] })
    const { status, body } = await world.token(client, grant)
    expect([status, body['error']]).toEqual([400, 'unauthorized_client'])
    const { location } = await world.browse(url)
    expect(errorIn(location)).toBe('unauthorized_client')
    // Whoever was asked before that, and answers now.
    const late = (await visitor.answer(asked)).headers.get('location') ?? ''
    expect(late).not.toContain('access_token')
    const actor = await world.deps.auth.authenticate(ann.accessToken)
    const consent = { scopes: pending.scopes, conversationIds: undefined }
    await expect(allowAuthorization(world.deps, actor, { pending, consent })).rejects.toMatchObject(
      { code: 'FORBIDDEN' },
    )
    const metadata = await fetch(`${world.url}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({
      grant_types_supported: ['authorization_code', 'client_credentials'],
      response_types_supported: ['code'],
    })
  })

  test('[OAU12] without a secret no_pkce does nothing', async () => {
    await using world = await OAuthWorld.open(engine)
    const client = await world.client({ isPublic: true, legacySwitches: SWITCHES })
    const params = { response_type: 'code', client_id: client.id, redirect_uri: REDIRECT }
    const { location } = await world.browse(world.authorizeUrl(params, AUTHORIZE))
    expect(location?.searchParams.get('error')).toBe('invalid_request')
  })
})
