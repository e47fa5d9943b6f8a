import { isTidingsError, SCOPES, type Scope } from '@tidings/protocol/wire'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { procedureType } from '../../src/doors/procedure.ts'
import { HOT_CALLS } from '../../src/rpc/hot-calls.ts'
import { appRouter, createCaller } from '../../src/rpc/root.ts'
import type { Meta } from '../../src/rpc/trpc.ts'
import { httpClient } from '../contract/person.ts'
import { RawTrpcClient } from '../doors/support/trpc-client.ts'
import { RestClient } from '../support/rest-client.ts'
import { OAuthWorld } from './world.ts'

const world = await OAuthWorld.open('sqlite')
afterAll(() => world[Symbol.asyncDispose]())
const ann = await world.person('ann')

/** Those that a user can give. */
const GIVEN = (Object.keys(SCOPES) as Scope[]).filter((scope) => !/send_as|introspect/.test(scope))
const client = await world.client({ scopes: GIVEN })
const tokens = new Map<Scope, string>()
for (const scope of GIVEN) tokens.set(scope, (await world.tokens(client, ann, { scope })).access)
const all = (await world.tokens(client, ann)).access

const metaOf = (procedure: unknown) => (procedure as { _def: { meta?: Meta } })._def.meta
const PROCEDURES = Object.entries(appRouter._def.procedures as Record<string, unknown>)
  .map(([path, procedure]) => [path, metaOf(procedure)] as const)
  .filter(([, meta]) => meta?.public !== true)

type Door = (path: string, token: string) => Promise<string>

const byCaller: Door = async (path, token) => {
  const { deps } = world
  const actor = await deps.auth.authenticate(token)
  const source = { door: 'local', ip: '127.0.0.1', origin: null } as const
  const procedures = createCaller({ deps, actor, source, transport: null }) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >
  const [noun = '', verb = ''] = path.split('.')
  try {
    await procedures[noun]?.[verb]?.(undefined)
    return 'done'
  } catch (error) {
    const cause = isTidingsError(error) ? error : (error as Error).cause
    return isTidingsError(cause) ? cause.message : String(error)
  }
}

const byHttp: Door = async (path, token) => {
  const isQuery = procedureType(path) === 'query'
  const response = await fetch(`${world.url}/trpc/${path}`, {
    method: isQuery ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(isQuery ? {} : { body: '{}' }),
  })
  return response.text()
}

const rest = await RestClient.open(world)
const byRest: Door = async (path, token) => (await rest.call(path, {}, token)).text

const sockets = new Map<string, Promise<RawTrpcClient>>()
afterAll(async () => {
  for (const socket of sockets.values()) await (await socket)[Symbol.asyncDispose]()
})
let calls = 0
const bySocket: Door = async (path, token) => {
  const opening = sockets.get(token) ?? RawTrpcClient.open(world.url, token)
  sockets.set(token, opening)
  const socket = await opening
  const id = (calls += 1)
  socket.call(id, path, undefined, procedureType(path))
  const answer = () => socket.texts.find((text) => text.includes(`"id":${id},`))
  await vi.waitUntil(() => answer() !== undefined, { timeout: 20_000, interval: 5 })
  return answer() ?? ''
}

const DOORS: Readonly<Record<string, Door>> = { byCaller, byHttp, byRest, bySocket }
const REFUSED = /The application lacks the scope|Applications may not do this/

test('[OAU16] every procedure says which scope it needs, or that it is closed to clients', () => {
  const silent = PROCEDURES.filter(([, meta]) => meta?.scope === undefined)
  expect(silent.map(([path]) => path)).toEqual([])
  const scopes = new Set(PROCEDURES.flatMap(([, meta]) => meta?.scope ?? []))
  for (const scope of scopes) expect(GIVEN).toContain(scope)
})

test('[OAU16] the compiled calls ask what the procedures ask', () => {
  for (const path of HOT_CALLS.keys())
    expect([
      path,
      PROCEDURES.some(([name, meta]) => name === path && meta?.scope !== undefined),
    ]).toEqual([path, true])
})

describe.each(Object.entries(DOORS))('%s', (name, door) => {
  const served = PROCEDURES.filter(([path]) => name !== 'byRest' || rest.has(path))
  const reached = served.filter(
    ([path]) => !(name === 'byHttp' && procedureType(path) === 'subscription'),
  )
  test.each(reached)(
    '[OAU16] %s lets in the tokens with its scope, and no others',
    async (path, meta) => {
      const let_: string[] = []
      for (const [scope, token] of tokens)
        if (!REFUSED.test(await door(path, token))) let_.push(scope)
      expect(let_).toEqual(meta?.scope === null ? [] : [meta?.scope])
      expect(REFUSED.test(await door(path, all))).toBe(meta?.scope === null)
    },
  )
})

test('[OAU16] a token without a user gets no further than the door', async () => {
  const { body } = await world.token(client, { grant_type: 'client_credentials' })
  const token = String(body['access_token'])
  await expect(httpClient(world.url, token).account.get.query()).rejects.toMatchObject({
    data: { code: 'FORBIDDEN' },
  })
  expect((await rest.call('account.get', {}, token)).outcome).toBe('FORBIDDEN')
  const socket = await RawTrpcClient.open(world.url, token)
  await vi.waitUntil(() => socket.closeCode !== undefined, { timeout: 20_000 })
})

test('[OAU16] the numbered protocol and the routes of the seeds ask as well', async () => {
  const token = tokens.get('messages:read') ?? ''
  const { messagingUrl } = await httpClient(world.url, token).session.createTicket.mutate()
  const socket = new WebSocket(messagingUrl)
  const frames: string[] = []
  socket.on('message', (data: Buffer) => frames.push(data.toString()))
  await new Promise((resolve) => socket.once('open', resolve))
  const body = { group_id: crypto.randomUUID(), data: 'hello' }
  socket.send(JSON.stringify({ method: 40, body }))
  await vi.waitUntil(() => frames.some((frame) => frame.includes('FORBIDDEN')), { timeout: 20_000 })
  socket.terminate()
  for (const path of ['/groups', '/sessions', '/messages', '/api/v1/messages/send_message']) {
    const response = await fetch(`${world.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'x',
        device_id: 'x',
        recipient: 'x',
        type: 1,
        message: 'x',
        target_user_id: ann.name,
        content: 'x',
      }),
    })
    expect([path, response.status]).toEqual([path, 403])
  }
})

test('[OAU16] a ticket may no more than the token that asked for it', async () => {
  const token = tokens.get('messages:read') ?? ''
  const { ticket } = await httpClient(world.url, token).session.createTicket.mutate()
  const actor = await world.deps.auth.redeemTicket(ticket, null)
  expect([...(actor.grant?.scopes ?? [])]).toEqual(['messages:read'])
})

test('[OAU16] what the user takes back of a consent, tokens that were given before have no more', async () => {
  const bob = await world.person('bob')
  const { access } = await world.tokens(client, bob, { scope: 'account:read messages:read' })
  expect((await httpClient(world.url, access).account.get.query()).id).toBe(bob.userId)
  const url = world.authorizeUrl({
    response_type: 'code',
    client_id: client.id,
    scope: 'account:read messages:read',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  })
  await world.decide(bob, url, { scopes: ['messages:read'] })
  await expect(httpClient(world.url, access).account.get.query()).rejects.toMatchObject({
    data: { code: 'SESSION_REVOKED' },
  })
})
