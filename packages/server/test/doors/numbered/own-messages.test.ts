import type { Event, EventOf, Receipt } from '@tidings/protocol'
import { expect, test } from 'vitest'
import { OwnMessages, type History } from '../../../src/doors/numbered/own-messages.ts'

const group = '95ba5e74-810d-49b4-943f-0b2753d688c9'
const ann = '470dab2c-b491-46e0-8b43-eb8ebc9f2d7b'
const bob = '6a468c77-3974-4ef0-a45c-a575c57c9b1b'

/** Ann's messages have odd seqs, bob's even ones. */
const senderOf = (seq: number) => (seq % 2 === 1 ? ann : bob)

function message(seq: number): Event {
  const id = `m${seq}`
  const body = { kind: 'text', text: 'x' } as const
  const sent = {
    id,
    conversationId: group,
    seq,
    senderId: senderOf(seq),
    clientMessageId: null,
    body,
    createdAt: 1,
    editedAt: null,
  }
  const place = { stream: `m:${group}`, seq, tag: 1, timestamp: 1 }
  return { ...place, type: 'message.created', body: { message: sent } }
}

const messages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index))

function receipts(
  ...ranges: readonly [userId: string, from: number, to: number][]
): EventOf<'receipt.updated'> {
  const all: Receipt[] = ranges.map(([userId, from, to]) => ({ userId, kind: 'read', from, to }))
  const place = { stream: `r:${group}`, seq: 1, tag: 1, timestamp: 1 }
  return { ...place, type: 'receipt.updated', body: { conversationId: group, receipts: all } }
}

/** A conversation of `head` messages, which counts how often it is asked. */
function historyOf(head: number): History & { asked: number } {
  const history = {
    asked: 0,
    list({ before, limit }: { before: number; limit: number }) {
      history.asked += 1
      const newest = Math.min(head, before - 1)
      const oldest = Math.max(1, newest - limit + 1)
      const page = Array.from({ length: newest - oldest + 1 }, (_, index) => newest - index)
      const found = page.map((seq) => ({ id: `m${seq}`, seq, senderId: senderOf(seq) }))
      return Promise.resolve({ items: found, next: oldest > 1 ? `${oldest}` : null })
    },
  }
  return history
}

const seqs = (found: readonly { seq: number }[]) => found.map(({ seq }) => seq)

test('[NUM6] receipts for what has just gone by need no look-up', async () => {
  const own = new OwnMessages(ann)
  const history = historyOf(9)
  own.saw(group, messages(5, 7), 7)
  own.saw(group, messages(8, 9), 9)
  expect(seqs(await own.concerned(history, receipts([bob, 4, 9])))).toEqual([5, 7, 9])
  expect(seqs(await own.concerned(history, receipts([bob, 5, 7])))).toEqual([7])
  expect(seqs(await own.concerned(history, receipts([bob, 4, 5], [bob, 8, 9])))).toEqual([5, 7, 9])
  expect(history.asked).toBe(0)
})

test('[NUM6] receipts for what came before, or has not come yet, are looked up', async () => {
  const own = new OwnMessages(ann)
  const history = historyOf(11)
  own.saw(group, messages(5, 9), 9)
  expect(seqs(await own.concerned(history, receipts([bob, 2, 9])))).toEqual([3, 5, 7, 9])
  expect(seqs(await own.concerned(history, receipts([bob, 8, 11])))).toEqual([9, 11])
  own.forget(group)
  expect(seqs(await own.concerned(history, receipts([bob, 8, 9])))).toEqual([9])
  expect(history.asked).toBe(3)
})

test('[NUM6] own receipts concern nobody', async () => {
  const own = new OwnMessages(ann)
  const history = historyOf(9)
  expect(await own.concerned(history, receipts([ann, 0, 9]))).toEqual([])
  expect(history.asked).toBe(0)
})

test('[NUM6] of a long range the newest are looked through', async () => {
  const own = new OwnMessages(ann)
  const history = historyOf(2000)
  const found = seqs(await own.concerned(history, receipts([bob, 0, 2000])))
  expect(found).toHaveLength(250)
  expect(found[0]).toBe(1501)
  expect(found.at(-1)).toBe(1999)
  expect(history.asked).toBe(5)
})

test('[NUM6] what is remembered is bounded, and what was forgotten is looked up', async () => {
  const own = new OwnMessages(ann)
  const history = historyOf(400)
  own.saw(group, messages(1, 400), 400)
  expect(seqs(await own.concerned(history, receipts([bob, 200, 400])))).toHaveLength(100)
  expect(history.asked).toBe(0)
  expect(seqs(await own.concerned(history, receipts([bob, 190, 192])))).toEqual([191])
  expect(history.asked).toBe(1)
})
