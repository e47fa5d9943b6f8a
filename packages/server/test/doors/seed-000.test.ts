import { request as httpRequest } from 'node:http'
import { json } from 'node:stream/consumers'
import { LIMITS } from '@tidings/protocol'
import { expect, test } from 'vitest'
import { httpClient, register, type Person } from '../contract/person.ts'
import { describeEngines } from '../support/databases.ts'
import { startTestServer } from '../support/test-server.ts'

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

type Send =
  'GET with a form' | 'GET with JSON' | 'GET with a query' | 'POST with a form' | 'POST with JSON'
const WAYS: readonly Send[] = [
  'GET with a form',
  'GET with JSON',
  'GET with a query',
  'POST with a form',
  'POST with JSON',
]

/** `access.get(path, body: params)` of the seed, which sends a GET with a body; and the other ways. */
function act(
  { url }: { readonly url: string },
  person: Person | undefined,
  [action, params, way = 'GET with a form']: readonly [
    string,
    Record<string, string | number>,
    Send?,
  ],
): Promise<Answer> {
  const method = way.slice(0, way.indexOf(' '))
  const kind = way.slice(way.lastIndexOf(' ') + 1)
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) form.set(name, String(value))
  const query = kind === 'query' ? `?${form.toString()}` : ''
  const body =
    kind === 'form' ? form.toString() : kind === 'JSON' ? JSON.stringify(params) : undefined
  const type = kind === 'JSON' ? 'application/json' : 'application/x-www-form-urlencoded'
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}/api/v1/messages/${action}${query}`, {
      method,
      headers: {
        ...(person === undefined ? {} : { authorization: `Bearer ${person.accessToken}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      },
    })
    request.once('error', reject)
    request.once('response', (response) => {
      json(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, body: answer as Answer['body'] }),
        reject,
      )
    })
    request.end(body)
  })
}

const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

describeEngines('the actions of seed 000', (engine) => {
  test('[S0.1] [S0.2] [S0.3] [S0.4] send, read, both lists, and the two deletes', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const content = '2134asdfasdf'
    const sent = await act(server, ann, [
      'send_message',
      { send_user_id: ann.userId, target_user_id: bob.userId, content },
    ])
    const message = {
      id: UUID,
      send_user_id: ann.userId,
      target_user_id: bob.userId,
      content,
      received: '0',
      readed: '0',
      message_sequence: 1,
      created_at: TIME,
      updated_at: TIME,
    }
    expect(sent).toEqual({ status: 200, body: message })
    const list = async (person: Person, action: string) =>
      (await act(server, person, [action, {}, 'GET with a query'])).body['messages']
    expect(await list(ann, 'send_messages')).toEqual([message])
    expect(await list(bob, 'receive_messages')).toEqual([message])
    expect([await list(ann, 'receive_messages'), await list(bob, 'send_messages')]).toEqual([
      [],
      [],
    ])

    const second = await act(server, ann, [
      'send_message',
      { target_user_id: 'bob', content: 'two' },
    ])
    expect(second.body).toMatchObject({ message_sequence: 2 })
    const { id } = sent.body
    const read = { id: String(id), message_sequence: 1 }
    expect(await act(server, bob, ['read', read])).toEqual({
      status: 200,
      body: { ...read, readed: '1' },
    })
    expect(await list(ann, 'send_messages')).toMatchObject([
      { content: 'two', readed: '0' },
      { content, received: '1', readed: '1' },
    ])
    // By the other one's id, and without a number: everything.
    expect(await act(server, bob, ['read', { id: ann.userId }])).toMatchObject({ status: 200 })
    expect(await list(ann, 'send_messages')).toMatchObject([{ readed: '1' }, { readed: '1' }])

    // Her own is deleted for both, another's for him alone.
    await act(server, ann, ['deletemessage', { id: String(second.body['id']) }])
    await act(server, bob, ['deletemessage', { id: String(id) }])
    expect(await list(bob, 'receive_messages')).toEqual([])
    expect(await list(ann, 'send_messages')).toMatchObject([{ content, message_sequence: 1 }])

    // For the one who deletes it, until something new arrives.
    expect(await act(server, ann, ['delete_session', { id: bob.userId }])).toMatchObject({
      status: 200,
    })
    expect(await list(ann, 'send_messages')).toEqual([])
    const client = httpClient(server.url, ann.accessToken)
    expect((await client.conversation.list.query({})).items).toEqual([])
    await act(server, bob, ['send_message', { target_user_id: 'ann', content: 'new' }])
    expect((await client.conversation.list.query({})).items).toHaveLength(1)
    expect(await list(ann, 'receive_messages')).toMatchObject([{ content: 'new' }])
  })

  test('[S0.1] received and read are two flags, and the times say when it was edited', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const message = { target_user_id: bob.userId, content: 'first' }
    const sent = await act(server, ann, ['send_message', message])
    const { id: messageId, message_sequence: seq, created_at } = sent.body
    expect(sent.body).toMatchObject({ received: '0', readed: '0', updated_at: created_at })
    const [anns, bobs] = [ann, bob].map(({ accessToken }) => httpClient(server.url, accessToken))
    const [conversation] = (await bobs?.conversation.list.query({}))?.items ?? []
    const conversationId = conversation?.id ?? ''
    const lists = async () => {
      const query = 'GET with a query'
      const sentOnes = await act(server, ann, ['send_messages', {}, query])
      const received = await act(server, bob, ['receive_messages', {}, query])
      expect(received.body['messages']).toEqual(sentOnes.body['messages'])
      return (sentOnes.body['messages'] as Answer['body'][])[0]
    }
    await bobs?.message.delivered.mutate({ conversationId, seq: Number(seq) })
    expect(await lists()).toEqual({ ...sent.body, received: '1' })
    await bobs?.message.read.mutate({ conversationId, seq: Number(seq) })
    expect(await lists()).toEqual({ ...sent.body, received: '1', readed: '1' })
    const body = { kind: 'text', text: 'second' } as const
    await anns?.message.edit.mutate({ conversationId, messageId: String(messageId), body })
    const edited = await lists()
    expect(edited).toMatchObject({ id: messageId, content: 'second', created_at })
    expect(Date.parse(String(edited?.['updated_at']))).toBeGreaterThan(
      Date.parse(String(created_at)),
    )
  })

  test('[DIA1] [DIA6] what is stored is answered, with the last call that there was', async () => {
    const limits = { callsBurst: 2, callsPerSecond: 1 }
    // On a slow machine there would be another call by then.
    const clock = { now: () => 1_000_000_000_000 }
    await using server = await startTestServer({ engine, clock, config: { limits } })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const message = { target_user_id: bob.userId, content: 'once' }
    expect(await act(server, ann, ['send_message', message])).toMatchObject({ status: 200 })
    expect(await act(server, ann, ['send_message', message])).toMatchObject({ status: 429 })
    const got = await act(server, bob, ['receive_messages', {}, 'GET with a query'])
    expect(got.body['messages']).toHaveLength(1)
  })

  test('[DIA1] a message that is one too many opens no conversation', async () => {
    const rates = { callsPerSecond: 1, messagesPerSecond: 1 }
    const limits = { ...rates, callsBurst: 5, messagesBurst: LIMITS.arrayItems }
    // On a slow machine there would be another one by then.
    const clock = { now: () => 1_000_000_000_000 }
    await using server = await startTestServer({ engine, clock, config: { limits } })
    const bob = await register(server, 'bob')
    // A conversation is two writes, a message one; opening and sending are a call each.
    for (const [left, calls, status, conversations] of [
      [2, 2, 429, 0],
      [3, 1, 429, 0],
      [3, 2, 200, 1],
    ] as const) {
      const ann = await register(server, `ann-${left}-${calls}`)
      const { conversation, message, account } = httpClient(server.url, ann.accessToken)
      const notes = await conversation.open.mutate({ userId: ann.userId })
      const note = { conversationId: notes.id, body: { kind: 'text', text: 'x' } } as const
      await message.send.mutate(Array(limits.messagesBurst - 1 - left).fill(note))
      for (let used = 2; used < limits.callsBurst - calls; used += 1) await account.get.query()
      const sent = { target_user_id: bob.userId, content: 'x' }
      const answer = await act(server, ann, ['send_message', sent])
      expect([left, calls, answer.status]).toEqual([left, calls, status])
      const { items } = await httpClient(server.url, bob.accessToken).conversation.list.query({})
      expect(items).toHaveLength(conversations)
    }
  })

  test('[DIA6] a message to oneself has oneself as its target', async () => {
    await using server = await startTestServer({ engine })
    const ann = await register(server, 'ann')
    const self = { send_user_id: ann.userId, target_user_id: ann.userId }
    const { body } = await act(server, ann, ['send_message', { ...self, content: 'note' }])
    expect(body).toMatchObject({ ...self, content: 'note' })
  })

  test('[DIA6] every way of sending the parameters is understood', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    for (const [index, way] of WAYS.entries()) {
      const params = { target_user_id: bob.userId, content: `ünder & = ${way}` }
      expect(await act(server, ann, ['send_message', params, way])).toMatchObject({
        status: 200,
        body: { content: params.content, message_sequence: index + 1 },
      })
    }
  })

  test('[DIA6] [NET4] a HEAD changes nothing and is refused', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const query = `target_user_id=${bob.userId}&content=x`
    const response = await fetch(`${server.url}/api/v1/messages/send_message?${query}`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${ann.accessToken}` },
    })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
    const { body } = await act(server, bob, ['receive_messages', {}, 'GET with a query'])
    expect(body['messages']).toEqual([])
  })

  test('[DIA1] [DIA6] nobody sends in another name, and what is wrong is said', async () => {
    await using server = await startTestServer({ engine })
    const [ann, bob] = [await register(server, 'ann'), await register(server, 'bob')]
    const cat = await register(server, 'cat')
    const good = { target_user_id: bob.userId, content: 'x' }
    const status = async (person: Person | undefined, call: Parameters<typeof act>[2]) =>
      (await act(server, person, call)).status
    expect(await status(undefined, ['send_message', good])).toBe(401)
    expect(await status(ann, ['send_message', { ...good, send_user_id: bob.userId }])).toBe(403)
    expect(await status(ann, ['send_message', { content: 'x' }])).toBe(400)
    expect(await status(ann, ['send_message', { ...good, content: '' }])).toBe(400)
    expect(await status(ann, ['send_message', { ...good, target_user_id: 'nobody' }])).toBe(404)
    const { body } = await act(server, ann, ['send_message', good])
    const id = String(body['id'])
    for (const action of ['read', 'deletemessage', 'delete_session'])
      expect([action, await status(cat, [action, { id }])]).toEqual([action, 404])
    expect(await status(bob, ['read', { id: '2341234', message_sequence: 1241234 }])).toBe(404)
    expect(await status(bob, ['read', { id, message_sequence: 'x' }])).toBe(400)
    expect(await status(bob, ['read', { id: '' }])).toBe(400)
    expect(await status(bob, ['deletemessage', {}])).toBe(400)
    expect(await status(ann, ['send_messages', { page: 0 }])).toBe(400)
    expect(await status(ann, ['nothing', {}])).toBe(404)
  })
})
