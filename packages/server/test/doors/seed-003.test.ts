import { expect, test } from 'vitest'
import { httpClient, register } from '../contract/person.ts'
import { createTestPlace, describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'
import { request, textOf } from './support/seed-client.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Signs up and logs in as the seed says: by a user_name and a password. */
async function signUp(url: string, user_name: string) {
  const body = { user_name, password: '0000' }
  const id = textOf(await request(`${url}/users`, { body }), 'id')
  const token = textOf(await request(`${url}/login`, { body }), 'token')
  const get = (path: string) => request(url + path, { method: 'GET', token })
  const send = (message: object) => request(`${url}/messages`, { token, body: message })
  return { id, token, get, send }
}

describeEngines('seed 003', (engine) => {
  test('[S3.1] [S3.2] [S3.3] [S3.4] users, the three types of messages, and fetching them by page', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    const bob = await signUp(url, 'bob')
    expect(
      await request(`${url}/users`, { body: { user_name: 'ann', password: '0000' } }),
    ).toMatchObject({
      status: 409,
    })
    const sent = await ann.send({ sender: ann.id, recipient: bob.id, type: 1, message: 'hello' })
    expect(sent).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(UUID), seq: 1, created_at: expect.any(Number) },
    })
    const image = { type: 2, link: 'https://example.com/a.png', width: 320, height: 200 }
    const video = { type: 3, link: 'https://youtu.be/x', length: 213, source: 'YouTube' }
    expect(await bob.send({ recipient: 'ann', ...image })).toMatchObject({ status: 201 })
    expect(await bob.send({ recipient: 'ann', ...video })).toMatchObject({ status: 201 })
    // The size and the length may be left out.
    await ann.send({ recipient: 'bob', type: 2, link: 'http://example.com/b.png' })
    await ann.send({ recipient: 'bob', type: 3, link: 'http://example.com/c', source: 'Vevo' })

    const people = (mine: boolean) =>
      mine ? { sender: ann.id, recipient: bob.id } : { sender: bob.id, recipient: ann.id }
    const place = { id: expect.stringMatching(UUID), created_at: expect.any(Number) }
    const all = [
      { type: 3, link: 'http://example.com/c', length: 0, source: 'vevo', ...people(true) },
      { type: 2, link: 'http://example.com/b.png', width: 640, height: 480, ...people(true) },
      { ...video, source: 'youtube', ...people(false) },
      { ...image, ...people(false) },
      { type: 1, message: 'hello', ...people(true) },
    ].map((message, index) => ({ ...message, ...place, seq: 5 - index }))
    expect((await ann.get(`/messages?user=${bob.id}`)).body).toEqual({ messages: all })
    expect((await bob.get('/messages?user=ann')).body).toEqual({ messages: all })
    expect((await bob.get('/messages?user=ann&per_page=2&page=2')).body).toEqual({
      messages: all.slice(2, 4),
      page: 2,
      per_page: 2,
      more: true,
    })
    expect((await bob.get('/messages?user=ann&per_page=2&page=3')).body).toMatchObject({
      messages: all.slice(4),
      more: false,
    })
  })

  test('[S3.1] [S3.4] a user with a name, an e-mail address and a password is still there after a restart', async () => {
    await using place = await createTestPlace(engine)
    const open = () => startTestServer({ engine, databaseUrl: place.url })
    const password = '0000'
    const email = 'ann@example.com'
    const logIn = ({ url }: { readonly url: string }, body: object) =>
      request(`${url}/login`, { body: { password, ...body } })
    const whoIs = async ({ url }: { readonly url: string }, token: string) =>
      (await request(`${url}/rest/v1/me`, { method: 'GET', token })).body
    let id = ''
    {
      await using server = await open()
      const body = { user_name: 'ann', email, password }
      id = textOf(await request(`${server.url}/users`, { body }), 'id')
      const token = textOf(await logIn(server, { email }), 'token')
      expect(await whoIs(server, token)).toMatchObject({ id, username: 'ann', email })
    }
    await using again = await open()
    for (const login of [{ email }, { user_name: 'ann' }]) {
      const token = textOf(await logIn(again, login), 'token')
      expect(await whoIs(again, token)).toMatchObject({ id, username: 'ann', email })
    }
    expect((await logIn(again, { email, password: 'wrong' })).status).toBe(401)
  })

  test('[S3.5] group messages, editing, deleting and friends lists, by the same sign-in', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const [ann, bob] = [await signUp(url, 'ann'), await signUp(url, 'bob')]
    const rest = (token: string, call: string, body?: object) => {
      const [method = '', path = ''] = call.split(' ')
      return request(`${url}/rest/v1${path}`, { method, token, body })
    }
    // Friends: asked, accepted, listed by both, and ended.
    const asked = await rest(ann.token, 'POST /contacts', { username: 'bob' })
    expect(asked.body).toMatchObject({ user: { id: bob.id }, state: 'requested' })
    expect((await rest(bob.token, 'GET /contacts?state=received')).body).toMatchObject({
      items: [{ user: { id: ann.id, username: 'ann' } }],
    })
    await rest(bob.token, `PUT /contacts/${ann.id}`, {})
    for (const [token, friend] of [
      [ann.token, 'bob'],
      [bob.token, 'ann'],
    ] as const)
      expect((await rest(token, 'GET /contacts?state=accepted')).body).toMatchObject({
        items: [{ user: { username: friend }, state: 'accepted' }],
      })
    await rest(ann.token, `DELETE /contacts/${bob.id}`)
    expect((await rest(bob.token, 'GET /contacts')).body).toMatchObject({ items: [] })

    const group = await rest(ann.token, 'POST /groups', { name: 'friends', userIds: [bob.id] })
    const conversationId = textOf(group, 'id')
    const send = async (text: string) => {
      const body = { conversationId, body: { kind: 'text', text } }
      return textOf(await rest(ann.token, 'POST /messages', body), 'messageId')
    }
    const [edited, deleted] = [await send('helo'), await send('wrong group')]
    const better = { kind: 'text', text: 'hello' }
    const ref = (messageId: string) => ({ conversationId, messageId })
    await rest(ann.token, 'POST /messages/edit', { ...ref(edited), body: better })
    await rest(ann.token, 'POST /messages/delete', ref(deleted))
    const history = await rest(bob.token, `GET /conversations/${conversationId}/messages`)
    expect(history.body).toMatchObject({
      items: [
        { id: deleted, body: { kind: 'deleted' } },
        { id: edited, body: better, editedAt: expect.any(Number) },
      ],
    })
  })

  test('[DIA5] [S3.3] a long history comes whole, page after page in one answer', async () => {
    await using server = await startTestServer({ engine })
    const bob = await signUp(server.url, 'bob')
    const { accessToken } = await register(server, 'ann')
    const client = httpClient(server.url, accessToken)
    const { id: conversationId } = await client.conversation.open.mutate({ userId: bob.id })
    const texts = Array.from({ length: 100 }, (_, index) => ({
      conversationId,
      body: { kind: 'text' as const, text: String(index) },
    }))
    for (let page = 0; page < 3; page += 1) await client.message.send.mutate(texts)
    const { body } = await bob.get('/messages?user=ann')
    const { messages } = body as { messages: { seq: number; message: string }[] }
    expect(messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, at) => 300 - at))
    expect(messages[0]?.message).toBe('99')
  })

  test('[DIA1] [DIA5] [S3.4] nothing without a token, nothing in another name, and mistakes are named', async () => {
    await using server = await startTestServer({ engine })
    const { url } = server
    const ann = await signUp(url, 'ann')
    const bob = await signUp(url, 'bob')
    const message = { recipient: bob.id, type: 1, message: 'x' }
    expect((await request(`${url}/messages`, { body: message })).status).toBe(401)
    expect((await request(`${url}/messages?user=ann`, { method: 'GET' })).status).toBe(401)
    expect((await ann.send({ ...message, sender: bob.id })).status).toBe(403)
    expect((await ann.send({ ...message, sender: 'ann' })).status).toBe(201)
    for (const wrong of [
      { ...message, recipient: undefined },
      { ...message, type: 4 },
      { ...message, type: 'text' },
      { ...message, message: '' },
      { ...message, message: undefined },
      { recipient: bob.id, type: 2, link: 'javascript:alert(1)' },
      { recipient: bob.id, type: 2 },
      { recipient: bob.id, type: 3, link: 'https://example.com', source: 'Elsewhere' },
    ])
      expect([wrong, (await ann.send(wrong)).status]).toEqual([wrong, 400])
    expect((await ann.send({ ...message, recipient: 'nobody' })).status).toBe(404)
    expect((await ann.get('/messages')).status).toBe(400)
    expect((await ann.get('/messages?user=nobody')).status).toBe(404)
    expect((await ann.get('/messages?user=bob&page=0')).status).toBe(400)
    expect((await ann.get('/messages?user=bob&per_page=x')).status).toBe(400)
  })
})
