import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EXIT_CODES } from '../src/cli/exit-codes.ts'
import { COMMAND_GROUPS } from '../src/commands/all.ts'
// What the run's setup provides to `databases.ts`.
import type {} from '../../server/test/support/postgres-setup.ts'
import { openTcpProxy } from '../../server/test/support/tcp-proxy.ts'
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

beforeAll(async () => {
  ;[built, server] = await Promise.all([buildProgram(), startTestServer({ engine: 'sqlite' })])
})
afterAll(async () => {
  await Promise.all([built[Symbol.asyncDispose](), server[Symbol.asyncDispose]()])
})

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
    await signInOn(openMachine(built.file, stingy.url), 'first')
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
  const seen: Seen = new Map()
  const env = { TIDINGS_PASSWORD: PASSWORD }
  const run = async (name: string, ...args: readonly string[]): Promise<readonly Json[]> => {
    const profile = args.includes('--profile') ? [] : ['--profile', ann]
    const lines = await machine.json([...name.split(' '), ...args, ...profile], { env })
    seen.set(name, [...(seen.get(name) ?? []), ...lines])
    return lines
  }
  expect(
    one(await run('register', `cat${people}`, '--profile', 'cat', '--no-sign-in')),
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

  expect(one(await run('send', `@${bob}`, 'at', 'noon?'))).toMatchObject({
    seq: 1,
    duplicate: false,
  })
  expect(one(await run('edit', `@${bob}`, '1', 'at', 'one?'))).toMatchObject({ edited: true })
  expect(one(await run('history', `@${bob}`))).toMatchObject({
    seq: 1,
    body: { kind: 'text', text: 'at one?' },
  })
  expect(one(await run('conversations', '--unread', '--profile', bob))).toMatchObject({
    id: direct['id'],
    unread: 1,
  })
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
})

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
  const client = await clientOf(openMachine(built.file, server.url), bob)
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
