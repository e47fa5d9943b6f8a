import { expect, test } from 'vitest'
import {
  createGroupSchema,
  deleteMessageSchema,
  editMessageSchema,
  EVENTS,
  LIMITS,
  METHODS,
  reactSchema,
  sendSchema,
  TidingsError,
} from '@tidings/protocol'
import { CALLS, frameSchema, isMethodNumber, readCall, type Call } from '@tidings/protocol/numbered'

const group = '95ba5e74-810d-49b4-943f-0b2753d688c9'
const message = 'f0b8dacc-74a6-4382-81a6-883e45d848a8'
const ann = '470dab2c-b491-46e0-8b43-eb8ebc9f2d7b'
const bob = '6a468c77-3974-4ef0-a45c-a575c57c9b1b'

const IMAGE = {
  ...{ group_id: group, kind: 'image', data: 'https://a.test/1' },
  content: { width: 1, height: 1 },
}

function read(value: unknown): Call {
  const call = readCall(typeof value === 'string' ? value : JSON.stringify(value))
  if ('error' in call) throw call.error
  return call
}

function decode(value: unknown): unknown {
  const call = read(value)
  return CALLS[call.method].decode(call.body, ann)
}

function refusal(value: unknown): unknown {
  const call = readCall(typeof value === 'string' ? value : JSON.stringify(value))
  return 'error' in call ? { ...call.refused, code: call.error.code } : undefined
}

test('[NUM1] every number has one codec, of the procedure that the table names', () => {
  for (const [number, path] of Object.entries(METHODS)) {
    expect(isMethodNumber(Number(number))).toBe(true)
    expect(Object.entries(CALLS).find(([key]) => key === number)?.[1].path).toBe(path)
  }
})

test('[NUM1] the calls of seed 002 become the inputs of the procedures', () => {
  expect(decode({ method: 20, timestamp: 1532785517921 })).toEqual({ since: 1532785517921 })
  expect(
    decode({ method: 40, body: { group_id: group, data: 'Hello, how are you?' } }),
  ).toMatchObject({ conversationId: group, body: { kind: 'text', text: 'Hello, how are you?' } })
  expect(decode({ method: 41, body: { message_id: message } })).toEqual({ messageId: message })
  expect(decode({ method: 42, body: { message_id: message } })).toEqual({ messageId: message })
  expect(decode({ method: 60, body: { group_id: group } })).toEqual({ conversationId: group })
  expect(decode({ method: 61, body: { group_id: group } })).toEqual({ conversationId: group })
})

test('[MSG12] methods 40 and 43 take an image and a video, the link as data', () => {
  const content = { width: 640, height: 480, caption: 'us' }
  const image = { group_id: group, kind: 'image', data: 'https://a.test/1', content }
  const body = { kind: 'image', url: 'https://a.test/1', ...content }
  expect(sendSchema.parse(decode({ method: 40, body: image })).body).toEqual(body)
  const whole = { ...image, data: undefined, content: { ...content, url: 'https://a.test/1' } }
  expect(sendSchema.parse(decode({ method: 40, body: whole })).body).toEqual(body)
  const film = { length: 3, source: 'youtube' }
  const video = { ...image, message_id: message, kind: 'video', content: film }
  expect(decode({ method: 43, body: video })).toMatchObject({
    body: { kind: 'video', url: 'https://a.test/1', ...film },
  })
})

test('[MSG14] [MSG15] method 40 says what it answers and whom it mentions', () => {
  const body = { group_id: group, data: 'hi', reply_to: message, mentions: [group] }
  expect(sendSchema.parse(decode({ method: 40, body }))).toMatchObject({
    replyTo: message,
    mentions: [group],
  })
  expect(decode({ method: 40, body: { group_id: group, data: 'hi' } })).not.toHaveProperty(
    'mentions',
  )
})

test('[NUM1] method 40 carries a client_id and other kinds', () => {
  const text = { method: 40, body: { group_id: group, data: 'hi', client_id: 'c-1' } }
  expect(sendSchema.parse(decode(text))).toMatchObject({ clientMessageId: 'c-1' })
  const poll = { method: 40, body: { group_id: group, kind: 'poll', content: { question: '?' } } }
  expect(sendSchema.parse(decode(poll)).body).toEqual({ kind: 'poll', data: { question: '?' } })
})

test('[NUM17] methods 43 and 44 name a message by its id or by the id of its send, and by one of them', () => {
  const body = { group_id: group, message_id: message, data: 'hi' }
  const ref = { conversationId: group, messageId: message }
  expect(editMessageSchema.parse(decode({ method: 43, body }))).toEqual({
    ...ref,
    body: { kind: 'text', text: 'hi' },
  })
  const own = { group_id: group, client_id: 'c-1', kind: 'poll', content: { question: '?' } }
  expect(editMessageSchema.parse(decode({ method: 43, body: own }))).toEqual({
    conversationId: group,
    clientMessageId: 'c-1',
    body: { kind: 'poll', data: { question: '?' } },
  })
  expect(deleteMessageSchema.parse(decode({ method: 44, body }))).toEqual(ref)
  for (const [wrong, path] of [
    [{ group_id: group }, 'body.message_id'],
    [{ ...body, client_id: 'c-1' }, 'body.client_id'],
    [{ message_id: message }, 'body.group_id'],
  ] as const) {
    const error = expect.objectContaining({
      code: 'INVALID_INPUT',
      details: expect.objectContaining({ fields: [expect.objectContaining({ path })] }),
    })
    expect(() => decode({ method: 44, body: wrong })).toThrow(error)
  }
  const both = { ...ref, clientMessageId: 'c-1' }
  expect(deleteMessageSchema.safeParse(both).success).toBe(false)
  expect(deleteMessageSchema.safeParse({ conversationId: group }).success).toBe(false)
  const deleted = { kind: 'deleted' }
  expect(editMessageSchema.safeParse({ ...ref, body: deleted }).success).toBe(false)
})

test('[NUM18] method 45 gives a reaction, takes it back, and answers those of the message', () => {
  const body = { group_id: group, message_id: message, reaction: '👍' }
  const ref = { conversationId: group, messageId: message, reaction: '👍' }
  expect(reactSchema.parse(decode({ method: 45, body }))).toEqual(ref)
  const back = reactSchema.parse(decode({ method: 45, body: { ...body, remove: true } }))
  expect(back).toEqual({ ...ref, remove: true })
  for (const wrong of [{ ...body, reaction: '' }, { ...body, reaction: 1 }, { group_id: group }])
    expect(() => decode({ method: 45, body: wrong })).toThrow()
  const reactions = [{ reaction: '👍', count: 2, own: true }]
  const answer = {
    ...{ id: message, conversationId: group, seq: 1, senderId: ann, clientMessageId: null },
    ...{ body: { kind: 'text', text: 'hi' }, reactions, createdAt: 1, editedAt: null },
  }
  expect(CALLS[45].encode(answer)).toEqual({ message_id: message, reactions })
})

test('[NUM1] groups are made and changed in snake_case', () => {
  const created = decode({
    method: 50,
    body: { name: 'group_1', user_ids: [bob], join_policy: 'open' },
  })
  expect(createGroupSchema.parse(created)).toMatchObject({
    name: 'group_1',
    userIds: [bob],
    joinPolicy: 'open',
    history: 'joined',
  })
  expect(CALLS[50].encode({ id: group, kind: 'group' })).toEqual({ group_id: group })
  expect(decode({ method: 53, body: { group_id: group, user_ids: [bob] } })).toEqual({
    conversationId: group,
    userIds: [bob],
  })
  expect(decode({ method: 54, body: { group_id: group, user_id: bob } })).toEqual({
    conversationId: group,
    userId: bob,
  })
})

test('[NUM2] a message, a mark and a group are named by ids, and what is wrong is named in the words of the wire', () => {
  const wrong = [
    [{ method: 40, body: { group_id: 'g', data: 'hi' } }, 'body.group_id'],
    [{ method: 40, body: { group_id: group, data: 5 } }, 'body.data'],
    [{ method: 40, body: { group_id: group, data: '' } }, 'body.data'],
    [{ method: 40, body: { group_id: group } }, 'body.data'],
    [{ method: 40, body: { group_id: group, data: '\u200b\u200b' } }, 'body.data'],
    [
      { method: 40, body: { group_id: group, data: 'é'.repeat(LIMITS.messageBytes / 2 + 1) } },
      'body.data',
    ],
    [{ method: 40, body: { group_id: group, kind: 'poll' } }, 'body.content'],
    [{ method: 40, body: { ...IMAGE, data: 'ftp://a' } }, 'body.data'],
    [{ method: 40, body: { ...IMAGE, content: { width: 1 } } }, 'body.content.height'],
    [
      { method: 40, body: { group_id: group, data: 'hi', client_id: 'x'.repeat(65) } },
      'body.client_id',
    ],
    [{ method: 41, body: { message_id: 7 } }, 'body.message_id'],
    [{ method: 41, body: {} }, 'body.message_id'],
    [{ method: 42, body: { group_id: group, seq: -1 } }, 'body.seq'],
    [{ method: 50, body: { name: ' ' } }, 'body.name'],
    [{ method: 53, body: { group_id: group, user_ids: [] } }, 'body.user_ids'],
    [{ method: 60, body: null }, 'body'],
    [{ method: 60, body: [] }, 'body'],
    [{ method: 60 }, 'body'],
  ] as const
  for (const [call, path] of wrong) {
    const attempt = () => decode(call)
    expect(attempt, JSON.stringify(call).slice(0, 80)).toThrow(TidingsError)
    try {
      attempt()
    } catch (error) {
      expect(error).toMatchObject({ code: 'INVALID_INPUT', details: { fields: [{ path }] } })
    }
  }
})

test('[NUM2] a frame that is no call is refused with as much of it as could be read', () => {
  const nothing = { method: null, id: undefined, clientId: undefined, code: 'INVALID_INPUT' }
  const depth = '['.repeat(120_000) + ']'.repeat(120_000)
  for (const text of [
    '',
    '{',
    '\uFEFF{}',
    'null',
    '[]',
    '"x"',
    '12',
    depth,
    '{"method":20,"__proto__":{}}',
  ]) {
    expect(refusal(text), text.slice(0, 40)).toEqual(nothing)
  }
  expect(refusal({ method: 'x', id: 'a' })).toEqual({ ...nothing, id: 'a' })
  expect(refusal({ body: { client_id: 'c' } })).toEqual({ ...nothing, clientId: 'c' })
  for (const method of [1e9, -1, 20.5, 1])
    expect(refusal({ method, id: 7 })).toEqual({ ...nothing, method, id: 7 })
  expect(refusal({ method: 40, id: 'x'.repeat(65) })).toEqual({ ...nothing, method: 40 })
  expect(refusal({ method: 40, id: {} })).toEqual({ ...nothing, method: 40 })
  expect(refusal({ method: 40, body: { data: 'a\u0000b' } })).toEqual(nothing)
  expect(refusal('{"method":40,"body":{"data":"\\ud800"}}')).toEqual(nothing)
  expect(Object.prototype).not.toHaveProperty('polluted')
})

test('[NUM3] any timestamp of method 20 is accepted, beside the method or in the body', () => {
  for (const timestamp of [0, -1, 1e20, '', 'now', null, {}, 1532785517, 1.5]) {
    expect(decode({ method: 20, timestamp })).toEqual({ since: timestamp })
    expect(decode({ method: 20, body: { timestamp } })).toEqual({ since: timestamp })
  }
  expect(decode({ method: 20 })).toEqual({ since: undefined })
  expect(read({ method: 20, timestamp: 1, caught_up: true }).body).toMatchObject({
    caught_up: true,
  })
})

test('[NUM4] methods 51 and 52 are for oneself', () => {
  expect(decode({ method: 52, body: { group_id: group } })).toEqual({ conversationId: group })
  expect(decode({ method: 52, body: { group_id: group, user_id: ann } })).toEqual({
    conversationId: group,
  })
  for (const method of [51, 52]) {
    const attempt = () => decode({ method, body: { group_id: group, user_id: bob } })
    expect(attempt).toThrow(expect.objectContaining({ code: 'FORBIDDEN' }))
  }
})

test('[NUM1] every event number has a frame', () => {
  const types = frameSchema.options.map((option) => option.shape.type.value)
  expect([...types].sort((a, b) => a - b)).toEqual(Object.values(EVENTS).sort((a, b) => a - b))
})
