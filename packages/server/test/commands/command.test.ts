import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, test, vi } from 'vitest'
import { runCommand } from '../../src/commands/command.ts'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { openDatabase } from '../../src/db/open.ts'
import { httpClient, register } from '../contract/person.ts'
import { createTestPlace, describeEngines } from '../support/databases.ts'
import { openFile } from '../support/open-file.ts'
import { startTestServer } from '../support/test-server.ts'

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

type Environment = Readonly<Record<string, string>>

/** What `tidings-server` does with these words. */
async function run(environment: Environment, ...words: string[]): Promise<Ran> {
  const written = { stdout: '', stderr: '' }
  const code = await runCommand(words, {
    environment,
    out: (text) => void (written.stdout += text),
    err: (text) => void (written.stderr += text),
  })
  return { code, ...written }
}

test('[ADM2] the link of the first administrator is printed without writing anything, and the server takes it', async () => {
  await using place = await createTestPlace('sqlite', { empty: true })
  const secret = 'a secret of tests that is long enough 0123456789'
  const environment = { DATABASE_URL: place.url, PUBLIC_URL: 'https://chat.example' }
  const without = await run(environment, 'admin-link')
  expect(without).toMatchObject({ code: 1, stdout: '' })
  expect(without.stderr).toContain('there is no secret yet')
  expect(existsSync(pathOfFileUrl(place.url))).toBe(false)
  const { code, stdout } = await run(
    { ...environment, TIDINGS_SECRET: secret },
    'admin-link',
    '--json',
  )
  expect(code).toBe(0)
  const { link } = JSON.parse(stdout) as { link: string }
  expect(link).toMatch(/^https:\/\/chat\.example\/admin\/first\?token=/)
  expect(stdout).not.toContain(secret)
  expect(existsSync(pathOfFileUrl(place.url))).toBe(false)
  await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
  const ann = await register(server, 'ann')
  const client = httpClient(server.url, ann.accessToken)
  await client.admin.claim.mutate({ token: new URL(link).searchParams.get('token') ?? '' })
  expect((await client.account.get.query()).role).toBe('admin')
})

describeEngines('the operator', (engine) => {
  test('[OPS6] make-admin gives and takes the office beside a server, for which it holds at once', async () => {
    await using place = await createTestPlace(engine)
    await using server = await startTestServer({ engine, databaseUrl: place.url })
    const ann = await register(server, 'ann')
    const send = (clientNotificationId: string) =>
      httpClient(server.url, ann.accessToken)
        .notification.send.mutate({
          ...{ to: { userIds: [ann.userId] }, clientNotificationId, kind: 'news', title: 'News' },
        })
        .then(
          ({ users }) => users,
          (error: unknown) => (error as { data: { code: string } }).data.code,
        )
    const environment = { DATABASE_URL: place.url }
    expect(await send('one')).toBe('FORBIDDEN')
    const given = await run(environment, 'make-admin', 'ANN')
    expect(given).toEqual({ code: 0, stdout: 'ann is an administrator.\n', stderr: '' })
    expect(await send('two')).toBe(1)
    const taken = await run(environment, 'make-admin', 'ann', '--undo', '--json')
    expect(JSON.parse(taken.stdout)).toEqual({ id: ann.userId, username: 'ann', role: 'user' })
    expect(await send('three')).toBe('FORBIDDEN')
    const nobody = await run(environment, 'make-admin', 'nobody')
    expect(nobody).toEqual({ code: 1, stdout: '', stderr: 'tidings: there is no user "nobody"\n' })
    for (const words of [['make-admin'], ['make-admin', 'a', 'b'], ['doctor', '--undo']])
      expect(await run(environment, ...words)).toMatchObject({ code: 1, stdout: '' })
  })

  test('[SEA7] what is searched is thrown away, and made anew by the next server', async () => {
    await using place = await createTestPlace(engine)
    const environment = { DATABASE_URL: place.url }
    const start = () => startTestServer({ engine, databaseUrl: place.url })
    const found = async ({ url }: { url: string }, accessToken: string, count: number) => {
      const { message } = httpClient(url, accessToken)
      await vi.waitUntil(async () => {
        const { items: hits, upToDate } = await message.search.query({ query: 'noon' })
        return upToDate && hits.length === count
      }, 20_000)
    }
    let token = ''
    {
      await using server = await start()
      const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
      token = ann.accessToken
      const client = httpClient(server.url, token)
      const { id: conversationId } = await client.conversation.open.mutate({ userId: bob.userId })
      const body = { kind: 'text', text: 'Lunch at noon?' } as const
      await client.message.send.mutate({ conversationId, body })
      await found(server, token, 1)
      expect(await run(environment, 'rebuild-search')).toMatchObject({ code: 1, stdout: '' })
    }
    const rebuilt = await run(environment, 'rebuild-search', '--json')
    expect(JSON.parse(rebuilt.stdout)).toEqual({ documents: 1 })
    await using server = await start()
    await found(server, token, 1)
    expect((await run(environment, 'doctor')).code).toBe(0)
  }, 60_000)

  test('[OPS3] the doctor looks beside a server that goes on writing, prints a report, and exits with 0', async () => {
    await using place = await createTestPlace(engine)
    await using server = await startTestServer({ engine, databaseUrl: place.url })
    const ann = await register(server, 'ann')
    const bob = await register(server, 'bob')
    const client = httpClient(server.url, ann.accessToken)
    const { id: conversationId } = await client.conversation.open.mutate({ userId: bob.userId })
    let writing = true
    const writer = (async () => {
      for (let at = 0; writing; at += 1)
        await client.message.send.mutate({ conversationId, body: { kind: 'text', text: `${at}` } })
    })()
    const environment = { DATABASE_URL: place.url }
    const { code, stdout, stderr } = await run(environment, 'doctor')
    const json = await run(environment, 'doctor', '--json')
    writing = false
    await writer
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ok {5}stream-seqs: .+$/m)
    expect(stdout).toMatch(/^All \d+ checks hold\.$/m)
    expect(stdout).not.toMatch(/BROKEN|FAILED|\bann\b|\bbob\b/)
    expect(json.code).toBe(0)
    const report = JSON.parse(json.stdout)
    expect(report).toMatchObject({ engine, healthy: true, counts: { users: 2, conversations: 1 } })
    expect(report.checks.length).toBeGreaterThan(30)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })

  test('[OPS4] a new epoch is given to a database that nobody serves, and clients are told so', async () => {
    await using place = await createTestPlace(engine)
    const environment = { DATABASE_URL: place.url }
    const before = await (async () => {
      await using server = await startTestServer({ engine, databaseUrl: place.url })
      const refused = await run(environment, 'new-epoch')
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toMatch(/^tidings: .*in use by .*Tidings server.*\n$/)
      const ann = await register(server, 'ann')
      const { epoch } = await httpClient(server.url, ann.accessToken).sync.heads.mutate({})
      await server.server.close()
      return { ann, epoch }
    })()
    const { code, stdout, stderr } = await run(environment, 'new-epoch', '--json')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const epochs = JSON.parse(stdout)
    expect(epochs.before).toBe(before.epoch)
    expect(epochs.after).not.toBe(before.epoch)

    await using server = await startTestServer({ engine, databaseUrl: place.url })
    const client = httpClient(server.url, before.ann.accessToken)
    expect((await client.sync.heads.mutate({})).epoch).toBe(epochs.after)
    const stream = `u:${before.ann.userId}`
    const pulled = await client.sync.pull.mutate({
      epoch: before.epoch,
      streams: [{ stream, after: 0, tag: 0 }],
    })
    expect(pulled.streams).toMatchObject([{ stream, reset: { reason: 'epoch' } }])
    expect(await run(environment, 'doctor')).toMatchObject({ code: 0 })
  })

  test('[OPS3] what does not hold is named, with where, and the exit code is 1', async () => {
    await using place = await createTestPlace(engine)
    await using server = await startTestServer({ engine, databaseUrl: place.url })
    await register(server, 'ann')
    await server.server.close()
    const database = await openDatabase({ url: place.url, clock: { now: () => 1 } })
    await database.tx(async (tx) => {
      await tx.update(database.tables.streams).set({ head: 3 })
    })
    await database.close()
    const { code, stdout } = await run({ DATABASE_URL: place.url }, 'doctor')
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /^BROKEN stream-seqs: .*JRN1.*one place:\n {7}stream=u:\S+ floor=0 head=3 /m,
    )
    expect(stdout).toMatch(/^1 of \d+ checks do not hold: stream-seqs\.$/m)
    const json = await run({ DATABASE_URL: place.url }, 'doctor', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ healthy: false })
  })

  test('[OPS5] a place without a database, one that cannot be reached and an unknown word are one clear line, and 1', async () => {
    await using empty = await createTestPlace(engine, { empty: true })
    const nowhere = 'postgres://ann:canary8f2c@127.0.0.1:1/none'
    for (const command of ['doctor', 'new-epoch']) {
      for (const url of [empty.url, nowhere, 'mysql://x']) {
        const { code, stdout, stderr } = await run({ DATABASE_URL: url }, command)
        expect(code).toBe(1)
        expect(stdout).toBe('')
        expect(stderr).toMatch(/^tidings: .+\n$/)
        expect(stderr).not.toMatch(/canary|at .*\.m?[jt]s/)
      }
    }
    const { code, stderr } = await run({}, 'docter')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^tidings: "docter" is not known\nUsage: /)
    const help = { code: 0, stdout: expect.stringMatching(/^Usage/) }
    expect(await run({}, '--help')).toMatchObject(help)
  })
})

test('[OPS4] a copy that was put back is told apart from what clients hold: docs/operations.md, step by step', async () => {
  await using place = await createTestPlace('sqlite')
  const environment = { DATABASE_URL: place.url }
  const backup = join(mkdtempSync(join(inject('runFolder'), 'backup-')), 'backup.db')
  const held = await (async () => {
    await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
    const ann = await register(server, 'ann')
    const client = httpClient(server.url, ann.accessToken)
    const { id: conversationId } = await client.group.create.mutate({ name: 'we', userIds: [] })
    // While the server runs.
    const connection = openFile(pathOfFileUrl(place.url), { readonly: true })
    connection.exec(`vacuum into '${backup}'`)
    connection.close()
    const body = { kind: 'text', text: 'after the backup' } as const
    const sent = await client.message.send.mutate({ conversationId, body })
    const { epoch } = await client.sync.heads.mutate({})
    return { ann, epoch, sent }
  })()
  const file = pathOfFileUrl(place.url)
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  copyFileSync(backup, file)
  expect(await run(environment, 'new-epoch')).toMatchObject({ code: 0 })
  expect(await run(environment, 'doctor')).toMatchObject({ code: 0 })
  await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
  const { epoch } = await httpClient(server.url, held.ann.accessToken).sync.heads.mutate({})
  expect(epoch).not.toBe(held.epoch)
})
