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

/** Ann has read up to a seq, on another device. */
function markedEvent(readSeq: number): Event {
  const body = { conversationId: CONVERSATION, readSeq }
  return { stream: 'u:id-of-ann', seq: 1, tag: 9, timestamp: 5, type: 'mark.updated', body }
}

type Scene = ReturnType<typeof openScene> & {
  readonly tell: (...events: Event[]) => Promise<void>
  /** Answers the question for the conversation that waits. */
  answer: (row: Partial<Conversation>) => Promise<void>
}

/** A client that knows three messages of bob's, and has read none. */
async function openThree(): Promise<Scene> {
  const opened = openScene()
  const { client, server, clock } = opened
  server.on('conversation.list', () => ({ items: [conversationOf()], next: null }))
  const waiting: ((row: Conversation) => void)[] = []
  server.on('conversation.get', () => new Promise((resolve) => waiting.push(resolve)))
  server.on('message.read', () => new Promise(() => undefined))
  void client.connect()
  await clock.advance(0)
  await settle()
  const tell = async (...events: Event[]): Promise<void> => {
    server.push({ kind: 'events', events })
    await settle()
  }
  const answer = async (row: Partial<Conversation>): Promise<void> => {
    const [asked, ...more] = waiting.splice(0)
    expect({ asked: typeof asked, more }).toEqual({ asked: 'function', more: [] })
    asked?.(conversationOf(row))
    await settle()
  }
  await tell(...[1, 2, 3].map((seq) => messageEvent(seq)))
  return { ...opened, tell, answer }
}

/** The same with the messages at hand, and a question under way: whether the third was counted the server alone knows. */
async function openAsking(): Promise<Scene> {
  const scene = await openThree()
  scene.client.store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  await scene.tell(deletedEvent(3, 4))
  return scene
}

function unreadIn({ client }: Scene): number | undefined {
  return client.store.conversation(CONVERSATION).get()?.unread
}

test('[STO3] what was read where no messages were at hand is counted once the server knows it, by those that are at hand by then', async () => {
  const scene = await openThree()
  const { client, tell, answer } = scene
  void client.message.read({ conversationId: CONVERSATION, seq: 2 })
  await settle()
  // It does not know yet that she has read anything.
  await answer({ head: 3, unread: 3 })
  client.store.messages(CONVERSATION).subscribe(() => undefined)
  await settle()
  await tell(markedEvent(2))
  expect(unreadIn(scene)).toBe(1)
})

test('[STO3] what was read here is not counted by the messages at hand where the answer knows of newer ones', async () => {
  const scene = await openAsking()
  const { client, tell, answer } = scene
  void client.message.read({ conversationId: CONVERSATION, seq: 1 })
  await settle()
  await answer({ head: 6, unread: 4 })
  await tell(messageEvent(5), messageEvent(6))
  await tell(markedEvent(1))
  expect(unreadIn(scene)).toBe(3)
})

test('[STO3] a mark counts no message that an answer knows to be deleted already', async () => {
  const scene = await openAsking()
  const { tell, answer } = scene
  // In it the second is deleted as well.
  await answer({ head: 5, unread: 1 })
  await tell(markedEvent(1))
  await tell(deletedEvent(2, 5))
  await answer({ head: 5, unread: 0, readSeq: 1 })
  expect(unreadIn(scene)).toBe(0)
})

test('[STO3] a mark and a message that come while a conversation is asked for count the message once', async () => {
  const scene = await openAsking()
  const { client, clock, tell, answer } = scene
  await Promise.all([tell(markedEvent(2)), tell(messageEvent(5))])
  await answer({ head: 4, unread: 2 })
  await clock.advance(1_000)
  await settle()
  expect(client.store.unread.get()).toBe(1)
  expect(client.store.conversation(CONVERSATION).get()).toMatchObject({ head: 5, readSeq: 2 })
})
