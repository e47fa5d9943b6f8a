import type { Event } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { conversationOf } from '../support/conversation-of.ts'
import { CONVERSATION, messageEvent, openScene } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

const place = (stream: string, seq: number) => ({ stream, seq, tag: 9, timestamp: 5 })
const LEFT: Event = {
  ...place(`m:${CONVERSATION}`, 2),
  type: 'member.left',
  body: { conversationId: CONVERSATION, userId: 'id-of-cat', removedBy: null },
}
const RECEIVED: Event = {
  ...place(`r:${CONVERSATION}`, 1),
  type: 'receipt.updated',
  body: {
    conversationId: CONVERSATION,
    receipts: [{ kind: 'delivered', userId: 'id-of-cat', from: 0, to: 1 }],
  },
}

test('[STO5] [STO12] what somebody received before he left a group is nobody else’s mark, also when it is told after his leaving', async () => {
  const { client, server, clock } = openScene()
  const said = messageEvent(1)
  if (said.type !== 'message.created') throw new TypeError('no message')
  const lastMessage = { ...said.body.message, senderId: 'id-of-ann' }
  const group = { kind: 'group', name: 'Lunch', peer: null } as const
  const three = conversationOf({ ...group, memberCount: 3, head: 1, lastMessage })
  server.on('conversation.list', () => ({ items: [three], next: null }))
  server.on('conversation.get', () => new Promise(() => undefined))
  void client.connect()
  await clock.advance(0)
  await settle()
  server.push({ kind: 'events', events: [{ ...said, body: { message: lastMessage } }, LEFT] })
  await settle()
  server.push({ kind: 'events', events: [RECEIVED] })
  await settle()
  const shown = client.store.conversation(CONVERSATION).get()
  expect(shown).toMatchObject({ memberCount: 2, lastMessage: { state: 'sent' } })
})
