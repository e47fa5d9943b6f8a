import { expect } from 'vitest'
import type { Durable } from '../../../../server/test/e2e/support/durable.ts'
import type { Message, MessageItem, NoKinds } from '../../../src/index.ts'
import { expectSound } from './proof.ts'
import type { Said, Talker } from './talker.ts'

/** How far what there is was delivered to each member, and read by him, by user id. */
type Marks = Readonly<Record<'delivered' | 'read', ReadonlyMap<string, number>>>

/** What the database says about a conversation. */
export interface Ledger {
  /** As they stand after every edit and deletion, in order. */
  readonly messages: readonly Message[]
  readonly marks: Marks
}

export function ledgerOf({ streams }: Durable, conversationId: string): Ledger {
  const marks = { delivered: new Map<string, number>(), read: new Map<string, number>() }
  for (const event of streams.get(`r:${conversationId}`)?.events ?? []) {
    if (event.type !== 'receipt.updated') continue
    for (const { kind, userId, to } of event.body.receipts) marks[kind].set(userId, to)
  }
  const events = streams.get(`m:${conversationId}`)?.events ?? []
  const messages = events.flatMap((event) =>
    event.type === 'message.created' ? [event.body.message] : [],
  )
  return { messages, marks }
}

/** What was asked for is what the database has: nothing less, nothing twice, nothing else, in the order of the calls. */
export function expectAsked(talkers: readonly Talker[], durable: Durable): void {
  for (const stream of durable.streams.values()) expectSound(stream)
  const asked = new Map<string, string>()
  for (const { userId, asked: model } of talkers) {
    for (const said of model.said) {
      asked.set(`${userId} ${said.clientMessageId}`, said.conversationId)
      expectOutcome(said, userId, durable)
    }
  }
  for (const { name, events } of durable.streams.values()) {
    const places = new Map<string, number>()
    for (const event of events) {
      if (event.type !== 'message.created') continue
      const { senderId, clientMessageId } = event.body.message
      const who = `${senderId} ${clientMessageId ?? ''}`
      expect(`m:${asked.get(who) ?? ''}`, who).toBe(name)
      asked.delete(who)
      const number = Number(clientMessageId?.split('-').at(-1))
      expect(number, who).toBeGreaterThan(places.get(senderId) ?? 0)
      places.set(senderId, number)
    }
  }
}

function expectOutcome(said: Said, userId: string, durable: Durable): void {
  const { clientMessageId, conversationId, text, sent, refused } = said
  const found = ledgerOf(durable, conversationId).messages.filter(
    (message) => message.senderId === userId && message.clientMessageId === clientMessageId,
  )
  if (refused !== undefined) {
    // Taken back before it had left; nothing else may have been refused.
    expect({ code: refused.code, text }, clientMessageId).toEqual({ code: 'DISCARDED', text })
    expect(text, clientMessageId).toBeUndefined()
    expect(found, clientMessageId).toEqual([])
    return
  }
  const body = text === undefined ? { kind: 'deleted' } : { kind: 'text', text }
  const place = { id: sent?.messageId, seq: sent?.seq, createdAt: sent?.timestamp }
  expect(found, clientMessageId).toMatchObject([{ ...place, body }])
}

/** What a client shows is what the database has, down to unread counts and ticks. */
export function expectShown(talker: Talker, conversationId: string, ledger: Ledger): void {
  const { userId, name, client } = talker
  const items = talker.shown(conversationId)
  const { messages, marks } = ledger
  expect(items.map(contentOf), name).toEqual(messages.map(contentOf))
  expect(new Set(items.map(({ key }) => key)).size, name).toBe(items.length)
  expect(
    items.filter(({ pending, error }) => pending || error !== undefined),
    name,
  ).toEqual([])
  expect(
    items.map(({ seq, state }) => [seq, state]),
    name,
  ).toEqual(messages.map((message) => [message.seq, tickOf(message, userId, marks)]))
  const readSeq = marks.read.get(userId) ?? 0
  const unread = messages.filter(
    ({ senderId, seq, body }) => senderId !== userId && seq > readSeq && body.kind !== 'deleted',
  )
  const conversation = client.store.conversation(conversationId).get()
  expect(conversation, name).toMatchObject({ unread: unread.length, readSeq })
  expect(conversation?.lastMessage, name).toEqual(items.at(-1))
}

function contentOf(message: Message | MessageItem<NoKinds>): unknown {
  const { id, conversationId, seq, senderId, clientMessageId, body, createdAt, editedAt } = message
  return { id, conversationId, seq, senderId, clientMessageId, body, createdAt, editedAt }
}

function tickOf({ senderId, seq }: Message, userId: string, marks: Marks): string {
  if (senderId !== userId) return 'received'
  const others = (of: ReadonlyMap<string, number>): number =>
    Math.max(0, ...Array.from(of, ([whose, mark]) => (whose === userId ? 0 : mark)))
  if (others(marks.read) >= seq) return 'read'
  return others(marks.delivered) >= seq ? 'delivered' : 'sent'
}
