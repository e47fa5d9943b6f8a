import type { Event } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../src/index.ts'
import { conversationOf } from '../support/conversation-of.ts'
import { CONVERSATION, messageEvent, openScene, STREAM } from '../support/fake-client.ts'
import { settle } from '../support/fake-clock.ts'

const OWN = 'u:id-of-ann'

/** The user has hidden the fourth message, or everything up to it. */
function hidingEvent(type: 'message.hidden' | 'conversation.hidden'): Event {
  const place = { stream: OWN, seq: 2, tag: 14, timestamp: 5 }
  return type === 'message.hidden'
    ? { ...place, type, body: { conversationId: CONVERSATION, messageId: 'lost', messageSeq: 4 } }
    : { ...place, type, body: { conversationId: CONVERSATION, clearedSeq: 4 } }
}

/** An older copy of the database is put back that knows neither of the hiding nor of the message. */
test.for(['message.hidden', 'conversation.hidden'] as const)(
  '[STO12] [STO14] what was hidden (%s) in a history that is lost hides nothing of the one that there is',
  async (type) => {
    const storage = memoryStorage()
    const { client, server, clock } = openScene({ storage })
    server.on('conversation.list', () => ({ items: [conversationOf()], next: null }))
    server.on('conversation.get', () => conversationOf({ head: 4, unread: 3 }))
    void client.connect()
    await clock.advance(0)
    await settle()
    const view = client.store.messages(CONVERSATION)
    view.subscribe(() => undefined)
    const seqs = () => view.get().items.map(({ seq }) => seq)
    server.push({ kind: 'events', events: [1, 2, 3, 4].map((seq) => messageEvent(seq)) })
    const { preference } = conversationOf()
    const body = { conversationId: CONVERSATION, preference }
    const place = { stream: OWN, seq: 1, tag: 7, timestamp: 4 }
    server.push({
      kind: 'events',
      events: [{ ...place, type: 'conversation.preferenceUpdated', body }, hidingEvent(type)],
    })
    await settle()
    expect(seqs()).toEqual(type === 'message.hidden' ? [1, 2, 3] : [])

    const heads = [STREAM, OWN].map((stream) => ({ stream, floor: 0 }))
    const [head, ownHead] = [3, 1]
    server.epoch = 2
    server.on('sync.heads', () => ({
      ...{ epoch: 2, watermark: 3, next: null },
      heads: heads.map((one) => {
        const seq = one.stream === OWN ? ownHead : head
        return { ...one, head: seq, tag: seq * 7 + 1 }
      }),
    }))
    const older = [3, 2, 1].map((seq) => messageEvent(seq))
    server.on('message.list', () => ({
      items: older.flatMap((event) => ('message' in event.body ? [event.body.message] : [])),
      next: null,
    }))
    let answer: () => void = () => undefined
    const row = conversationOf({ head: 3, unread: 3 })
    server.on(
      'conversation.list',
      () => new Promise((resolve) => (answer = () => resolve({ items: [row], next: null }))),
    )
    server.on('conversation.get', () => new Promise(() => undefined))
    server.socket.drop(1006)
    await clock.advance(60_000)
    await settle()
    // Before the server has said how the conversation is now.
    server.push({ kind: 'events', events: [4, 5].map((seq) => messageEvent(seq)) })
    await settle()
    answer()
    await settle()
    expect(seqs()).toEqual([1, 2, 3, 4, 5])
    expect(client.store.unread.get()).toBe(5)
    expect(storage.read({ from: 'hidden/', to: 'hidden0' })).toEqual([])
  },
)
