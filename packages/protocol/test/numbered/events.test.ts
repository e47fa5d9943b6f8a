import { expect, test } from 'vitest'
import { TidingsError, type Event, type Receipt } from '@tidings/protocol'
import {
  frameSchema,
  toAcceptedFrame,
  toCaughtUpFrame,
  toErrorFrame,
  toFrame,
  toReceiptFrames,
  toResultFrame,
  toSignalFrame,
  type Frame,
  type SingleFrameEvent,
} from '@tidings/protocol/numbered'

const group = '95ba5e74-810d-49b4-943f-0b2753d688c9'
const message = 'f0b8dacc-74a6-4382-81a6-883e45d848a8'
const ann = '470dab2c-b491-46e0-8b43-eb8ebc9f2d7b'
const bob = '6a468c77-3974-4ef0-a45c-a575c57c9b1b'
const timestamp = 1532786538556
const place = { stream: `m:${group}`, seq: 3, tag: 9, timestamp }

/** Also proves that the frame is one of the published schemas, without a field more. */
function checked(frame: Frame): Frame {
  expect(frameSchema.parse(frame)).toEqual(frame)
  return frame
}

function created(body: { kind: 'text'; text: string } | { kind: string; data: object }): Event {
  const stored = 'text' in body ? body : { kind: body.kind, data: { ...body.data } }
  return {
    ...place,
    type: 'message.created',
    body: {
      message: {
        id: message,
        conversationId: group,
        seq: 3,
        senderId: ann,
        clientMessageId: null,
        body: stored,
        createdAt: timestamp,
        editedAt: null,
      },
    },
  }
}

function single(event: Event): SingleFrameEvent {
  if (event.type === 'receipt.updated') throw new Error('receipts are several frames')
  if (event.type === 'event.withheld') throw new Error('what is withheld is no frame')
  return event
}

test('[NUM5] a message is frame 20, its data the text', () => {
  expect(checked(toFrame(single(created({ kind: 'text', text: 'Hello, how are you?' }))))).toEqual({
    type: 20,
    timestamp,
    id: `m:${group}:3`,
    body: {
      message_id: message,
      data: 'Hello, how are you?',
      group_id: group,
      user_id: ann,
      seq: 3,
      kind: 'text',
    },
  })
})

test('[MSG12] [MSG14] [MSG15] frame 20 has the link, what is answered, and who is meant', () => {
  const image = { kind: 'image', url: 'https://a.test/1', width: 3, height: 2 } as const
  const event = created({ kind: 'text', text: '' })
  if (event.type !== 'message.created') throw new Error('no message')
  const replyTo = { messageId: event.body.message.id, seq: 1, senderId: bob }
  const message = { ...event.body.message, body: image, replyTo, mentions: [ann] }
  expect(checked(toFrame({ ...event, body: { message } }))).toMatchObject({
    body: {
      ...{ kind: 'image', data: image.url, content: { url: image.url, width: 3, height: 2 } },
      reply_to: { message_id: replyTo.messageId, seq: 1, user_id: bob },
      mentions: [ann],
    },
  })
})

test('[NTF4] [NUM5] a notification is frame 80, and what the user has done with some of them frame 84', () => {
  const own = { ...place, stream: `u:${ann}` }
  const notification = {
    id: message,
    ...{ kind: 'news', title: 'News', body: null, link: 'https://example.org' },
    ...{ data: { at: 1 }, createdAt: 1, expiresAt: 2 },
  }
  const event: Event = { ...own, type: 'notification.created', body: { notification } }
  expect(checked(toFrame(single(event)))).toEqual({
    ...{ type: 80, timestamp, id: `u:${ann}:3` },
    body: {
      notification_id: message,
      ...{ seq: 3, kind: 'news', title: 'News', text: null, link: 'https://example.org' },
      ...{ content: { at: 1 }, expires_at: 2 },
    },
  })
  const changed = (body: object) =>
    checked(toFrame(single({ ...own, type: 'notification.updated', body } as Event))).body
  expect(changed({ change: 'read', upTo: 4 })).toEqual({ change: 'read', up_to: 4 })
  expect(changed({ change: 'removed', notificationIds: [message] })).toEqual({
    ...{ change: 'removed', notification_ids: [message] },
  })
})

test('[NUM5] a message of another kind is frame 20 with its content, and its link as data', () => {
  const photo = { kind: 'photo', data: { url: 'https://example.org/a.png', width: 3 } }
  expect(checked(toFrame(single(created(photo))))).toEqual({
    type: 20,
    timestamp,
    id: `m:${group}:3`,
    body: {
      message_id: message,
      data: 'https://example.org/a.png',
      group_id: group,
      user_id: ann,
      seq: 3,
      kind: 'photo',
      content: photo.data,
    },
  })
  expect(toFrame(single(created({ kind: 'poll', data: { question: '?' } })))).toMatchObject({
    body: { data: '' },
  })
})

test('[NUM17] an edit is frame 24 with the whole message, a deletion frame 25, what is deleted a frame 20 without data', () => {
  const of = (type: string, body: object) => {
    const event = created({ kind: 'text', text: 'hello' })
    if (event.type !== 'message.created') throw new Error(event.type)
    const changed = { ...event.body.message, body, editedAt: 7 }
    return checked(toFrame(single({ ...event, type, body: { message: changed } } as Event)))
  }
  const ref = { message_id: message, group_id: group, user_id: ann }
  const shown = { ...ref, seq: 3, edited_at: 7 }
  const id = `m:${group}:3`
  expect(of('message.edited', { kind: 'text', text: 'hello!' })).toEqual({
    type: 24,
    timestamp,
    id,
    body: { ...shown, kind: 'text', data: 'hello!' },
  })
  const gone = { kind: 'deleted' }
  expect(of('message.deleted', gone)).toEqual({ type: 25, timestamp, id, body: ref })
  for (const [type, number] of [
    ['message.created', 20],
    ['message.edited', 24],
  ] as const) {
    expect(of(type, gone)).toEqual({
      type: number,
      timestamp,
      id,
      body: { ...shown, kind: 'deleted', data: '' },
    })
  }
})

test('[NUM5] groups, members and marks have the frames of the table', () => {
  const of = (event: object) => toFrame(single({ ...place, ...event } as Event))
  const id = `m:${group}:3`
  const added = {
    kind: 'group',
    name: 'group_1',
    addedBy: ann,
    memberCount: 2,
    userIds: [bob, ann],
  }
  expect(
    checked(of({ type: 'conversation.added', body: { conversationId: group, ...added } })),
  ).toEqual({
    type: 70,
    timestamp,
    id,
    body: { group_id: group, name: 'group_1', user_ids: [bob, ann] },
  })
  const roles = [{ userId: bob, role: 'admin' }]
  expect(
    checked(
      of({
        type: 'group.updated',
        body: { conversationId: group, updatedBy: ann, name: 'n', roles },
      }),
    ),
  ).toEqual({
    type: 71,
    timestamp,
    id,
    body: { group_id: group, user_id: ann, name: 'n', roles: [{ user_id: bob, role: 'admin' }] },
  })
  const both = { conversationId: group, userId: bob }
  const body = { group_id: group, user_id: bob }
  expect(checked(of({ type: 'member.joined', body: { ...both, addedBy: ann } }))).toEqual({
    type: 72,
    timestamp,
    id,
    body,
  })
  expect(checked(of({ type: 'member.left', body: { ...both, removedBy: null } }))).toEqual({
    type: 73,
    timestamp,
    id,
    body,
  })
  expect(
    checked(of({ type: 'mark.updated', body: { conversationId: group, readSeq: 3 } })),
  ).toEqual({
    type: 27,
    timestamp,
    id,
    body: { group_id: group, read_seq: 3 },
  })
})

test('[NUM1] what a user does for himself becomes a frame for his own devices', () => {
  const bodyOf = (event: object) => checked(toFrame(single({ ...place, ...event } as Event)))
  const id = `m:${group}:3`
  const marks = { conversationId: group, readSeq: 3, shownReadSeq: 1, unreadFrom: 2 }
  expect(bodyOf({ type: 'mark.updated', body: marks })).toMatchObject({
    type: 27,
    body: { group_id: group, read_seq: 3, shown_read_seq: 1, unread_from: 2 },
  })
  const hidden = { conversationId: group, clearedSeq: 3 }
  expect(bodyOf({ type: 'conversation.hidden', body: hidden })).toEqual({
    ...{ type: 74, timestamp, id },
    body: { group_id: group, cleared_seq: 3 },
  })
  const preference = { mutedUntil: 5, archived: true, pinnedAt: null, data: { colour: 'red' } }
  const set = { conversationId: group, preference }
  expect(bodyOf({ type: 'conversation.preferenceUpdated', body: set })).toEqual({
    ...{ type: 75, timestamp, id },
    body: {
      ...{ group_id: group, muted_until: 5, archived: true, pinned_at: null },
      data: { colour: 'red' },
    },
  })
})

test('[NUM18] a reaction is frame 26 with how many there are now, a message that one hides is frame 28', () => {
  const bodyOf = (event: object) => checked(toFrame(single({ ...place, ...event } as Event)))
  const head = { timestamp, id: `m:${group}:3` }
  const of = { conversationId: group, messageId: message, messageSeq: 2 }
  const gives = { ...of, userId: ann, reaction: '👍', removed: false, count: 2 }
  expect(bodyOf({ type: 'message.reacted', body: gives })).toEqual({
    ...{ type: 26, ...head },
    body: {
      ...{ message_id: message, group_id: group, user_id: ann },
      ...{ reaction: '👍', removed: false, count: 2 },
    },
  })
  const gone = { ...of, userId: null, reaction: null, removed: false, count: 0 }
  expect(bodyOf({ type: 'message.reacted', body: gone })).toMatchObject({
    body: { user_id: null, reaction: null },
  })
  expect(bodyOf({ type: 'message.hidden', body: of })).toEqual({
    ...{ type: 28, ...head },
    body: { message_id: message, group_id: group, seq: 2 },
  })
})

test('[NUM6] receipts become one frame for each own message in the range, none for own receipts', () => {
  const receipts: Receipt[] = [
    { userId: bob, kind: 'delivered', from: 1, to: 4 },
    { userId: bob, kind: 'read', from: 1, to: 3 },
    { userId: ann, kind: 'read', from: 0, to: 4 },
  ]
  const event = {
    ...place,
    stream: `r:${group}`,
    type: 'receipt.updated' as const,
    body: { conversationId: group, receipts },
  }
  const own = [1, 2, 4, 5].map((seq) => ({ id: message.replace(/8$/, String(seq)), seq }))
  const frames = toReceiptFrames(event, ann, own)
  expect(frames.map(({ type, body }) => [type, body.message_id.at(-1), body.user_id])).toEqual([
    [22, '2', bob],
    [22, '4', bob],
    [23, '2', bob],
  ])
  expect(new Set(frames.map(({ id }) => id)).size).toBe(3)
  for (const frame of frames) expect(frameSchema.parse(frame)).toEqual(frame)
})

test('[NUM5] 21 has the id of the event that it stands for', () => {
  const sent = {
    messageId: message,
    conversationId: group,
    clientMessageId: 'c-1',
    stream: place.stream,
    seq: 3,
    tag: 9,
    timestamp,
    duplicate: false,
  }
  const body = { message_id: message, client_id: 'c-1' }
  expect(checked(toAcceptedFrame(sent))).toEqual({ type: 21, timestamp, id: `m:${group}:3`, body })
  expect(checked(toAcceptedFrame({ ...sent, clientMessageId: null }))).toEqual({
    type: 21,
    timestamp,
    id: `m:${group}:3`,
    body: { message_id: message },
  })
})

test('[NUM5] presence is frame 42, without an event id', () => {
  const signal = (online: boolean, lastSeenAt: number | null) =>
    ({
      type: 'presence.changed',
      timestamp,
      body: { userId: bob, online, lastSeenAt },
    }) as const
  expect(checked(toSignalFrame(signal(true, null)))).toEqual({
    type: 42,
    timestamp,
    body: { user_id: bob, online: true, last_seen_at: null },
  })
  expect(checked(toSignalFrame(signal(false, timestamp - 5)))).toEqual({
    type: 42,
    timestamp,
    body: { user_id: bob, online: false, last_seen_at: timestamp - 5 },
  })
})

test('[NUM5] typing, caught up, results and errors carry no event id', () => {
  const typing = { timestamp, body: { conversationId: group, userId: bob } }
  const body = { group_id: group, user_id: bob }
  expect(checked(toSignalFrame({ type: 'typing.started', ...typing }))).toEqual({
    type: 40,
    timestamp,
    body,
  })
  expect(checked(toSignalFrame({ type: 'typing.stopped', ...typing }))).toEqual({
    type: 41,
    timestamp,
    body,
  })
  expect(checked(toCaughtUpFrame(timestamp))).toEqual({ type: 29, timestamp, body: {} })
  expect(checked(toResultFrame('a', { group_id: group }, timestamp))).toEqual({
    type: 1,
    timestamp,
    body: { id: 'a', result: { group_id: group } },
  })
  const error = new TidingsError('RATE_LIMITED', undefined, { retryAfterMs: 500 })
  expect(checked(toErrorFrame({ method: 40, id: 7, clientId: 'c-1' }, error, timestamp))).toEqual({
    type: 90,
    timestamp,
    body: {
      code: 'RATE_LIMITED',
      method: 40,
      message: 'Too many calls. Try again later.',
      client_id: 'c-1',
      id: 7,
      retry_after_ms: 500,
    },
  })
})
