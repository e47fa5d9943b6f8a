import type { Conversation, Event } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { CONVERSATION, messageEvent, openScene, STREAM } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'
import { conversationOf } from '../support/conversation-of.ts'

/** What a later version of the server tells. */
function unknownEvent(seq: number, stream = STREAM): Event {
  const event: unknown = {
    stream,
    seq,
    tag: seq * 7,
    timestamp: seq,
    type: 'later.thing',
    body: {},
  }
  // No type of this version describes it.
  return event as Event
}

test('[MSG13] an event of a type that a client does not know is told to the listeners of `event`, and harms nothing else', async () => {
  const { client, server, clock } = openScene()
  server.on('conversation.list', () => ({ items: [conversationOf()], next: null }))
  const told: string[] = []
  client.on('event', ({ type, seq }) => told.push(`${type} ${seq}`))
  const faults: unknown[] = []
  client.on('error', (fault) => faults.push(fault))
  void client.connect()
  await clock.advance(0)
  await settle()
  const view = client.store.messages(CONVERSATION)
  view.subscribe(() => undefined)
  server.push({ kind: 'events', events: [messageEvent(1), unknownEvent(2)] })
  server.push({ kind: 'events', events: [unknownEvent(1, 'u:id-of-ann')] })
  await settle()
  expect(client.store.conversation(CONVERSATION).get()).toMatchObject({ head: 2, unread: 1 })
  server.push({ kind: 'events', events: [messageEvent(3)] })
  await settle()
  expect(told).toEqual(['message.created 1', 'later.thing 2', 'later.thing 1', 'message.created 3'])
  expect(view.get().items.map(({ seq }) => seq)).toEqual([1, 3])
  expect(client.store.conversation(CONVERSATION).get()).toMatchObject({ head: 3, unread: 2 })
  expect(faults).toEqual([])
})

test('[MSG13] an event of an unknown type that comes between a question and its answer is part of the answer', async () => {
  const { client, server, clock } = openScene()
  let answer: (row: Conversation) => void = () => undefined
  server.on(
    'conversation.list',
    () => new Promise((resolve) => (answer = (row) => resolve({ items: [row], next: null }))),
  )
  void client.connect()
  await clock.advance(0)
  await settle()
  server.push({ kind: 'events', events: [messageEvent(1), unknownEvent(2)] })
  server.push({ kind: 'events', events: [unknownEvent(1, 'u:id-of-ann')] })
  await settle()
  answer(conversationOf())
  await settle()
  expect(client.store.conversation(CONVERSATION).get()).toMatchObject({ head: 2, unread: 1 })
})
