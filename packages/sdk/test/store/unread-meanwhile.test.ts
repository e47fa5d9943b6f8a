import type { Conversation, Event } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { conversationOf } from '../support/conversation-of.ts'
import { CONVERSATION, messageEvent, openScene } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

/** A message of bob's that he has deleted. */
function deletedEvent(of: number, seq: number): Event {
  const created = messageEvent(of)
  if (created.type !== 'message.created') throw new TypeError('no message')
  const message = { ...created.body.message, body: { kind: 'deleted' } as const }
  return { ...created, ...{ type: 'message.deleted', seq, tag: seq * 7 }, body: { message } }
}

test('[STO3] a mark and a message that come while a conversation is asked for count the message once', async () => {
  const { client, server, clock } = openScene()
  server.on('conversation.list', () => ({ items: [conversationOf()], next: null }))
  void client.connect()
  await clock.advance(0)
  await settle()
  server.push({ kind: 'events', events: [1, 2, 3].map((seq) => messageEvent(seq)) })
  await settle()
  client.store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  let answer: (row: Conversation) => void = () => undefined
  server.on('conversation.get', () => new Promise((resolve) => (answer = resolve)))
  // Whether it was counted the server alone knows.
  server.push({ kind: 'events', events: [deletedEvent(3, 4)] })
  await settle()
  const body = { conversationId: CONVERSATION, readSeq: 2 }
  const place = { stream: 'u:id-of-ann', seq: 1, tag: 9, timestamp: 5 }
  server.push({ kind: 'events', events: [{ ...place, type: 'mark.updated', body }] })
  server.push({ kind: 'events', events: [messageEvent(5)] })
  await settle()
  answer(conversationOf({ head: 4, unread: 2 }))
  await settle()
  await clock.advance(1_000)
  await settle()
  expect(client.store.unread.get()).toBe(1)
  expect(client.store.conversation(CONVERSATION).get()).toMatchObject({ head: 5, readSeq: 2 })
})
