import { randomUUID } from 'node:crypto'
import type { MessageBody, Sent } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { openConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { getConversation } from '../../src/services/conversation.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { getMessage, listMessages, listVersions } from '../../src/services/message-history.ts'
import { sendMessage } from '../../src/services/message.ts'
import type { Actor } from '../../src/services/actor.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld } from './conversation-world.ts'

const text = (value: string): MessageBody => ({ kind: 'text', text: value })

/** ann's group with bob; cat is outside. */
async function openScene(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const { deps } = world
  const { ann, bob, cat } = world.users
  const policies = { joinPolicy: 'invite', history: 'joined' } as const
  const made = { name: 'g', userIds: [bob.userId], ...policies }
  const { id: conversationId } = await createGroup(deps, ann, made)
  const of = (messageId: string) => ({ conversationId, messageId })
  return {
    ...{ world, deps, ann, bob, cat, conversationId, of },
    say: async (actor: Actor, value: string) =>
      (await sendMessage(deps, actor, { conversationId, body: text(value) })) as Sent,
    edit: (messageId: string, value: string, mentions?: string[]) =>
      editMessage(deps, ann, { ...of(messageId), body: text(value), mentions }),
    list: async (
      actor: Actor,
      more: { around?: number; cursor?: string | undefined; limit?: number } = {},
    ) => {
      const page = await listMessages(deps, actor, { conversationId, ...more })
      return { ...page, items: page.items.map(({ seq }) => seq) }
    },
    view: (actor: Actor) => getConversation(deps, actor, { conversationId }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

describeEngines('history in detail', (engine) => {
  test('[MSG16] all that a message has said is listed, what it says now first', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, of } = chat
    const { messageId, timestamp } = await chat.say(ann, 'one')
    const versions = async (actor: Actor, more = {}) =>
      listVersions(chat.deps, actor, { ...of(messageId), ...more })
    const one = { body: text('one'), writtenAt: timestamp }
    expect(await versions(bob)).toEqual({ items: [one], next: null })
    const second = await chat.edit(messageId, 'two', [bob.userId])
    const third = await chat.edit(messageId, 'three', [])
    const two = { body: text('two'), mentions: [bob.userId], writtenAt: second.editedAt }
    const three = { body: text('three'), writtenAt: third.editedAt }
    expect(await versions(bob)).toEqual({ items: [three, two, one], next: null })
    const { items, next } = await versions(bob, { limit: 2 })
    expect(items).toEqual([three, two])
    const rest = await versions(bob, { cursor: next ?? '', limit: 2 })
    expect(rest).toEqual({ items: [one], next: null })
    await addMembers(chat.deps, ann, {
      conversationId: chat.conversationId,
      userIds: [chat.cat.userId],
    })
    expect(await codeOf(versions(chat.cat))).toBe('NOT_FOUND')
    expect(await codeOf(versions(bob, { cursor: 'none of ours' }))).toBe('INVALID_INPUT')
    await deleteMessage(chat.deps, ann, of(messageId))
    expect(await versions(bob)).toEqual({ items: [], next: null })
  })

  test('[MSG17] one message is got by its id, by who sees it', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, cat, of } = chat
    const { messageId } = await chat.say(ann, 'one')
    const message = await getMessage(chat.deps, bob, of(messageId))
    expect(message).toMatchObject({ id: messageId, body: text('one') })
    expect(await codeOf(getMessage(chat.deps, cat, of(messageId)))).toBe('NOT_FOUND')
    expect(await codeOf(getMessage(chat.deps, ann, of(randomUUID())))).toBe('NOT_FOUND')
    const other = await openConversation(chat.deps, ann, { userId: bob.userId })
    const elsewhere = { conversationId: other.id, messageId }
    expect(await codeOf(getMessage(chat.deps, ann, elsewhere))).toBe('NOT_FOUND')
    await leaveGroup(chat.deps, bob, { conversationId: chat.conversationId })
    expect(await getMessage(chat.deps, bob, of(messageId))).toEqual(message)
  })

  test('[MSG17] history around a place has it in the middle, and says whether it goes on either way', async () => {
    await using chat = await openScene(engine)
    const { ann } = chat
    for (let index = 1; index <= 9; index += 1) await chat.say(ann, `${index}`)
    const around = async (seq: number, limit: number) => {
      const { items, next, previous } = await chat.list(ann, { around: seq, limit })
      const follow = async (cursor: string | null | undefined) =>
        cursor === null ? null : (await chat.list(ann, { cursor, limit: 2 })).items
      return { items, next: await follow(next), previous: await follow(previous) }
    }
    expect(await around(5, 4)).toEqual({ items: [7, 6, 5, 4], next: [3, 2], previous: [9, 8] })
    expect(await around(5, 1)).toEqual({ items: [5], next: [4, 3], previous: [7, 6] })
    expect(await around(9, 1)).toEqual({ items: [9], next: [8, 7], previous: null })
    expect(await around(2, 5)).toEqual({ items: [4, 3, 2, 1], next: null, previous: [6, 5] })
    expect(await around(9, 4)).toEqual({ items: [9, 8], next: [7, 6], previous: null })
    expect(await around(50, 2)).toEqual({ items: [9], next: [8, 7], previous: null })
    expect(await around(0, 2)).toEqual({ items: [1], next: null, previous: [3, 2] })
    const { deps, conversationId } = chat
    const both = listMessages(deps, ann, { conversationId, around: 1, before: 2 })
    expect(await codeOf(both)).toBe('INVALID_INPUT')
    expect(await codeOf(chat.list(ann, { cursor: 'none of ours' }))).toBe('INVALID_INPUT')
  })

  test('[MSG18] what one hides is gone from all that one is shown, and from nobody else’s', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, of } = chat
    const first = await chat.say(ann, 'one')
    const second = await chat.say(ann, 'two')
    expect(await chat.view(bob)).toMatchObject({ unread: 2, lastMessage: { seq: second.seq } })
    await hideMessage(chat.deps, bob, of(second.messageId))
    await hideMessage(chat.deps, bob, of(second.messageId))
    expect(await chat.view(bob)).toMatchObject({ unread: 1, lastMessage: { seq: first.seq } })
    expect((await chat.list(bob)).items).toEqual([first.seq])
    expect((await chat.list(bob, { around: second.seq })).items).toEqual([first.seq])
    expect(await codeOf(getMessage(chat.deps, bob, of(second.messageId)))).toBe('NOT_FOUND')
    expect(await codeOf(listVersions(chat.deps, bob, of(second.messageId)))).toBe('NOT_FOUND')
    expect((await chat.list(ann)).items).toEqual([second.seq, first.seq])
    expect(await chat.view(ann)).toMatchObject({ lastMessage: { seq: second.seq } })
    const own = await eventsOf(chat.world, `u:${bob.userId}`)
    const place = { ...of(second.messageId), messageSeq: second.seq }
    const hidden = own.filter(({ type }) => type === 'message.hidden')
    expect(hidden.map(({ body }) => body)).toEqual([place])
    expect(await eventsOf(chat.world, `u:${ann.userId}`)).not.toContainEqual(
      expect.objectContaining({ type: 'message.hidden' }),
    )
  })

  test('[MSG18] only what one sees can be hidden, also of a conversation that one has left', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, cat, of } = chat
    const { messageId } = await chat.say(ann, 'one')
    expect(await codeOf(hideMessage(chat.deps, cat, of(messageId)))).toBe('NOT_FOUND')
    expect(await codeOf(hideMessage(chat.deps, bob, of(randomUUID())))).toBe('NOT_FOUND')
    await leaveGroup(chat.deps, bob, { conversationId: chat.conversationId })
    await hideMessage(chat.deps, bob, of(messageId))
    expect((await chat.list(bob)).items).toEqual([])
    // His own message he may still change.
    await hideMessage(chat.deps, ann, of(messageId))
    await chat.edit(messageId, 'two')
    await deleteMessage(chat.deps, ann, of(messageId))
  })

  test('[JRN13] retention forgets what belongs to the messages that it forgets', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, of, world } = chat
    const { messageId, seq } = await chat.say(ann, 'one')
    await chat.edit(messageId, 'two')
    await hideMessage(chat.deps, bob, of(messageId))
    const { streams, messageVersions, hiddenMessages } = world.database.tables
    const { read } = world.database
    const rows = await read.select({ key: streams.key, name: streams.name }).from(streams)
    const key = rows.find(({ name }) => name === `m:${chat.conversationId}`)?.key ?? 0
    await world.journal.trim(key, seq)
    expect(await read.select().from(messageVersions)).toEqual([])
    expect(await read.select().from(hiddenMessages)).toEqual([])
  })
})
