import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { ExportItem } from '@tidings/protocol'
import { pathOfFileUrl } from '../../src/db/files.ts'
import { httpClient, register, type Person } from '../contract/person.ts'
import { createTestPlace, describeEngines } from '../support/databases.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

const NDJSON = { accept: 'application/x-ndjson' }
const PASSWORD = 'correct horse'

const as = (server: TestServer, { accessToken }: Person) => server.server.createCaller(accessToken)

function askFor(server: TestServer, person: Person, query = ''): Promise<Response> {
  const headers = { ...NDJSON, authorization: `Bearer ${person.accessToken}` }
  return fetch(`${server.url}/rest/v1/me/export${query}`, { headers })
}

async function linesOf(response: Response): Promise<readonly Line[]> {
  const text = await response.text()
  return text
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line))
}
type Line = ExportItem | { readonly type: 'end' }

const textOf = (line: Line) =>
  line.type === 'message' && 'text' in line.message.body ? [line.message.body.text] : []

describeEngines('export', (engine) => {
  test('[EXP1] [EXP2] all that one may see comes as lines, in order, and nothing else', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob, cat] = [
      await register(server, 'ann'),
      await register(server, 'bob'),
      await register(server, 'cat'),
    ]
    const [asAnn, asBob, asCat] = [
      await as(server, ann),
      await as(server, bob),
      await as(server, cat),
    ]
    await asAnn.contact.request({ userId: bob.userId })
    await asAnn.block.create({ userId: cat.userId })
    const { id: direct } = await asAnn.conversation.open({ userId: bob.userId })
    const { id: other } = await asBob.conversation.open({ userId: cat.userId })
    await asBob.message.send({
      conversationId: other,
      body: { kind: 'text', text: 'not for ann' },
    })
    const { id: group } = await asBob.group.create({ name: 'g', userIds: [cat.userId] })
    const say = (caller: typeof asBob, conversationId: string, text: string) =>
      caller.message.send({ conversationId, body: { kind: 'text', text } })
    await say(asBob, group, 'before ann came')
    await asBob.group.addMembers({ conversationId: group, userIds: [ann.userId] })
    await say(asCat, group, 'while ann was there')
    await asAnn.group.leave({ conversationId: group })
    await say(asBob, group, 'after ann had gone')
    const wanted = Array.from({ length: 250 }, (_, index) => `number ${index}`)
    for (let from = 0; from < wanted.length; from += 50)
      await asBob.message.send(
        wanted.slice(from, from + 50).map((text) => ({
          conversationId: direct,
          body: { kind: 'text', text } as const,
        })),
      )
    const response = await askFor(server, ann)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson')
    const lines = await linesOf(response)
    expect(lines.at(-1)).toEqual({ type: 'end' })
    const types = lines.map(({ type }) => type)
    expect(types.slice(0, 4)).toEqual(['user', 'session', 'contact', 'block'])
    expect(types.filter((type) => type === 'conversation')).toHaveLength(1)
    expect(lines.filter(({ type }) => type === 'member')).toMatchObject([
      { conversationId: direct, member: { userId: ann.userId } },
      { conversationId: direct, member: { userId: bob.userId } },
    ])
    const said = lines.flatMap(textOf)
    expect(said.filter((text) => !text.startsWith('number'))).toEqual(['while ann was there'])
    expect(said.filter((text) => text.startsWith('number'))).toEqual(wanted)
    const one = await linesOf(await askFor(server, ann, `?conversationId=${direct}`))
    expect(one[0]).toMatchObject({ type: 'conversation', conversation: { id: direct } })
    expect(one.flatMap(textOf)).toEqual(wanted)
    const refused = await askFor(server, ann, `?conversationId=${other}`)
    expect([refused.status, await refused.json()]).toMatchObject([
      404,
      { error: { code: 'NOT_FOUND' } },
    ])
  })

  test('[EXP1] it goes on where a whole page is empty, as of many groups that one has left', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const [asAnn, asBob] = [await as(server, ann), await as(server, bob)]
    for (let at = 0; at < 50; at += 1) {
      const { id } = await asBob.group.create({ name: `g${at}`, userIds: [ann.userId] })
      await asAnn.group.leave({ conversationId: id })
    }
    const { id: last } = await asBob.conversation.open({ userId: ann.userId })
    const pages: number[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const { items, next } = await asAnn.account.export({ cursor, limit: 100 })
      pages.push(items.length)
      cursor = next
    }
    expect(pages).toContain(0)
    const lines = await linesOf(await askFor(server, ann))
    expect(lines.at(-1)).toEqual({ type: 'end' })
    expect(lines).toContainEqual(expect.objectContaining({ type: 'member', conversationId: last }))
  })

  test('[EXP1] a page is a call like any other, and names where the next one begins', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const asAnn = await as(server, ann)
    const { id: conversationId } = await asAnn.conversation.open({ userId: bob.userId })
    for (const text of ['one', 'two', 'three'])
      await asAnn.message.send({ conversationId, body: { kind: 'text', text } })
    const items: ExportItem[] = []
    let cursor: string | undefined
    do {
      const page = await asAnn.account.export({ cursor, limit: 2 })
      expect(page.items.length).toBeLessThanOrEqual(2)
      items.push(...page.items)
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(items.map(({ type }) => type)).toEqual([
      ...['user', 'session', 'conversation', 'member', 'member'],
      ...['message', 'message', 'message'],
    ])
    const wrong = asAnn.account.export({ cursor: 'x', limit: 2 })
    await expect(wrong).rejects.toMatchObject({ cause: { code: 'INVALID_INPUT' } })
  })

  test('[EXP3] [EXP4] with his password he is gone at once, and nobody gets his name', async () => {
    await using server = await startTestServer({ engine })
    const ann = await register(server, 'ann')
    const second = await httpClient(server.url).account.login.mutate({
      login: 'ann',
      password: PASSWORD,
    })
    const client = httpClient(server.url, ann.accessToken)
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => 'done',
        (error: { data?: { code?: string } }) => error.data?.code,
      )
    expect(await codeOf(client.account.erase.mutate({ password: 'wrong' }))).toBe(
      'INVALID_CREDENTIALS',
    )
    expect(await codeOf(client.account.get.query())).toBe('done')
    expect(await codeOf(client.account.erase.mutate({ password: PASSWORD }))).toBe('done')
    for (const token of [ann.accessToken, second.accessToken])
      expect(await codeOf(httpClient(server.url, token).account.get.query())).toBe(
        'SESSION_REVOKED',
      )
    const nobody = httpClient(server.url)
    const { refreshToken } = second
    expect(await codeOf(nobody.account.refresh.mutate({ refreshToken }))).not.toBe('done')
    const login = { login: 'ann', password: PASSWORD }
    expect(await codeOf(nobody.account.login.mutate(login))).toBe('INVALID_CREDENTIALS')
    for (const username of ['ann', 'ANN'])
      expect(await codeOf(nobody.account.register.mutate({ username, password: PASSWORD }))).toBe(
        'USERNAME_TAKEN',
      )
  })

  test('[EXP5] what a server has left undone the next one does', async () => {
    await using place = await createTestPlace(engine)
    const bob = await (async () => {
      await using server = await startTestServer({ engine, databaseUrl: place.url })
      const [ann, made] = [await register(server, 'ann'), await register(server, 'bob')]
      const asAnn = await as(server, ann)
      const { id: conversationId } = await asAnn.conversation.open({ userId: made.userId })
      const many = Array.from({ length: 60 }, (_, index) => ({
        conversationId,
        body: { kind: 'text', text: `number ${index}` } as const,
      }))
      await asAnn.message.send(many)
      // It ends after the portion under way, before all is done.
      await asAnn.account.erase({ password: PASSWORD })
      return { ...made, conversationId }
    })()
    await using server = await startTestServer({ engine, databaseUrl: place.url })
    const asBob = await as(server, bob)
    // The newest go last.
    const isDone = async () => {
      const { items: messages } = await asBob.message.list({ conversationId: bob.conversationId })
      return messages.every(({ body }) => body.kind === 'deleted')
    }
    await expect.poll(isDone, { timeout: 60_000 }).toBe(true)
  })
})

test('[EXP7] on SQLite the file itself holds nothing of it once the server is stopped', async () => {
  await using place = await createTestPlace('sqlite')
  const canary = 'canary-91ce'
  {
    await using server = await startTestServer({ engine: 'sqlite', databaseUrl: place.url })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const asAnn = await as(server, ann)
    await asAnn.account.updateProfile({ about: `${canary} about`, displayName: canary })
    const { id: conversationId } = await asAnn.conversation.open({ userId: bob.userId })
    // Of some it takes more than a page.
    for (const length of [1, 100, 9000]) {
      const text = `${canary} `.repeat(Math.ceil(length / 12))
      const sent = { conversationId, clientMessageId: `of-${length}` }
      await asAnn.message.send({ ...sent, body: { kind: 'text', text } })
      await asAnn.message.edit({ ...sent, body: { kind: 'text', text: `${text}!` } })
    }
    await asAnn.conversation.updatePreference({ conversationId, data: { note: canary } })
    await asAnn.account.erase({ password: PASSWORD })
    const file = new Database(pathOfFileUrl(place.url), { readonly: true })
    const open = () => file.prepare('select user_key from erasures').all()
    await expect.poll(open, { timeout: 60_000 }).toEqual([])
    file.close()
  }
  expect(readFileSync(pathOfFileUrl(place.url)).includes(canary)).toBe(false)
})
