import {
  CLIENT_LIMITS,
  TidingsError,
  type Conversation,
  type Event,
  type Member,
} from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import type { MessageState } from '../../src/index.ts'
import { conversationOf } from '../support/conversation-of.ts'
import { CONVERSATION, messageEvent, openScene, type Scene } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

const place = (stream: string, seq: number) => ({ stream, seq, tag: seq * 7, timestamp: seq })

function memberOf(name: string, mark: number): Member {
  const marks = { deliveredSeq: mark, readSeq: mark }
  return { userId: `id-of-${name}`, username: name, role: 'member', joinedAt: 1, ...marks }
}

function comes(name: string, seq: number): Event {
  const body = { conversationId: CONVERSATION, userId: `id-of-${name}`, addedBy: null }
  return { ...place(`m:${CONVERSATION}`, seq), type: 'member.joined', body }
}

function goes(name: string, seq: number): Event {
  const body = { conversationId: CONVERSATION, userId: `id-of-${name}`, removedBy: null }
  return { ...place(`m:${CONVERSATION}`, seq), type: 'member.left', body }
}

function reads(name: string, seq: number): Event {
  const receipt = { kind: 'read', userId: `id-of-${name}`, from: 0, to: 1 } as const
  const body = { conversationId: CONVERSATION, receipts: [receipt] }
  return { ...place(`r:${CONVERSATION}`, seq), type: 'receipt.updated', body }
}

/** What ann has said. */
function saidEvent() {
  const event = messageEvent(1)
  if (event.type !== 'message.created') throw new TypeError('no message')
  return { ...event, body: { message: { ...event.body.message, senderId: 'id-of-ann' } } }
}

/** A group of ann and others, in which she has said one thing. */
function groupOf(others: number, mark: number | null): Conversation {
  return conversationOf({
    ...{ kind: 'group', name: 'Lunch', peer: null, memberCount: others + 1, head: 1 },
    ...{ lastMessage: saidEvent().body.message, othersDeliveredSeq: mark, othersReadSeq: mark },
  })
}

/** Ann is connected and looks at what she has said, so that its ticks are followed. */
async function openGroup(row: Conversation, others: readonly Member[]): Promise<Scene> {
  const scene = openScene()
  const { client, server, clock } = scene
  server.on('conversation.list', () => ({ items: [row], next: null }))
  server.on('group.listMembers', () => ({ items: [memberOf('ann', 1), ...others], next: null }))
  void client.connect()
  await clock.advance(0)
  await settle()
  server.push({ kind: 'events', events: [saidEvent()] })
  await settle()
  client.store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  return scene
}

function tickOf({ client }: Scene): MessageState | undefined {
  return client.store.messages(CONVERSATION).get().items[0]?.state
}

/** The answer to a question that waits for it. */
function asked<Answer>({ server }: Scene, path: string): (answer: Answer) => void {
  let answered: (answer: Answer) => void = () => undefined
  server.on(path, () => new Promise((resolve) => (answered = resolve)))
  return (answer) => answered(answer)
}

test('[STO5] [STO12] what everybody had read is sent once the last of them has left: of who is alone nobody has a mark', async () => {
  const scene = await openGroup(groupOf(1, 1), [memberOf('bob', 1)])
  expect(tickOf(scene)).toBe('read')
  scene.server.push({ kind: 'events', events: [goes('bob', 2)] })
  await settle()
  expect(tickOf(scene)).toBe('sent')
})

test('[STO5] [STO12] an answer of before somebody came does not make read again what he has not read', async () => {
  const scene = await openGroup(groupOf(1, 1), [memberOf('bob', 1)])
  const { server } = scene
  const answer = asked<Conversation>(scene, 'conversation.get')
  const items = [memberOf('ann', 1), memberOf('bob', 1), memberOf('cat', 0)]
  server.on('group.listMembers', () => ({ items, next: null }))
  // Whether the hidden message was counted the server alone knows: it is asked for the conversation.
  const body = { conversationId: CONVERSATION, messageId: 'message-1', messageSeq: 9 }
  const hidden: Event = { ...place('u:id-of-ann', 1), type: 'message.hidden', body }
  server.push({ kind: 'events', events: [hidden] })
  await settle()
  expect(server.callsOf('conversation.get')).toHaveLength(1)
  server.push({ kind: 'events', events: [comes('cat', 2)] })
  await settle()
  expect(tickOf(scene)).toBe('sent')
  answer(groupOf(1, 1))
  await settle()
  expect(tickOf(scene)).toBe('sent')
})

test('[STO5] [STO12] an answer of before a receipt takes nothing back that was read', async () => {
  const scene = await openGroup(groupOf(1, 0), [memberOf('bob', 0)])
  const { server } = scene
  const answer = asked<Conversation>(scene, 'conversation.get')
  const body = { conversationId: CONVERSATION, messageId: 'message-1', messageSeq: 9 }
  const hidden: Event = { ...place('u:id-of-ann', 1), type: 'message.hidden', body }
  server.push({ kind: 'events', events: [hidden] })
  await settle()
  server.push({ kind: 'events', events: [reads('bob', 1)] })
  await settle()
  expect(tickOf(scene)).toBe('read')
  answer(groupOf(1, 0))
  await settle()
  expect(tickOf(scene)).toBe('read')
})

test('[STO5] [STO12] members that could not be had are asked for again, without another connection', async () => {
  const scene = await openGroup(groupOf(1, 1), [memberOf('bob', 1)])
  const { client, server, clock } = scene
  client.on('error', () => undefined)
  server.on('group.listMembers', () => {
    throw new TidingsError('UNAVAILABLE')
  })
  server.push({ kind: 'events', events: [comes('cat', 2)] })
  await settle()
  expect(tickOf(scene)).toBe('read')
  const items = [memberOf('ann', 1), memberOf('bob', 1), memberOf('cat', 0)]
  server.on('group.listMembers', () => ({ items, next: null }))
  await clock.advance(5_000)
  expect(tickOf(scene)).toBe('sent')
  expect(server.sockets).toHaveLength(1)
})

test('[STO5] [STO12] who is refused the members and comes back before he hears of it is answered them', async () => {
  const scene = await openGroup(groupOf(1, 1), [memberOf('bob', 1)])
  const { client, server } = scene
  const answer = asked<Promise<never>>(scene, 'group.listMembers')
  client.store.members(CONVERSATION).subscribe(() => undefined)
  server.on('conversation.get', () => groupOf(1, 1))
  server.push({ kind: 'events', events: [goes('ann', 2)] })
  await settle()
  server.push({ kind: 'events', events: [comes('ann', 3)] })
  await settle()
  server.on('group.listMembers', () => ({
    items: [memberOf('ann', 3), memberOf('bob', 1)],
    next: null,
  }))
  answer(Promise.reject(new TidingsError('NOT_FOUND')))
  await settle()
  expect(client.store.members(CONVERSATION).get()).toHaveLength(2)
})

test('[STO5] [STO12] who was refused the members and comes back to what follows has them again', async () => {
  const scene = await openGroup(groupOf(1, 1), [memberOf('bob', 1)])
  const { client, server } = scene
  const members = client.store.members(CONVERSATION)
  members.subscribe(() => undefined)
  server.on('conversation.get', () => groupOf(1, 1))
  server.on('group.listMembers', () => {
    throw new TidingsError('NOT_FOUND')
  })
  server.push({ kind: 'events', events: [goes('ann', 2)] })
  await settle()
  expect(members.get()).toEqual([])
  server.on('group.listMembers', () => ({
    items: [memberOf('ann', 3), memberOf('bob', 1)],
    next: null,
  }))
  // His own coming is not among what he may see.
  const added = { kind: 'group', name: 'Lunch', addedBy: null, memberCount: 2 } as const
  const body = { conversationId: CONVERSATION, ...added, userIds: ['id-of-ann'] }
  const isIn: Event = { ...place('u:id-of-ann', 1), type: 'conversation.added', body }
  server.push({ kind: 'events', events: [isIn] })
  await settle()
  expect(members.get()).toHaveLength(2)
})

test('[STO5] [RCP7] ticks end with the first member too many for receipts', async () => {
  const { receiptMembers } = CLIENT_LIMITS
  const { client, server, clock } = openScene()
  server.on('conversation.list', () => ({ items: [groupOf(receiptMembers - 1, 1)], next: null }))
  void client.connect()
  await clock.advance(0)
  await settle()
  const last = () => client.store.conversation(CONVERSATION).get()?.lastMessage?.state
  expect(last()).toBe('read')
  server.push({ kind: 'events', events: [saidEvent(), comes('cat', 2)] })
  await settle()
  expect(last()).toBe('sent')
})

test('[STO5] [RCP7] ticks begin anew with the last member too many, by marks of now', async () => {
  const { receiptMembers } = CLIENT_LIMITS
  const others = Array.from({ length: receiptMembers }, (_, number) => memberOf(`${number}`, 0))
  const scene = await openGroup(groupOf(receiptMembers, null), others)
  const { client, server } = scene
  client.store.members(CONVERSATION).subscribe(() => undefined)
  await settle()
  expect(tickOf(scene)).toBe('sent')
  // All of them have read it, and nobody was told.
  const items = [memberOf('ann', 1), ...others.slice(1).map((other) => ({ ...other, readSeq: 1 }))]
  server.on('group.listMembers', () => ({ items, next: null }))
  server.on('conversation.get', () => ({ ...groupOf(receiptMembers - 1, 1), head: 2 }))
  server.push({ kind: 'events', events: [goes('0', 2)] })
  await settle()
  expect(tickOf(scene)).toBe('read')
})
