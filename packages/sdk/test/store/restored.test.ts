import type { SendInput } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { conversationOf } from '../support/conversation-of.ts'
import {
  CONVERSATION,
  messageEvent,
  openScene,
  sentOf,
  STREAM,
  textTo,
  type Scene,
} from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

/** Connected, with the first messages of a conversation. */
async function openWith(count: number): Promise<Scene> {
  const scene = openScene()
  scene.server.on('conversation.list', () => ({ items: [conversationOf()], next: null }))
  void scene.client.connect()
  await scene.clock.advance(0)
  await settle()
  const events = Array.from({ length: count }, (_, at) => messageEvent(at + 1))
  scene.server.push({ kind: 'events', events })
  await settle()
  return scene
}

/** The connection breaks, and the next one finds a database whose head is this. */
async function restoredTo({ server, clock }: Scene, epoch: number, head: number): Promise<void> {
  server.epoch = epoch
  server.on('sync.heads', () => ({
    epoch,
    watermark: 3,
    heads: [{ stream: STREAM, head, tag: head * 7, floor: 0 }],
    next: null,
  }))
  server.socket.drop(1006)
  await clock.advance(60_000)
  await settle()
}

test('[STO14] a message that was acknowledged ahead of its event, and is lost with a copy that was put back, is shown no more', async () => {
  const scene = await openWith(2)
  const { client, server } = scene
  const view = client.store.messages(CONVERSATION)
  view.subscribe(() => undefined)
  // What is before it never comes.
  server.on('message.send', (input: SendInput) => sentOf(input, 4))
  await client.message.send(textTo(CONVERSATION, 'lost'))
  await settle()
  const seqs = () => view.get().items.map(({ seq }) => seq)
  expect(seqs()).toEqual([1, 2, 4])
  await restoredTo(scene, 1, 2)
  expect(seqs()).toEqual([1, 2])
  server.push({ kind: 'events', events: [3, 4, 5].map((seq) => messageEvent(seq)) })
  await settle()
  expect(seqs()).toEqual([1, 2, 3, 4, 5])
  expect(client.store.conversation(CONVERSATION).get()?.lastMessage?.seq).toBe(5)
})

test('[STO14] what was read in a history that is lost counts as unread in the one that there is', async () => {
  const scene = await openWith(3)
  const { client, server } = scene
  server.on('message.read', () => ({ ok: true }))
  await client.message.read({ conversationId: CONVERSATION })
  expect(client.store.unread.get()).toBe(0)
  server.on('conversation.get', () => conversationOf({ head: 3, readSeq: 1, unread: 2 }))
  await restoredTo(scene, 2, 3)
  const conversation = client.store.conversation(CONVERSATION).get()
  expect([conversation?.readSeq, conversation?.unread]).toEqual([1, 2])
})

test('[STO14] what was read of messages that had not been told yet, and are lost, was not read of the ones that come in their places', async () => {
  const scene = openScene()
  const { client, server } = scene
  server.on('conversation.list', () => ({ items: [conversationOf({ head: 5 })], next: null }))
  void client.connect()
  await scene.clock.advance(0)
  await settle()
  // What comes behind these is known of, and never told.
  server.push({ kind: 'events', events: [1, 2, 3].map((seq) => messageEvent(seq)) })
  await settle()
  server.on('message.read', () => ({ ok: true }))
  await client.message.read({ conversationId: CONVERSATION })
  server.on('conversation.get', () => conversationOf({ head: 3, readSeq: 3 }))
  await restoredTo(scene, 1, 3)
  const reads = server.calls.filter(({ path }) => path === 'message.read').length
  const { readSeq } = client.store.conversation(CONVERSATION).get() ?? {}
  expect(readSeq).toBe(3)
  server.push({ kind: 'events', events: [4, 5].map((seq) => messageEvent(seq)) })
  await settle()
  expect(client.store.unread.get()).toBe(2)
  expect(server.calls.filter(({ path }) => path === 'message.read')).toHaveLength(reads)
})
