import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createClient } from '@tidings/sdk'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EXIT_CODES } from '../src/cli/exit-codes.ts'
import { COMMAND_GROUPS } from '../src/commands/all.ts'
// What the run's setup provides to `databases.ts`.
import type {} from '../../server/test/support/postgres-setup.ts'
import { createLogger } from '../../server/src/logger.ts'
import { makeAdmin } from '../../server/test/support/administrators.ts'
import { FormBrowser } from '../../server/test/support/form-browser.ts'
import { openTcpProxy } from '../../server/test/support/tcp-proxy.ts'
import { Browser } from '../../server/test/support/browser.ts'
import { openFalseProvider, type FalseProvider } from '../../server/test/support/false-provider.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import {
  buildProgram,
  linesOf,
  openMachine,
  type Built,
  type Json,
  type Machine,
} from './support/program.ts'
import { clientOf, PASSWORD, signInOn } from './support/sign-in.ts'

let built: Built
let server: TestServer
let provider: FalseProvider

/** What the server has logged: mails too. */
const logged: string[] = []

beforeAll(async () => {
  const log = createLogger({
    level: 'info',
    destination: { write: (line) => void logged.push(line) },
  })
  provider = await openFalseProvider()
  const { issuer } = provider
  const config = { providers: [{ name: 'example', issuer, clientId: 'tidings' }] }
  ;[built, server] = await Promise.all([
    buildProgram(),
    startTestServer({ engine: 'sqlite', config, log }),
  ])
})
afterAll(async () => {
  await Promise.all([built, server, provider].map((part) => part[Symbol.asyncDispose]()))
})

/** Links somebody to his account at the provider. */
async function link(machine: Machine, name: string): Promise<void> {
  const client = await clientOf(machine, name)
  const { identity } = client
  const redirectUri = `${server.url}/in`
  const { url, verifier } = await identity.begin({ provider: 'example', redirectUri })
  const end = await new Browser().followTo(url, redirectUri)
  const code = end.searchParams.get('code') ?? ''
  await identity.link({ code, verifier, password: PASSWORD })
  await client.close()
}

const NOBODY = '00000000-0000-4000-8000-000000000000'
let people = 0

/** A machine on which two new users are signed in, each on the profile of his name. */
async function twoPeople(
  url = server.url,
): Promise<{ machine: Machine; ann: string; bob: string }> {
  const machine = openMachine(built.file, url)
  people += 1
  const [ann, bob] = [`ann${people}`, `bob${people}`]
  await Promise.all([signInOn(machine, ann), signInOn(machine, bob)])
  return { machine, ann, bob }
}

function one(lines: readonly Json[]): Json {
  expect(lines).toHaveLength(1)
  return lines[0] ?? {}
}

// Processes on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

describe('exit codes', () => {
  test('[CLI2] each ending has its code, its reason on stderr and nothing on stdout', async () => {
    await using stingy = await startTestServer({
      engine: 'sqlite',
      config: { limits: { registrationsPerIp: 1 } },
    })
    const { machine, ann } = await twoPeople()
    await using _ = machine
    const broken = join(machine.config, 'tidings', 'profiles', 'broken')
    mkdirSync(broken, { recursive: true })
    writeFileSync(join(broken, 'sign-in.json'), 'not JSON')
    await using other = openMachine(built.file, stingy.url)
    await signInOn(other, 'first')
    const env = { TIDINGS_PASSWORD: PASSWORD }
    const cases: readonly (readonly [code: number, error: string, args: readonly string[]])[] = [
      [EXIT_CODES.other, 'PROFILE', ['--profile', 'broken', 'whoami']],
      [EXIT_CODES.usage, 'USAGE', ['sned', '@bob']],
      [EXIT_CODES.usage, 'USAGE', ['history', '@bob', '--limit', 'many', '--profile', ann]],
      [EXIT_CODES.usage, 'INVALID_INPUT', ['register', 'not a name']],
      [EXIT_CODES.notSignedIn, 'UNAUTHENTICATED', ['whoami']],
      [EXIT_CODES.notSignedIn, 'INVALID_CREDENTIALS', ['login', 'nobody']],
      [EXIT_CODES.refused, 'NOT_FOUND', ['history', NOBODY, '--profile', ann]],
      [EXIT_CODES.refused, 'USERNAME_TAKEN', ['register', ann]],
      [
        EXIT_CODES.network,
        'NETWORK',
        ['register', 'cat', '--url', `http://127.0.0.1:${await freePort()}`],
      ],
      [EXIT_CODES.later, 'RATE_LIMITED', ['register', 'second', '--url', stingy.url]],
    ]
    // A process for each code; what only has another reason for one is run here.
    const started = new Set<number>()
    const run = (code: number, args: readonly string[]) => {
      const runs = started.has(code) ? machine.runHere : machine.run
      started.add(code)
      return runs([...args, '--json'], { env })
    }
    const outcomes = await Promise.all(cases.map(([code, , args]) => run(code, args)))
    for (const [index, [code, error, args]] of cases.entries()) {
      const outcome = outcomes[index] ?? { stderr: '' }
      expect(outcome, args.join(' ')).toMatchObject({ code, stdout: '' })
      expect(
        linesOf(outcome.stderr).map((line) => JSON.parse(line) as Json),
        args.join(' '),
      ).toEqual([{ error: { code: error, message: expect.any(String) } }])
    }
    const { code, stdout, stderr } = await machine.runHere(['whoami'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toBe(
      'tidings: Sign in first. Sign in with: tidings login <name> (UNAUTHENTICATED)\n',
    )
  })

  test('[CLI2] Ctrl-C ends a command with 130', async () => {
    const { machine, ann, bob } = await twoPeople()
    await using _ = machine
    const sending = machine.start(['send', `@${bob}`, '--lines', '--profile', ann, '--json'])
    sending.child.stdin?.write('one\n')
    await sending.lines(1)
    sending.child.kill('SIGINT')
    expect(await sending.done).toMatchObject({
      code: EXIT_CODES.interrupted,
      stderr: '{"error":{"code":"INTERRUPTED","message":"interrupted"}}\n',
    })
  })
})

/** Runs a command and notes what it printed. */
type Seen = Map<string, readonly Json[]>

test('[CLI1] every command prints, with --json, one object a line of the shape that it documents', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const [cat, address] = [`cat${people}`, `cat${people}@example.org`]
  const seen: Seen = new Map()
  const env = { TIDINGS_PASSWORD: PASSWORD }
  const run = async (name: string, ...args: readonly string[]): Promise<readonly Json[]> => {
    const profile = args.includes('--profile') ? [] : ['--profile', ann]
    const lines = await machine.json([...name.split(' '), ...args, ...profile], { env })
    seen.set(name, [...(seen.get(name) ?? []), ...lines])
    return lines
  }
  expect(
    one(await run('register', cat, '--email', address, '--profile', 'cat', '--no-sign-in')),
  ).toMatchObject({ sessionId: null })
  expect(one(await run('login', `cat${people}`, '--profile', 'cat'))).toMatchObject({
    profile: 'cat',
    url: server.url,
  })
  expect(one(await run('whoami'))).toMatchObject({ user: { username: ann }, profile: ann })

  const sessions = await run('sessions list')
  const sessionId = String(sessions[0]?.['id'])
  expect(one(await run('sessions rename', sessionId, 'the laptop'))).toMatchObject({
    name: 'the laptop',
    current: true,
  })
  expect(one(await run('sessions revoke-others'))).toEqual({ revokedOthers: true })

  const both = { stdin: `${PASSWORD}\n${PASSWORD}\n` }
  const asked = ['change-password', '--password-stdin', '--keep-others', '--profile', ann]
  seen.set('change-password', await machine.json(asked, both))

  await link(machine, ann)
  const identity = one(await run('identities list'))
  expect(identity).toMatchObject({ provider: 'example', subject: 'someone' })
  const identityId = String(identity['id'])
  expect(one(await run('identities unlink', identityId))).toEqual({ identityId, unlinked: true })

  const direct = one(await run('open', `@${bob}`))
  expect(direct).toMatchObject({ kind: 'direct', peer: { username: bob } })
  const group = one(await run('groups create', 'Lunch', `@${bob}`, '--open', '--history', 'all'))
  expect(group).toMatchObject({
    kind: 'group',
    name: 'Lunch',
    joinPolicy: 'open',
    history: 'all',
    memberCount: 2,
  })
  const id = String(group['id'])
  expect(one(await run('groups add', 'lunch', `cat${people}`))).toMatchObject({
    conversationId: id,
    added: [expect.any(String)],
  })
  expect(one(await run('groups role', id, bob, 'admin'))).toMatchObject({ role: 'admin' })
  expect(one(await run('groups remove', 'Lunch', `@cat${people}`))).toMatchObject({ removed: true })
  expect(one(await run('groups rename', 'Lunch', 'Late lunch'))).toMatchObject({
    name: 'Late lunch',
  })
  expect(one(await run('groups show', 'Late lunch'))['members']).toHaveLength(2)
  expect(one(await run('leave', 'Late lunch', '--profile', bob))).toMatchObject({ left: true })
  expect(one(await run('join', id, '--profile', bob))).toMatchObject({ id, memberCount: 2 })
  expect(await run('groups list')).toHaveLength(1)

  expect(one(await run('send', `@${bob}`, 'at', 'noon?', '--mention', `@${bob}`))).toMatchObject({
    seq: 1,
    duplicate: false,
    mentions: [expect.any(String)],
  })
  expect(one(await run('edit', `@${bob}`, '1', 'at', 'one?'))).toMatchObject({ edited: true })
  await sendMore(run, bob)
  expect(one(await run('history', `@${bob}`))).toMatchObject({
    seq: 1,
    body: { kind: 'text', text: 'at one?' },
  })
  expect(one(await run('conversations', '--unread', '--profile', bob))).toMatchObject({
    id: direct['id'],
    unread: 1,
  })
  expect(one(await run('react', `@${bob}`, '1', '👍'))).toMatchObject({
    reactions: [{ reaction: '👍', count: 1, own: true }],
  })
  expect((await run('versions', `@${bob}`, '1')).map(({ body }) => body)).toEqual([
    { kind: 'text', text: 'at noon?' },
    { kind: 'text', text: 'at one?' },
  ])
  expect(one(await run('direct', 'sent'))).toMatchObject({ peer: { username: bob }, read: false })
  const asBob = ['--profile', bob]
  await vi.waitUntil(async () => (await run('search', 'one')).length === 1, 20_000)
  await makeAdmin(server.databaseUrl, ann)
  expect(one(await run('notifications send', 'News', `@${bob}`))).toMatchObject({ users: 1 })
  expect(one(await run('notifications list', ...asBob))).toMatchObject({ title: 'News' })
  expect(one(await run('notifications read', '--all', ...asBob))).toMatchObject({ read: true })
  const { id: notificationId } = one(await run('notifications list', ...asBob))
  await run('notifications remove', String(notificationId), ...asBob)
  const withAnn = `@${ann}`
  expect(one(await run('receipts', `@${bob}`, '1'))).toMatchObject({ username: bob, read: false })
  expect(one(await run('mute', withAnn, '--for', '8h', ...asBob))['mutedUntil']).toBeGreaterThan(0)
  expect(one(await run('conversations', '--muted', ...asBob))).toMatchObject({ id: direct['id'] })
  expect(one(await run('unmute', withAnn, ...asBob))).toMatchObject({ mutedUntil: null })
  expect(one(await run('archive', withAnn, ...asBob))).toMatchObject({ archived: true })
  expect(one(await run('pin', withAnn, ...asBob))).toMatchObject({ pinnedAt: expect.any(Number) })
  expect(one(await run('conversations', '--archived', '--pinned', ...asBob))).toMatchObject({
    preference: { archived: true },
  })
  await run('unarchive', withAnn, ...asBob)
  expect(one(await run('unpin', withAnn, ...asBob))).toMatchObject({ pinnedAt: null })
  expect(one(await run('mark-unread', withAnn, '1', ...asBob))).toMatchObject({ unread: 1 })
  expect(await run('conversations', '--page', '1', '--limit', '1', ...asBob)).toHaveLength(1)
  expect(one(await run('hide-message', withAnn, '1', ...asBob))).toMatchObject({ hidden: true })
  expect(one(await run('hide', withAnn, ...asBob))).toMatchObject({ hidden: true })
  expect(one(await run('conversations', '--hidden', ...asBob))).toMatchObject({ unread: 0 })
  await meet(run, { bob, cat, group: id, asBob })
  await apps(run, { bob, asBob, url: server.url })
  await confirm(run, { cat, address })
  expect(one(await run('groups transfer', id, `@${bob}`))).toMatchObject({ role: 'owner' })
  expect(one(await run('delete', `@${bob}`, '1'))).toMatchObject({ deleted: true })

  expect((await run('sync')).map(({ type }) => String(type))).toContain('conversation.added')
  const { stdout } = await chatLines(machine, { from: ann, to: bob })
  seen.set(
    'chat',
    stdout.map((line) => JSON.parse(line) as Json),
  )
  seen.set('tail', await tailOne(machine, ann, bob))
  await run('completion', 'bash')
  await run(
    'sessions revoke',
    String((await run('sessions list', '--profile', bob))[0]?.['id']),
    '--profile',
    bob,
  )
  expect(one(await run('logout'))).toEqual({ profile: ann, signedOut: true })

  for (const { name, shapes } of COMMAND_GROUPS.flatMap(({ commands }) => commands)) {
    const lines = seen.get(name) ?? []
    expect(lines.length, `${name} has printed nothing`).toBeGreaterThan(0)
    const documented = shapes.map(({ fields }) => fields.toSorted())
    for (const line of lines) expect(documented, name).toContainEqual(Object.keys(line).toSorted())
  }
}, 180_000)

/** Of every other kind, to oneself. */
async function sendMore(run: Run, bob: string): Promise<void> {
  const notes = String(
    one(await run('open', `@${String(one(await run('whoami'))['profile'])}`))['id'],
  )
  await run('image', notes, 'https://example.org/a', '--size', '1x1')
  await run('video', notes, 'https://example.org/b', '--length', '1')
  expect(one(await run('send-kind', notes, 'poll', '[]', '--mention', `@${bob}`))).toMatchObject({
    seq: 3,
    mentions: [],
  })
}

type Run = (name: string, ...args: readonly string[]) => Promise<readonly Json[]>

/** What people are to one another, and in a group. */
async function meet(
  run: Run,
  names: { bob: string; cat: string; group: string; asBob: readonly string[] },
): Promise<void> {
  const { bob, cat, group, asBob } = names
  const toAnn = String(one(await run('whoami'))['profile'])
  expect(one(await run('profile edit', '--display-name', 'Ann', '--about', 'me'))).toMatchObject({
    displayName: 'Ann',
    avatarUrl: null,
  })
  expect(one(await run('profile show', `@${toAnn}`, ...asBob))).toMatchObject({ about: 'me' })
  expect(one(await run('privacy', 'everybody'))).toEqual({ presenceFor: 'everybody' })
  expect(one(await run('contacts request', `@${bob}`))).toMatchObject({ state: 'requested' })
  await run('contacts decline', `@${toAnn}`, ...asBob)
  await run('contacts request', `@${bob}`)
  expect(one(await run('contacts accept', `@${toAnn}`, ...asBob))).toMatchObject({
    state: 'accepted',
  })
  expect(await run('contacts list')).toHaveLength(1)
  await run('contacts remove', `@${bob}`)
  await run('blocks add', `@${bob}`)
  expect(one(await run('blocks list'))).toMatchObject({ user: { username: bob } })
  await run('blocks remove', `@${bob}`)
  await run('groups mute', group, `@${bob}`, '--minutes', '5')
  await run('groups unmute', group, `@${bob}`)
  await run('groups ban', group, `@${cat}`)
  expect(one(await run('groups bans', group))).toMatchObject({ user: { username: cat } })
  await run('groups unban', group, `@${cat}`)
  const { id, code } = one(await run('groups invite', group, '--uses', '2', '--hours', '1'))
  expect(one(await run('groups preview', String(code), ...asBob))).toEqual({
    name: 'Late lunch',
    memberCount: 2,
  })
  expect(one(await run('groups invitations', group))).toMatchObject({ id, maxUses: 2 })
  await run('groups revoke', group, String(id))
}

const REDIRECT = 'https://bot.example/callback'

/** An app from its making to its end, and what an administrator does with it and with users. */
async function apps(
  run: Run,
  { bob, asBob, url }: { bob: string; asBob: readonly string[]; url: string },
): Promise<void> {
  const dora = `dora-${randomUUID().slice(0, 8)}`
  await run('register', dora, '--profile', 'dora')
  for (const who of [[], asBob])
    expect(one(await run('confirm', ...who))).toEqual({ confirmed: true })
  const made = one(await run('apps create', 'Night Bot', '--redirect', REDIRECT, ...asBob))
  const { id: app } = made['client'] as { id: string }
  const edited = ['--description', 'Answers at night', '--address', 'https://bot.example']
  expect(one(await run('apps edit', app, ...edited, ...asBob))).toMatchObject({ id: app })
  expect(one(await run('apps list', ...asBob))).toMatchObject({ id: app })
  expect(one(await run('apps show', app, ...asBob))).toMatchObject({ id: app, reviews: [] })
  expect(one(await run('apps rotate-secret', app, ...asBob))['clientSecret']).toBeTypeOf('string')
  const scopes = await run('apps scopes', ...asBob)
  const { name: further = '' } = scopes.find(({ base, restricted }) => !base && !restricted) ?? {}
  await run('apps submit', app, '--reason', 'For the night shift', ...asBob)
  const review = async () => String(one(await run('admin reviews'))['id'])
  expect(one(await run('admin approve', await review()))['decision']).toBe('approve')
  await run('apps apply', app, String(further), '--reason', 'It answers', ...asBob)
  expect(one(await run('admin reject', await review(), 'Not yet'))['decision']).toBe('reject')

  const consent = await letIn(url, bob, app)
  expect(consent.status).toBeLessThan(400)
  const { id: consentId } = one(await run('apps connected', ...asBob))
  expect(one(await run('apps disconnect', String(consentId), ...asBob))).toMatchObject({
    revoked: true,
  })
  expect(one(await run('admin apps'))).toMatchObject({ id: app })
  for (const more of [[], ['--undo']])
    expect(one(await run('admin suspend', app, ...more))['suspended']).toBe(more.length === 0)
  expect(one(await run('admin users', dora))).toMatchObject({ username: dora })
  expect(one(await run('admin sign-out', `@${dora}`))['signedOut']).toBe(true)
  expect(await run('admin audit', '--limit', '3')).toHaveLength(3)
  const other = one(await run('apps create', 'Day Bot', '--redirect', REDIRECT, ...asBob))
  const { id: doomed } = other['client'] as { id: string }
  await administer(run, { app, doomed, dora, scope: String(further) })
  expect(one(await run('apps delete', app, ...asBob))).toMatchObject({ deleted: true })
}

/** What an administrator changes of an app, of a user's office, of scopes and of the settings. */
async function administer(
  run: Run,
  who: { app: string; doomed: string; dora: string; scope: string },
): Promise<void> {
  const { app, doomed, dora, scope } = who
  expect(one(await run('admin scopes', app, scope))['scopes']).toEqual([scope])
  expect(one(await run('admin switches', app, 'no_pkce'))['legacySwitches']).toEqual(['no_pkce'])
  expect(one(await run('admin show', app))).toMatchObject({
    legacySwitches: ['no_pkce'],
    scopes: expect.arrayContaining([scope]),
  })
  for (const role of ['admin', 'user'])
    expect(one(await run('admin role', `@${dora}`, role))['role']).toBe(role)
  const named = async () => (await run('apps scopes')).find(({ name }) => name === 'shop:orders')
  await run('admin create-scope', 'shop:orders', 'See what you have ordered')
  await run('admin edit-scope', 'shop:orders', '--restricted', 'yes')
  expect(await named()).toMatchObject({ base: false, restricted: true })
  await run('admin delete-scope', 'shop:orders')
  expect(await named()).toBeUndefined()
  const before = one(await run('admin settings'))
  const changed = await run('admin set', 'codeLifetime', '45')
  expect(one(changed)).toEqual({ ...before, codeLifetime: 45 })
  const base = ['account:read', 'users:read']
  expect(one(await run('admin set', 'baseScopes', base.join()))['baseScopes']).toEqual(base)
  expect(one(await run('admin delete', doomed))).toEqual({ clientId: doomed, deleted: true })
}

/** Says yes to an app on the page that asks. */
async function letIn(url: string, name: string, app: string): Promise<Response> {
  const browser = new FormBrowser(url)
  await browser.signIn(name, PASSWORD)
  const query = new URLSearchParams({
    ...{ client_id: app, redirect_uri: REDIRECT, response_type: 'code' },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
  })
  const page = `/oauth/consent?${query.toString()}`
  const token = await browser.token(page, page.replaceAll('&', '&amp;'))
  return browser.post(page, { _token: token, answer: 'allow' })
}

/** An address that is confirmed, a password that was forgotten, and an account that is erased. */
async function confirm(
  run: Run,
  { cat, address }: { cat: string; address: string },
): Promise<void> {
  const asCat = ['--profile', 'cat']
  const codes = () =>
    logged.flatMap((line) =>
      line.includes(address) ? (/Code: ([\w-]+)/.exec(line)?.[1] ?? []) : [],
    )
  const codeOf = async (which: number): Promise<string> => {
    await vi.waitUntil(() => codes().length >= which, 20_000)
    return codes()[which - 1] ?? ''
  }
  expect(one(await run('verify-email', ...asCat))).toEqual({ state: 'sent' })
  expect(one(await run('verify-email', await codeOf(1), ...asCat))).toEqual({ state: 'verified' })
  expect(one(await run('forgot-password', address))).toEqual({ state: 'sent' })
  expect(one(await run('reset-password', await codeOf(2)))).toEqual({ state: 'changed' })
  await run('login', cat, ...asCat)
  const exported = await run('account export', ...asCat)
  expect(exported.at(0)).toMatchObject({ type: 'user', user: { username: cat } })
  expect(exported.at(-1)).toEqual({ type: 'end' })
  expect(one(await run('account erase', '--yes', ...asCat))).toEqual({ erased: true })
}

/** A conversation without a terminal: ann's lines go in, bob answers, and what he says comes out. */
async function chatLines(machine: Machine, { from, to }: { from: string; to: string }) {
  const bob = await clientOf(machine, to)
  const answered = new Promise<string>((resolve) => {
    bob.on('message.created', ({ body: { message } }) => {
      if (message.body.kind !== 'text' || message.body.text !== 'hello') return
      resolve(message.conversationId)
    })
  })
  await bob.connect()
  const talking = machine.start(['chat', `@${to}`, '--profile', from, '--json'])
  talking.child.stdin?.write('hello\n')
  const conversationId = await answered
  const line = talking.lines(1)
  await bob.message.send({ conversationId, body: { kind: 'text', text: 'hello yourself' } })
  const stdout = await line
  talking.child.stdin?.end('//bye\n')
  const { code, stderr } = await talking.done
  await bob.close()
  return { code, stdout, stderr }
}

async function tailOne(machine: Machine, ann: string, bob: string): Promise<readonly Json[]> {
  const client = await clientOf(machine, bob)
  const { id: conversationId } = await client.conversation.open({ username: ann })
  const tailing = machine.start([
    'tail',
    conversationId,
    '--count',
    '1',
    '--profile',
    ann,
    '--json',
  ])
  await new Promise((resolve) => tailing.child.stderr?.once('data', resolve))
  await client.message.send({ conversationId, body: { kind: 'text', text: 'tailed' } })
  await client.close()
  const { code, stdout } = await tailing.done
  expect(code).toBe(0)
  return linesOf(stdout).map((line) => JSON.parse(line) as Json)
}

describe('profiles', () => {
  test('[CLI3] a profile is a folder that its owner alone can read, and a word with a path in it is none', async () => {
    const { machine, ann } = await twoPeople()
    await using _ = machine
    const folder = join(machine.config, 'tidings', 'profiles', ann)
    await machine.json(['login', ann, '--profile', ann], { env: { TIDINGS_PASSWORD: PASSWORD } })
    await machine.json(['sync', '--profile', ann])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const files = readdirSync(folder)
    expect(files.toSorted()).toEqual(['cursor.json', 'device.json', 'sign-in.json'])
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777, file).toBe(0o600)
    expect(await machine.runHere(['whoami', '--profile', '../x'])).toMatchObject({ code: 2 })
  })

  test('[CLI3] signing in again continues the session, and as somebody else ends it', async () => {
    const { machine, ann, bob } = await twoPeople()
    await using _ = machine
    const env = { TIDINGS_PASSWORD: PASSWORD }
    const first = one(await machine.json(['login', ann, '--profile', 'x'], { env }))
    const again = one(await machine.json(['login', ann, '--profile', 'x'], { env }))
    expect(again['sessionId']).toBe(first['sessionId'])
    await machine.json(['login', bob, '--profile', 'x'], { env })
    const client = await clientOf(machine, ann)
    expect((await client.session.list()).map(({ id }) => id)).not.toContain(first['sessionId'])
    await client.close()
  })

  test('[CLI3] a token is shown to no other server than the one that gave it', async () => {
    const { machine, ann } = await twoPeople()
    await using _ = machine
    let heard = 0
    const other = createServer(() => (heard += 1)).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const outcome = await machine.runHere([
      'whoami',
      '--profile',
      ann,
      '--url',
      `http://127.0.0.1:${port}`,
    ])
    other.close()
    expect(outcome).toMatchObject({ code: 3 })
    expect(outcome.stderr).toContain(`signed in at ${server.url}`)
    expect(heard).toBe(0)
  })

  test('[CLI3] programs that renew one sign-in at once leave one good sign-in; one that was ended stays ended', async () => {
    let now = Date.now()
    await using late = await startTestServer({ engine: 'sqlite', clock: { now: () => now } })
    const { machine, ann } = await twoPeople(late.url)
    await using _ = machine
    now += 16 * 60_000
    const outcomes = await Promise.all([1, 2].map(() => machine.run(['whoami', '--profile', ann])))
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0])
    now += 16 * 60_000
    expect(await machine.runHere(['whoami', '--profile', ann])).toMatchObject({ code: 0 })
    const file = join(machine.config, 'tidings', 'profiles', ann, 'sign-in.json')
    const before = readFileSync(file, 'utf8')
    expect(await machine.runHere(['logout', '--profile', ann])).toMatchObject({ code: 0 })
    expect(() => readFileSync(file)).toThrow('ENOENT')
    const { openProfile } = await import('../src/profile/profile.ts')
    // A renewal that comes back after that, from another program.
    await openProfile({ name: ann, url: late.url, environment: machine.env }).tokens.save(
      (JSON.parse(before) as { credentials: never }).credentials,
    )
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })
})

describe('passwords', () => {
  test('[CLI4] a password comes by stdin or the environment, never as an argument', async () => {
    const { machine, ann } = await twoPeople()
    await using _ = machine
    const login = ['login', ann, '--profile', 'again']
    expect(
      await machine.run([...login, '--password-stdin'], { stdin: `${PASSWORD}\r\nmore` }),
    ).toMatchObject({ code: 0 })
    expect(await machine.runHere([...login, '--password', PASSWORD])).toMatchObject({ code: 2 })
    const without = await machine.runHere(login)
    expect(without).toMatchObject({ code: 2, stdout: '' })
    expect(without.stderr).toContain('--password-stdin')
  })

  test('[CLI4] a password is changed by both of them on stdin, the present one first', async () => {
    const { machine, ann } = await twoPeople()
    await using _ = machine
    const change = ['change-password', '--password-stdin', '--profile', ann]
    const next = 'battery staple'
    expect(await machine.runHere(change, { stdin: `${PASSWORD}\n` })).toMatchObject({ code: 2 })
    expect(await machine.runHere(change, { stdin: `${next}\n${next}\n` })).toMatchObject({
      code: EXIT_CODES.notSignedIn,
    })
    expect(await machine.json(change, { stdin: `${PASSWORD}\n${next}\n` })).toEqual([
      { state: 'changed' },
    ])
    const login = ['login', ann, '--profile', 'again', '--password-stdin']
    expect(await machine.runHere(login, { stdin: PASSWORD })).toMatchObject({
      code: EXIT_CODES.notSignedIn,
    })
    expect(await machine.runHere(login, { stdin: next })).toMatchObject({ code: 0 })
  })
})

describe('sending', () => {
  test('[CLI6] a pipe is one message, or one a line, and repeating it with an id sends nothing twice', async () => {
    const { machine, ann, bob } = await twoPeople()
    await using _ = machine
    const as = ['--profile', ann]
    await machine.json(['send', `@${bob}`, ...as], { stdin: 'one\ntwo\n' })
    const args = ['send', `@${bob}`, '--lines', '--client-message-id', 'job-7', ...as]
    const first = await machine.json(args, { stdin: 'a\n\nb\nc' })
    const again = await machine.json(args, { stdin: 'a\n\nb\nc\nd' })
    expect(first.map(({ clientMessageId, duplicate }) => [clientMessageId, duplicate])).toEqual([
      ['job-7.1', false],
      ['job-7.3', false],
      ['job-7.4', false],
    ])
    expect(again.map(({ duplicate }) => Boolean(duplicate))).toEqual([true, true, true, false])
    const all = await machine.json(['history', `@${bob}`, '--all', ...as])
    expect(all.map(({ body }) => String(body.text))).toEqual(['one\ntwo', 'a', 'b', 'c', 'd'])
    const refused = await machine.runHere([...args, '--json'], { stdin: 'other\n\nb' })
    expect(refused).toMatchObject({ code: EXIT_CODES.refused })
    expect(linesOf(refused.stdout)).toHaveLength(1)
    expect(refused.stderr).toContain('line 1: ')
  })

  test('[CLI6] a message that nobody acknowledges in time ends the command, which says how to repeat it', async () => {
    const { machine, ann, bob } = await twoPeople()
    await using _ = machine
    await using proxy = await openTcpProxy(server.port)
    const id = String(one(await machine.json(['open', `@${bob}`, '--profile', ann]))['id'])
    const file = join(machine.config, 'tidings', 'profiles', ann, 'sign-in.json')
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(server.url, `http://127.0.0.1:${proxy.port}`),
    )
    const env = { TIDINGS_URL: '' }
    proxy.onAnswer(() => 'drop')
    const late = await machine.runHere(
      ['send', id, 'hi', '--timeout', '1', '--profile', ann, '--json'],
      { env },
    )
    expect(late).toMatchObject({ code: EXIT_CODES.network, stdout: '' })
    const [, again = ''] = /--client-message-id (\S+):/.exec(late.stderr) ?? []
    proxy.onAnswer(() => 'pass')
    const sent = await machine.json(
      ['send', id, 'hi', '--client-message-id', again, '--profile', ann],
      { env },
    )
    expect(one(sent)).toMatchObject({ seq: 1, duplicate: true })
  })
})

test('[CLI17] the links of images and videos are sent, with what is said beside them', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const as = (name: string, ...args: string[]) => machine.json([...args, '--profile', name])
  const url = 'https://example.org/a'
  const words = ['--caption', 'At the lake', '--mention', `@${bob}`]
  const sent = one(await as(ann, 'image', `@${bob}`, url, '--size', '640x480', ...words))
  const reply = ['--reply-to', String(sent['seq']), '--source', 'youtube']
  await as(bob, 'video', `@${ann}`, url, '--length', '12.5', ...reply)
  const shown = await as(ann, 'history', `@${bob}`)
  expect(shown).toMatchObject([
    {
      body: { kind: 'image', url, width: 640, height: 480, caption: 'At the lake' },
      mentions: [expect.any(String)],
    },
    {
      body: { kind: 'video', url, length: 12.5, source: 'youtube' },
      replyTo: { messageId: sent['messageId'] },
    },
  ])
  const { stdout } = await machine.runHere(['history', `@${bob}`, '--profile', ann])
  expect(stdout).toContain(`${ann}: (image, 640×480) ${url}\n    At the lake\n`)
  expect(stdout).toContain(`${bob}: (to 1) (video, 0:13, youtube) ${url}\n`)
  for (const wrong of [
    ['image', `@${bob}`, url],
    ['image', `@${bob}`, url, '--size', '640'],
    ['image', `@${bob}`, 'ftp://example.org', '--size', '1x1'],
    ['video', `@${bob}`, url, '--length', 'long'],
    ['video', `@${bob}`, url, '--length', '1', '--source', 'me'],
  ])
    expect(await machine.runHere([...wrong, '--profile', ann])).toMatchObject({
      code: EXIT_CODES.usage,
    })
})

test('[CLI18] a kind of an app’s own is sent, and shown as unknown by who does not know it', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const as = (name: string, ...args: string[]) => machine.json([...args, '--profile', name])
  const data = { question: 'Where?\u001B[31m' }
  const words = ['send-kind', `@${bob}`, 'poll']
  const first = one(await as(ann, ...words, JSON.stringify(data), '--client-message-id', 'one'))
  const again = await machine.json([...words, '--client-message-id', 'one', '--profile', ann], {
    stdin: JSON.stringify(data),
  })
  expect(one(again)).toMatchObject({ messageId: first['messageId'], duplicate: true })
  await as(ann, ...words, 'null', '--mention', `@${bob}`)
  expect(await as(bob, 'history', `@${ann}`)).toMatchObject([
    { body: { kind: 'unknown', name: 'poll', data } },
    { body: { kind: 'unknown', name: 'poll', data: null }, mentions: [expect.any(String)] },
  ])
  const { stdout } = await machine.runHere(['history', `@${ann}`, '--profile', bob])
  expect(stdout).toContain(`${ann}: (of an unknown kind: poll)\n`)
  for (const wrong of [
    ['send-kind', `@${bob}`, 'poll', 'no JSON'],
    ['send-kind', `@${bob}`, 'no kind', '{}'],
    ['send-kind', `@${bob}`, 'text', '"hello"'],
  ])
    expect(await machine.runHere([...wrong, '--profile', ann]), wrong.join(' ')).toMatchObject({
      code: EXIT_CODES.usage,
    })
})

test('[NTF8] notifications are sent by an administrator, listed, read and removed', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const as = (name: string, ...args: string[]) =>
    machine.json(['notifications', ...args, '--profile', name])
  const words = ['news', `@${bob}`, '--body', 'one\ntwo', '--data', '[1]', '--expires-in', '3600']
  const refused = await machine.runHere(['notifications', 'send', ...words, '--profile', ann])
  expect(refused.code).toBe(EXIT_CODES.refused)
  await makeAdmin(server.databaseUrl, ann)
  const sent = one(await as(ann, 'send', ...words))
  expect(sent).toMatchObject({ users: 1, finished: true })
  const { id, seq } = one(await as(bob, 'list'))
  expect(id).toBe(sent['notificationId'])
  const shown = await machine.runHere(['notifications', '--profile', bob])
  expect(shown.stdout).toMatch(new RegExp(`^${id} {2}new .*news\\n {4}one\\n {4}two\\n$`))
  expect(one(await as(bob, 'read', '--all'))).toMatchObject({ read: true, upTo: seq })
  expect(await as(bob, 'list', '--unread')).toEqual([])
  expect(one(await as(bob, 'remove', id))).toMatchObject({ removed: true, notificationIds: [id] })
  expect(await as(bob, 'list')).toEqual([])
  for (const wrong of [
    ['read'],
    ['read', id, '--all'],
    ['send', 'x'],
    ['send', 'x', '@a', '--data', '{'],
  ])
    expect(await machine.runHere(['notifications', ...wrong, '--profile', ann])).toMatchObject({
      code: EXIT_CODES.usage,
    })
})

test('[SEA8] messages are searched, in words and as JSON, and what was found stands out', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  await machine.json(['send', `@${bob}`, 'Lunch at \u001B[31m noon?', '--profile', ann])
  await machine.json(['send', `@${ann}`, 'At noon.', '--profile', bob])
  const found = (...args: string[]) => machine.json(['search', ...args, '--profile', ann])
  await vi.waitUntil(async () => (await found('noon')).length === 2, 20_000)
  expect(one(await found('lun', 'NOON'))).toMatchObject({
    message: { body: { kind: 'text' } },
    excerpt: { atStart: true, atEnd: true },
  })
  expect(await found('noon', '--from', `@${bob}`, '--in', `@${bob}`)).toHaveLength(1)
  expect(await found('noon', '--until', '2020-01-01')).toEqual([])
  const shown = await machine.runHere(['search', 'lunch', '--profile', ann], {
    env: { FORCE_COLOR: '1', NO_COLOR: '' },
  })
  expect(shown.stdout).toContain(`${ann}: \u001B[33mLunch\u001B[39m at `)
  expect(shown.stdout).not.toContain('\u001B[31m')
  const wrong = await machine.runHere(['search', 'x', '--since', 'soon', '--profile', ann])
  expect(wrong.code).toBe(EXIT_CODES.usage)
})

/** The day of a time in a zone, and the one after it. */
function daysOf(time: number, timeZone: string): readonly [string, string] {
  const dayOf = (at: number): string => new Date(at).toLocaleDateString('sv-SE', { timeZone })
  return [dayOf(time), dayOf(time + 86_400_000)]
}

test('[CLI20] a search reads times as the other commands do: its days begin where the reader lives', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  await machine.json(['send', `@${bob}`, 'noon', '--profile', ann])
  const search = ['search', 'noon', '--json', '--profile', ann]
  await vi.waitUntil(async () => (await machine.runHere(search)).stdout !== '', 20_000)
  const [found] = linesOf((await machine.runHere([...search, '--since', '2h'])).stdout)
  const { createdAt } = (JSON.parse(found ?? '') as Json)['message'] as { createdAt: number }
  // At every hour one of these zones has another day than UTC.
  for (const TZ of ['Etc/GMT-14', 'Etc/GMT+12']) {
    const [day, next] = daysOf(createdAt, TZ)
    const { stdout } = await machine.run([...search, '--since', day, '--until', next], {
      env: { TZ },
    })
    expect(linesOf(stdout), TZ).toHaveLength(1)
  }
  for (const wrong of ['soon', 'Lunch 1'])
    expect(await machine.runHere([...search, '--since', wrong])).toMatchObject({
      code: EXIT_CODES.usage,
    })
})

test('[CLI19] two who block each other are named by what each has of the other', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const as = async (name: string, ...args: string[]) =>
    one(await machine.json(['blocks', ...args, '--profile', name]))
  const id = String(one(await machine.json(['profile', 'show', `@${bob}`, '--profile', ann]))['id'])
  await as(bob, 'add', `@${ann}`)
  expect(await as(ann, 'add', `@${bob}`)).toEqual({ userId: null, username: bob })
  expect(await as(ann, 'list')).toMatchObject({ user: { username: bob } })
  expect(await as(ann, 'remove', id)).toEqual({ userId: id, username: null })
  expect(await machine.json(['blocks', '--profile', ann])).toEqual([])
  await as(bob, 'remove', `@${ann}`)
  expect(await as(ann, 'add', id)).toEqual({ userId: id, username: bob })
  for (const nobody of ['@nobody-here', NOBODY])
    expect(await machine.runHere(['blocks', 'add', nobody, '--profile', ann])).toMatchObject({
      code: EXIT_CODES.refused,
    })
})

test('[CLI19] an administrator finds whoever has blocked him, by name and by id', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  await makeAdmin(server.databaseUrl, ann)
  await machine.json(['confirm', '--profile', ann], { env: { TIDINGS_PASSWORD: PASSWORD } })
  const as = (...args: string[]) => machine.json([...args, '--profile', ann])
  const { id } = one(await as('admin', 'users', bob))
  await machine.json(['blocks', 'add', `@${ann}`, '--profile', bob])
  expect(one(await as('admin', 'role', `@${bob}`, 'admin'))).toMatchObject({ userId: id })
  expect(one(await as('admin', 'role', String(id), 'user'))).toMatchObject({ userId: id })
  expect(one(await as('notifications', 'send', 'News', `@${bob}`))).toMatchObject({ users: 1 })
  for (const whom of [`@${bob.toUpperCase()}`, String(id)])
    for (const more of [[], ['--undo']])
      expect(one(await as('admin', 'suspend', whom, ...more))).toEqual({
        id,
        suspended: more.length === 0,
      })
  expect(one(await as('admin', 'sign-out', `@${bob}`))).toMatchObject({ userId: id })
  for (const nobody of [`@${bob.slice(0, 2)}`, NOBODY])
    expect(await machine.runHere(['admin', 'suspend', nobody, '--profile', ann])).toMatchObject({
      code: EXIT_CODES.refused,
    })
})

test('[CLI19] a name is found however it is composed, also by who was blocked, and told as it is', async () => {
  const { machine, ann } = await twoPeople()
  await using _ = machine
  const jose = createClient({ url: server.url })
  const username = `josé${people}`
  await jose.account.register({ username, password: PASSWORD, signIn: true })
  const { id } = await jose.account.get()
  await makeAdmin(server.databaseUrl, ann)
  const as = (...args: string[]) => machine.runHere([...args, '--profile', ann])
  await machine.json(['confirm', '--profile', ann], { env: { TIDINGS_PASSWORD: PASSWORD } })
  const typed = `@${username.normalize('NFD').toUpperCase()}`
  expect((await as('admin', 'role', id, 'admin')).stdout).toBe(
    `${username} is an administrator now\n`,
  )
  await jose.block.create({ username: ann })
  await jose.close()
  for (const [word, told] of [
    [typed, username],
    [id, id],
  ] as const)
    expect((await as('admin', 'role', word, 'user')).stdout).toBe(
      `${told} is no administrator now\n`,
    )
  const group = one(await machine.json(['groups', 'create', 'Café', '--profile', ann]))
  const shown = one(await machine.json(['groups', 'show', 'CAFE\u0301', '--profile', ann]))
  expect(shown).toMatchObject({ conversation: { id: group['id'] } })
})

test('[CLI19] a block is told as made and as taken back, also when nobody says then who it is', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const { fetch } = globalThis
  const failing = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const isAbout = String(input).includes('user.get')
    return isAbout ? Promise.resolve(new Response('', { status: 502 })) : fetch(input, init)
  })
  const done: Json[] = []
  try {
    for (const what of ['add', 'remove'])
      done.push(one(await machine.json(['blocks', what, `@${bob}`, '--profile', ann])))
  } finally {
    failing.mockRestore()
  }
  expect(done).toEqual(Array(2).fill({ userId: null, username: bob }))
})

test('[CLI19] a moderator takes back the ban of who has blocked him, by name and by id', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const as = (...args: string[]) => machine.json([...args, '--profile', ann])
  const { id } = one(await as('profile', 'show', `@${bob}`))
  const group = one(await as('groups', 'create', 'Lunch'))
  await machine.json(['blocks', 'add', `@${ann}`, '--profile', bob])
  const client = await clientOf(machine, ann)
  const place = { conversationId: String(group['id']), userId: String(id) }
  for (const word of [`@${bob.toUpperCase()}`, place.userId]) {
    await client.group.banMember(place)
    expect(one(await as('groups', 'unban', 'Lunch', word))).toEqual(place)
    expect(await as('groups', 'bans', 'Lunch')).toEqual([])
  }
  await client.close()
  expect(
    await machine.runHere(['groups', 'unban', 'Lunch', `@${bob}`, '--profile', ann]),
  ).toMatchObject({ code: EXIT_CODES.refused })
})

test('[CLI19] a moderator keeps out who has blocked him: a member by name, anybody by id', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const as = (...args: string[]) => machine.json([...args, '--profile', ann])
  const said = (...args: string[]) =>
    machine.runHere(['groups', ...args, '--profile', ann]).then(({ stdout }) => stdout)
  const refused = (...args: string[]) =>
    expect(machine.runHere(['groups', ...args, '--profile', ann])).resolves.toMatchObject({
      code: EXIT_CODES.refused,
    })
  const userId = String(one(await as('profile', 'show', `@${bob}`))['id'])
  const group = one(await as('groups', 'create', 'Lunch', `@${bob}`))
  const place = { conversationId: String(group['id']), userId }
  await machine.json(['blocks', 'add', `@${ann}`, '--profile', bob])
  for (const what of ['mute', 'unmute', 'ban'])
    expect(one(await as('groups', what, 'Lunch', `@${bob.toUpperCase()}`))).toEqual(place)
  // Twice is once, and he is named among the banned.
  expect(await said('ban', 'Lunch', `@${bob}`)).toBe(`banned @${bob}\n`)
  await as('groups', 'unban', 'Lunch', `@${bob}`)
  // Whether there is such a name is nothing that a ban tells the blocked.
  for (const what of ['ban', 'remove', 'unmute']) await refused(what, 'Lunch', `@${bob}`)
  expect(await said('unmute', 'Lunch', userId)).toBe(`unmuted ${userId}\n`)
  expect(await said('remove', 'Lunch', userId)).toBe(`removed ${userId}\n`)
  expect(await said('ban', 'Lunch', userId)).toBe(`banned ${userId}\n`)
  expect(one(await as('groups', 'bans', 'Lunch'))).toMatchObject({ user: { id: userId } })
  for (const nobody of ['@nobody-here', NOBODY]) await refused('ban', 'Lunch', nobody)
})

test('[CLI7] history is read in pages, both ways, oldest first', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const client = await clientOf(machine, ann)
  const { id: conversationId } = await client.conversation.open({ username: bob })
  const numbers = Array.from({ length: 230 }, (__, index) => index + 1)
  await Promise.all(
    numbers.map((n) =>
      client.message.send({ conversationId, body: { kind: 'text', text: String(n) } }),
    ),
  )
  await client.close()
  const seqs = async (...args: readonly string[]): Promise<number[]> =>
    (await machine.json(['history', conversationId, '--profile', ann, ...args])).map(({ seq }) =>
      Number(seq),
    )
  const [newest, before, after, all, rest] = await Promise.all([
    seqs(),
    seqs('--before', '100', '--limit', '150'),
    seqs('--after', '10', '--limit', '3'),
    seqs('--all'),
    seqs('--after', '225', '--before', '228', '--all'),
  ])
  expect(newest).toEqual(numbers.slice(-20))
  expect(before).toEqual(numbers.slice(0, 99))
  expect(after).toEqual([11, 12, 13])
  expect(all).toEqual(numbers)
  expect(rest).toEqual([226, 227])
  const words = await machine.runHere(['history', conversationId, '--limit', '1', '--profile', ann])
  expect(words.stdout).toMatch(
    new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d {2}230 {2}${ann}: 230\n$`),
  )
})

test('[CLI8] tail tells every event once, over a connection that is lost and made again', async () => {
  await using proxy = await openTcpProxy(server.port)
  const { machine, ann, bob } = await twoPeople(`http://127.0.0.1:${proxy.port}`)
  await using _ = machine
  await using direct = openMachine(built.file, server.url)
  const client = await clientOf(direct, bob)
  const { id: conversationId } = await client.conversation.open({ username: ann })
  const tailing = machine.start(['tail', '--count', '6', '--profile', ann])
  const notices = tailing.child.stderr ?? undefined
  const told = (text: string): Promise<void> =>
    new Promise((resolve) =>
      notices?.on('data', (chunk: Buffer) => chunk.includes(text) && resolve()),
    )
  await told('connected to')
  const say = (text: string) =>
    client.message.send({ conversationId, body: { kind: 'text', text } })
  const first = tailing.lines(1)
  await say('before')
  await first
  proxy.refuse(true)
  proxy.cut()
  await told('no connection')
  for (const text of ['one', 'two', '\u001B[31mthree']) await say(text)
  const again = told('connected again')
  proxy.refuse(false)
  await again
  await say('after')
  await say('last')
  const { code, stdout } = await tailing.done
  await client.close()
  expect(code).toBe(0)
  expect(linesOf(stdout).map((line) => line.replace(/^.*: /, ''))).toEqual([
    'before',
    'one',
    'two',
    '␛[31mthree',
    'after',
    'last',
  ])
})

test('[CLI9] sync tells what was missed once, and again since a time', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const client = await clientOf(machine, bob)
  const { id: conversationId } = await client.conversation.open({ username: ann })
  const say = (text: string) =>
    client.message.send({ conversationId, body: { kind: 'text', text } })
  const texts = (lines: readonly Json[]): unknown[] =>
    lines.flatMap(({ body }) => (body?.message?.body?.text ? [body.message.body.text] : []))
  const sync = async (...args: readonly string[]) =>
    texts(await machine.json(['sync', '--profile', ann, ...args]))
  await say('one')
  expect(await sync('--peek')).toEqual(['one'])
  expect(await sync()).toEqual(['one'])
  await say('two')
  expect(await sync()).toEqual(['two'])
  expect(await sync()).toEqual([])
  expect(await sync('--since', '1h')).toEqual(['one', 'two'])
  expect(await sync()).toEqual([])
  await client.close()
})

test('[CLI13] without a terminal, chat takes lines and gives lines', async () => {
  const { machine, ann, bob } = await twoPeople()
  await using _ = machine
  const { code, stdout, stderr } = await chatLines(machine, { from: ann, to: bob })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout.map((line) => (JSON.parse(line) as Json)['body'].message.body.text)).toEqual([
    'hello yourself',
  ])
  const all = await machine.json(['history', `@${bob}`, '--profile', ann])
  expect(all.map(({ body }) => String(body.text))).toEqual(['hello', 'hello yourself', '/bye'])
  const nobody = await machine.runHere(['chat', '@nobody-here', '--profile', ann])
  expect(nobody).toMatchObject({ code: EXIT_CODES.refused, stdout: '' })
})

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const place = createServer().listen(0, '127.0.0.1')
  await once(place, 'listening')
  const { port } = place.address() as { port: number }
  place.close()
  await once(place, 'close')
  return port
}
