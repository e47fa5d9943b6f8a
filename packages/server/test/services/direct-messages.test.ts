import type { MessageBody, Sent } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { openConversation } from '../../src/services/conversation.ts'
import { listDirectPage } from '../../src/services/direct-messages.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { sendMessage } from '../../src/services/message.ts'
import { commitMarks } from '../../src/services/mark-commit.ts'
import { findConversationKeys } from '../../src/stores/conversation-keys.ts'
import type { Actor } from '../../src/services/actor.ts'
import { toCursor } from '../../src/services/page-cursor.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, nextMillisecond, openWorld } from './conversation-world.ts'

const text = (value: string): MessageBody => ({ kind: 'text', text: value })

/** ann, who writes with bob and with cat. */
async function openScene(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const { deps } = world
  const { ann, bob, cat } = world.users
  const idWith = async (one: Actor, other: Actor) =>
    (await openConversation(deps, one, { userId: other.userId })).id
  const say = async (from: Actor, to: Actor, value: string) => {
    const conversationId = await idWith(from, to)
    const sent = (await sendMessage(deps, from, { conversationId, body: text(value) })) as Sent
    await nextMillisecond(world, sent.timestamp)
    return sent
  }
  const mark = async (reader: Actor, { conversationId, seq }: Sent, kind: 'delivered' | 'read') => {
    const keys = await findConversationKeys(world.database, conversationId)
    if (keys === undefined) throw new Error('no such conversation')
    const { userKey, userId } = reader
    const { conversationKey, receiptStreamKey } = keys
    const own = { conversationKey, conversationId, receiptStreamKey, userKey, userId }
    const take = () => [[{ ...own, isDirect: true, kind, seq }]]
    await commitMarks(world.database, world.journal, take)
  }
  const list = (actor: Actor, direction: 'sent' | 'received', more = {}) =>
    listDirectPage(deps, actor, { direction, ...more })
  const texts = async (actor: Actor, direction: 'sent' | 'received', more = {}) =>
    (await list(actor, direction, more)).items.map(textOf)
  return {
    ...{ world, deps, ann, bob, cat, idWith, say, mark, list, texts },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

function textOf({ message: { body } }: { readonly message: { readonly body: object } }): unknown {
  return 'text' in body ? body.text : undefined
}

describeEngines('direct messages of all conversations', (engine) => {
  test('[S0.1] [S0.2] a message has sender, target, content, sequence number, times, and whether it was received and read', async () => {
    await using chat = await openScene(engine)
    const { ann, bob } = chat
    const sent = await chat.say(ann, bob, 'hi')
    const conversationId = await chat.idWith(ann, bob)
    const message = { id: sent.messageId, conversationId, seq: 1, senderId: ann.userId }
    const shown = { ...message, body: text('hi'), createdAt: sent.timestamp, editedAt: null }
    const first = async (actor: Actor, direction: 'sent' | 'received') =>
      (await chat.list(actor, direction)).items[0]
    const flags = [
      [false, false],
      [true, false],
      [true, true],
    ]
    for (const [delivered, read] of flags) {
      const how = { delivered, read }
      expect(await first(ann, 'sent')).toMatchObject({
        ...{ message: shown, peer: { id: bob.userId, username: 'bob' }, ...how },
      })
      expect(await first(bob, 'received')).toMatchObject({
        ...{ message: shown, peer: { id: ann.userId, username: 'ann' }, ...how },
      })
      await chat.mark(bob, sent, delivered === true ? 'read' : 'delivered')
    }
    const edited = await editMessage(chat.deps, ann, {
      ...{ conversationId, messageId: sent.messageId, body: text('ho') },
    })
    expect(await first(bob, 'received')).toMatchObject({
      message: { body: text('ho'), createdAt: sent.timestamp, editedAt: edited.editedAt },
    })
  })

  test('[S0.3] [MSG19] sent and received messages are listed each way, newest first over all conversations', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, cat } = chat
    await chat.say(ann, bob, 'a1')
    await chat.say(bob, ann, 'b1')
    await chat.say(ann, cat, 'a2')
    await chat.say(cat, ann, 'c1')
    await chat.say(ann, bob, 'a3')
    await chat.say(bob, cat, 'b2')
    expect(await chat.texts(ann, 'sent')).toEqual(['a3', 'a2', 'a1'])
    expect(await chat.texts(ann, 'received')).toEqual(['c1', 'b1'])
    expect(await chat.texts(cat, 'received')).toEqual(['b2', 'a2'])
    expect(await chat.texts(cat, 'sent')).toEqual(['c1'])
  })

  test('[MSG19] groups, deleted and hidden messages are not among them', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, deps } = chat
    const policies = { joinPolicy: 'open', history: 'all' } as const
    const group = { name: 'g', userIds: [bob.userId], ...policies }
    const { id: conversationId } = await createGroup(deps, ann, group)
    await sendMessage(deps, ann, { conversationId, body: text('to all') })
    const [one, two] = [await chat.say(ann, bob, 'one'), await chat.say(ann, bob, 'two')]
    await chat.say(ann, bob, 'three')
    const of = ({ conversationId: id, messageId }: Sent) => ({ conversationId: id, messageId })
    await deleteMessage(deps, ann, of(one))
    await hideMessage(deps, bob, of(two))
    expect(await chat.texts(ann, 'sent')).toEqual(['three', 'two'])
    expect(await chat.texts(bob, 'received')).toEqual(['three'])
  })

  test('[MSG19] pages name each message once, by cursor and by number, whatever comes meanwhile', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, cat } = chat
    const expected: string[] = []
    for (let index = 0; index < 30; index += 1) {
      const value = `m${index}`
      await chat.say(ann, index % 3 === 0 ? cat : bob, value)
      await chat.say(bob, ann, 'between')
      expected.unshift(value)
    }
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await chat.list(ann, 'sent', { cursor, limit: 7 })
      seen.push(...page.items.map(textOf))
      cursor = page.next ?? undefined
      await chat.say(ann, cat, 'new')
    } while (cursor !== undefined)
    expect(seen).toEqual(expected)
    const numbered = [1, 2, 3].map((page) => chat.texts(bob, 'sent', { page, limit: 12 }))
    expect((await Promise.all(numbered)).map(({ length }) => length)).toEqual([12, 12, 6])
    expect(await codeOf(chat.list(ann, 'sent', { cursor: 'nonsense' }))).toBe('INVALID_INPUT')
    // A place is named by what the reader knows: a time, and a conversation of his own.
    const { next } = await chat.list(ann, 'sent', { limit: 7 })
    const place: unknown = JSON.parse(Buffer.from(next ?? '', 'base64url').toString())
    const { conversationId } = await chat.say(bob, cat, 'not for ann')
    expect(place).toEqual([expect.any(Number), expect.stringMatching(/^[0-9a-f-]{36}$/), 0])
    for (const forged of [toCursor([1, conversationId, 0]), toCursor([1, 1])])
      expect(await codeOf(chat.list(ann, 'sent', { cursor: forged }))).toBe('INVALID_INPUT')
    const both = chat.list(ann, 'sent', { cursor: 'x', page: 1 })
    expect(await codeOf(both)).toBe('INVALID_INPUT')
  })

  test('[MSG19] what is far behind much that others wrote is found, page by page', async () => {
    await using chat = await openScene(engine)
    const { ann, bob } = chat
    await chat.say(bob, ann, 'long ago')
    const conversationId = await chat.idWith(ann, bob)
    const send = { conversationId, body: text('x') }
    for (let part = 0; part < 25; part += 1)
      await sendMessage(
        chat.deps,
        ann,
        Array.from({ length: 100 }, () => send),
      )
    expect(await chat.texts(bob, 'sent')).toEqual(['long ago'])
  })
})
