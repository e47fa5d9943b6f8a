import { LIMITS } from '@tidings/protocol'
import { expect, test, vi } from 'vitest'
import { describeEngines, type Engine } from '../../support/databases.ts'
import { startTestServer } from '../../support/test-server.ts'
import { createGroup, NumberedClient, signUp } from '../support/seed-client.ts'

/** Ann and bob, connected, in a group. */
async function meet(engine: Engine) {
  const server = await startTestServer({ engine })
  const ann = await signUp(server.url, 'ann')
  const bob = await signUp(server.url, 'bob')
  const group = await createGroup(ann, [bob])
  const annClient = await NumberedClient.open(ann)
  const bobClient = await NumberedClient.open(bob)
  await annClient.heard(70)
  await bobClient.heard(70)
  const dispose = async () => {
    await annClient[Symbol.asyncDispose]()
    await bobClient[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, ann, bob, group, annClient, bobClient, [Symbol.asyncDispose]: dispose }
}

describeEngines('numbered calls', (engine) => {
  test('[NUM9] the sending connection gets 21, the other devices of the sender 20, each once', async () => {
    await using meeting = await meet(engine)
    const { ann, group, annClient, bobClient } = meeting
    await using tablet = await NumberedClient.open(ann, { deviceId: 'tablet' })
    await tablet.heard(70)
    const texts = Array.from({ length: 150 }, (_, index) => `message ${index}`)
    for (const [index, data] of texts.entries()) {
      annClient.send({ method: 40, body: { group_id: group, data, client_id: `c-${index}` } })
    }
    await tablet.heard(20, ({ body }) => body.data === texts.at(-1))
    await bobClient.heard(20, ({ body }) => body.data === texts.at(-1))
    await annClient.heard(21, ({ body }) => body.client_id === 'c-149')
    // Whatever was to be pushed to ann has been: bob's answer comes after it in the same stream.
    await bobClient.say(group, 'the end')
    await annClient.heard(20, ({ body }) => body.data === 'the end')

    expect(tablet.texts().slice(0, 150)).toEqual(texts)
    expect(bobClient.texts()).toEqual(texts)
    expect(annClient.texts()).toEqual(['the end'])
    const accepted = annClient.all(21)
    expect(accepted.map(({ body }) => body.client_id)).toEqual(
      texts.map((_, index) => `c-${index}`),
    )
    expect(accepted.map(({ id }) => id)).toEqual(bobClient.all(20).map(({ id }) => id))
  })

  test('[NUM7] a call with an id is answered by 1 with what it did, and without one only by 21', async () => {
    await using meeting = await meet(engine)
    const { group, bob, annClient } = meeting
    const sent = await annClient.call({
      method: 40,
      body: { group_id: group, data: 'hi', client_id: 'c' },
    })
    expect(sent).toMatchObject({
      type: 1,
      body: {
        result: {
          group_id: group,
          client_id: 'c',
          duplicate: false,
          message_id: expect.any(String),
        },
      },
    })
    const [accepted] = annClient.all(21)
    expect(accepted?.body).toMatchObject({ client_id: 'c' })
    const again = await annClient.call({
      method: 40,
      body: { group_id: group, data: 'hi', client_id: 'c' },
    })
    expect(again).toMatchObject({
      body: { result: { duplicate: true, message_id: accepted?.body.message_id } },
    })

    const created = await annClient.call({
      method: 50,
      body: { name: 'other', user_ids: [bob.id] },
    })
    const other = created.type === 1 ? String(created.body.result['group_id']) : ''
    expect((await annClient.heard(70, ({ body }) => body.name === 'other')).body.group_id).toBe(
      other,
    )
    const renamed = await annClient.call({ method: 55, body: { group_id: other, name: 'renamed' } })
    expect(renamed.body).toMatchObject({ result: {} })
    expect((await annClient.heard(71)).body).toMatchObject({ group_id: other, name: 'renamed' })
    expect(
      (await annClient.call({ method: 54, body: { group_id: other, user_id: bob.id } })).type,
    ).toBe(1)
    expect((await annClient.call({ method: 52, body: { group_id: other } })).type).toBe(1)
    expect((await annClient.call({ method: 20, timestamp: 0 })).type).toBe(1)
    expect((await annClient.call({ method: 60, body: { group_id: group } })).type).toBe(1)
  })

  test('[NUM7] [S2.8] receipts for unknown, foreign, own and repeated messages are successes', async () => {
    await using meeting = await meet(engine)
    const { server, group, annClient, bobClient } = meeting
    const id = await annClient.say(group, 'hi')
    const cat = await signUp(server.url, 'cat')
    await using stranger = await NumberedClient.open(cat)
    for (const method of [41, 42]) {
      const known = { method, body: { message_id: id } }
      const unknown = { method, body: { message_id: '00000000-0000-4000-8000-000000000000' } }
      expect((await stranger.call(known)).type).toBe(1)
      expect((await annClient.call(known)).type).toBe(1)
      for (const call of [known, known, unknown]) expect((await bobClient.call(call)).type).toBe(1)
    }
    await annClient.heard(23)
    expect(annClient.all(22)).toHaveLength(1)
    expect(annClient.all(23)).toHaveLength(1)
    expect([...annClient.all(22), ...annClient.all(23)].map(({ body }) => body.message_id)).toEqual(
      [id, id],
    )
  })

  test('[NUM7] receipts that are sent together are answered each for itself, and reach the sender once for each message', async () => {
    await using meeting = await meet(engine)
    const { group, annClient, bobClient } = meeting
    const ids: string[] = []
    for (const text of ['1', '2', '3']) ids.push(await annClient.say(group, text))
    await bobClient.count(20, 3)
    const [first, second, third] = ids
    const unknown = '00000000-0000-4000-8000-000000000000'
    const together = [second, first, third, unknown, undefined]
    for (const [id, message_id] of together.entries())
      bobClient.send({ method: 41, id, body: { message_id } })
    bobClient.send({ method: 42, id: 9, body: { message_id: first } })
    await bobClient.heard(90, ({ body }) => body.id === 4)
    await vi.waitFor(() =>
      expect(bobClient.all(1).map(({ body }) => body.id)).toEqual(
        expect.arrayContaining([0, 1, 2, 3, 9]),
      ),
    )
    await annClient.count(22, 3)
    await annClient.heard(23)
    expect(annClient.all(22).map(({ body }) => body.message_id)).toEqual(ids)
    expect(annClient.all(23).map(({ body }) => body.message_id)).toEqual([first])
  })

  test('[NUM7] who has left is still answered for a message that he was sent, but not for its place', async () => {
    await using meeting = await meet(engine)
    const { group, annClient, bobClient } = meeting
    const id = await annClient.say(group, 'hi')
    await bobClient.count(20, 1)
    expect((await bobClient.call({ method: 52, body: { group_id: group } })).type).toBe(1)
    const marks = [{ message_id: id }, { group_id: group, seq: 1 }]
    const answers = await Promise.all(marks.map((body) => bobClient.call({ method: 41, body })))
    expect(answers.map(({ type }) => type)).toEqual([1, 90])
  })

  test('[NUM8] calls are carried out in order, and one that is refused costs its neighbours nothing', async () => {
    await using meeting = await meet(engine)
    const { group, annClient, bobClient } = meeting
    const say = (data: unknown, kind?: string) =>
      annClient.send({
        method: 40,
        body: { group_id: group, data, kind, content: kind && 1, client_id: String(data) },
      })
    const unknown = '00000000-0000-4000-8000-000000000000'
    say('one')
    annClient.send({ method: 40, body: { group_id: unknown, data: 'x', client_id: 'lost' } })
    say('two')
    say('reserved', 'image')
    say('')
    say('three')
    annClient.send('{"method":40')
    annClient.send({ method: 52, body: { group_id: group } })
    say('too-late')
    const refused = (clientId: string) =>
      annClient.heard(90, ({ body }) => body.client_id === clientId)
    expect((await refused('too-late')).body).toMatchObject({ code: 'NOT_FOUND', method: 40 })
    expect((await refused('lost')).body).toMatchObject({ code: 'NOT_FOUND', method: 40 })
    expect((await refused('reserved')).body.code).toBe('INVALID_INPUT')
    await annClient.heard(90, ({ body }) => body.message.includes('body.data'))
    await bobClient.heard(73)
    expect(bobClient.typesBut(42).slice(0, 5)).toEqual([70, 20, 20, 20, 73])
    expect(bobClient.texts()).toEqual(['one', 'two', 'three'])
  })

  test('[NUM2] [NUM7] what is no call is answered by 90, and the connection goes on', async () => {
    await using meeting = await meet(engine)
    const { group, annClient } = meeting
    const unknown = '00000000-0000-4000-8000-000000000000'
    const frames: (string | object)[] = [
      '',
      'PING',
      '[]',
      'null',
      '{"method":20,"__proto__":{"polluted":true}}',
      `${'['.repeat(100_000)}`,
      { body: {} },
      { method: '40', body: { group_id: group, data: 'x' } },
      { method: 1e9 },
      { method: -1 },
      { method: 40 },
      { method: 40, body: null },
      { method: 40, body: [] },
      { method: 40, body: { group_id: 'x', data: 'x' } },
      { method: 40, body: { group_id: unknown, data: 'x' } },
      { method: 40, body: { group_id: group, data: 5 } },
      { method: 40, body: { group_id: group, data: '' } },
      { method: 40, body: { group_id: group, data: '\u200b\u2060' } },
      { method: 40, body: { group_id: group, data: 'x'.repeat(LIMITS.messageBytes + 1) } },
      { method: 40, body: { group_id: group, data: 'a\u0000b' } },
      '{"method":40,"body":{"data":"\\ud800"}}',
      { method: 40, id: 'x'.repeat(65), body: { group_id: group, data: 'x' } },
      { method: 40, body: { group_id: group, data: 'x', client_id: 'é' } },
      { method: 40, body: { group_id: group, kind: 'poll', content: nested(40) } },
      { method: 41, body: { message_id: 'x' } },
      { method: 42, body: {} },
      { method: 51, body: { group_id: unknown } },
      { method: 53, body: { group_id: group, user_ids: 'all' } },
      { method: 60, body: { group_id: unknown } },
    ]
    for (const [index, frame] of frames.entries()) {
      annClient.send(frame)
      await annClient.heard(90, () => annClient.all(90).length === index + 1)
      expect(JSON.stringify(annClient.all(90).at(-1))).not.toMatch(
        /node_modules|at \w+ \(|select /i,
      )
    }
    expect(Object.prototype).not.toHaveProperty('polluted')
    expect(
      await annClient.say(group, `right-to-left \u202e override, emoji 👩‍👩‍👧, ${'x'.repeat(100)}`),
    ).toBeDefined()
    expect(annClient.closeCode).toBeUndefined()
    expect(annClient.frames.filter(({ type }) => type === 21)).toHaveLength(1)
  })

  test('[NUM7] a kind of the app travels with its content', async () => {
    await using meeting = await meet(engine)
    const { group, annClient, bobClient } = meeting
    const content = { url: 'https://example.org/a.png', width: 3, deep: nested(20) }
    annClient.send({ method: 40, body: { group_id: group, kind: 'photo', content } })
    expect((await bobClient.heard(20)).body).toMatchObject({
      kind: 'photo',
      data: content.url,
      content,
    })
  })

  test('[NUM2] [CAL2] what cannot be read is charged like a call, and a flood of it closes the connection', async () => {
    await using server = await startTestServer({
      engine,
      config: { limits: { callsBurst: 150, callsPerSecond: 1 } },
    })
    const ann = await signUp(server.url, 'ann')
    await using client = await NumberedClient.open(ann)
    const wrong = ['not JSON', { method: 99 }, { method: 40, body: {} }, { method: 43, body: {} }]
    for (let times = 0; times < 50; times += 1) {
      for (const frame of wrong) client.send(frame)
    }
    await client.count(90, 200)
    const codes = client.all(90).map(({ body }) => body.code)
    expect(codes.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 'INVALID_INPUT'))
    expect(codes.at(-1)).toBe('RATE_LIMITED')
    expect(client.all(90).at(-1)?.body.retry_after_ms).toBeGreaterThan(0)
    for (let times = 0; times < 2000; times += 1) client.send('not JSON')
    await vi.waitFor(() => expect(client.closeCode).toBe(1008), { timeout: 15_000 })
    expect(client.all(90).length).toBeLessThan(1200)
  })

  test('[NUM17] methods 43 and 44 change a message of the caller, and 24 and 25 tell everybody', async () => {
    await using meeting = await meet(engine)
    const { ann, group, annClient, bobClient } = meeting
    const messageId = await annClient.say(group, 'helo')
    const place = { message_id: messageId, group_id: group }
    const edited = await annClient.call({ method: 43, body: { ...place, data: 'hello' } })
    const message = { ...place, user_id: ann.id, seq: 1, kind: 'text', data: 'hello' }
    expect(edited).toMatchObject({ type: 1, body: { result: message } })
    for (const client of [annClient, bobClient]) {
      const frame = await client.heard(24)
      expect(frame).toMatchObject({ id: `m:${group}:2`, body: message })
      expect(frame.body.edited_at).toBe(frame.timestamp)
    }
    const other = await bobClient.call({ method: 43, body: { ...place, data: 'mine' } })
    expect(other.body).toMatchObject({ code: 'FORBIDDEN', method: 43 })
    const both = { ...place, client_id: 'c' }
    const two = await annClient.call({ method: 44, body: both })
    expect(two.body).toMatchObject({ code: 'INVALID_INPUT', method: 44, client_id: 'c' })
    await annClient.call({ method: 44, body: place })
    for (const client of [annClient, bobClient]) {
      expect(await client.heard(25)).toMatchObject({
        id: `m:${group}:3`,
        body: { ...place, user_id: ann.id },
      })
    }
    // A device that comes later is told what is left.
    await using tablet = await NumberedClient.open(ann, { deviceId: 'tablet' })
    const left = await tablet.heard(20)
    expect(left.body).toMatchObject({ ...place, kind: 'deleted', data: '' })
  })
})

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}
