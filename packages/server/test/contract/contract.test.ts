import { randomUUID } from 'node:crypto'
import { EVENTS } from '@tidings/protocol/wire'
import { describe, expect, test } from 'vitest'
import { describePlaces, type Place } from '../support/adapters.ts'
import { startTestServer } from '../support/test-server.ts'
import { DOORS, type Door } from './doors.ts'
import { NumberedClient } from './numbered-client.ts'
import { httpClient, register } from './person.ts'
import { WATCHES, type Observer, type Sight } from './observer.ts'

/** ann calls through the door, bob watches on two devices, one for each way of watching; cat belongs to nothing. */
async function open(place: Place, door: Door) {
  const server = await startTestServer(place)
  const [ann, bob, cat] = [
    await register(server, 'ann'),
    await register(server, 'bob'),
    await register(server, 'cat'),
  ]
  const observers: Observer[] = []
  for (const watch of WATCHES) observers.push(await watch.open(server, bob))
  const saw = (fits: (sight: Sight) => boolean, times?: number) =>
    Promise.all(observers.map((observer) => observer.saw(fits, times)))
  const caller = await door.open(server, ann)
  const asCat = await door.open(server, cat)
  const history = async (conversationId: string) => {
    const client = httpClient(server.url, bob.accessToken)
    const { items: messages } = await client.message.list.query({ conversationId })
    return messages.map(({ seq, body, senderId }) => [
      seq,
      'text' in body ? body.text : '',
      senderId,
    ])
  }
  return {
    server,
    ann,
    bob,
    cat,
    observers,
    saw,
    caller,
    asCat,
    history,
    async group(userIds: readonly string[] = [bob.userId]): Promise<string> {
      const name = `g-${randomUUID()}`
      await caller.call('group.create', { name, userIds })
      await saw(({ type }) => type === 'conversation.added')
      return (
        observers[0]?.seen.find(({ type }) => type === 'conversation.added')?.conversationId ?? ''
      )
    },
    async [Symbol.asyncDispose]() {
      for (const observer of observers) await observer[Symbol.asyncDispose]()
      await caller[Symbol.asyncDispose]()
      await asCat[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** From an answer of either wire: the call's own, or the numbered one in its names. */
function messageIdOf(answer: unknown): string {
  const { id, messageId } = answer as { id?: string; messageId?: string }
  return id ?? messageId ?? ''
}

const text = (value: string) => ({ kind: 'text', text: value })
const NOWHERE = '00000000-0000-4000-8000-000000000000'

describePlaces('contract', (place) => {
  const isOurs = place.adapter === 'own'
  for (const door of DOORS.filter(({ name }) => isOurs || name === 'websocket')) {
    describe(`calls over ${door.name}`, () => {
      test('[S2.4] [S2.5] [S2.7] [S2.8] [S2.9] [MSG2] a conversation: each call is seen by the other, once and in order', async () => {
        await using chat = await open(place, door)
        const { caller, observers, saw, ann, bob } = chat
        const group = await chat.group()

        await caller.call('message.send', {
          conversationId: group,
          clientMessageId: 'one',
          body: text('hello'),
        })
        await caller.call('message.send', {
          conversationId: group,
          clientMessageId: 'one',
          body: text('hello'),
        })
        await caller.call('message.send', { conversationId: group, body: text('again') })
        await saw(({ type }) => type === 'message.created', 2)

        await caller.call('typing.start', { conversationId: group })
        await saw(({ type }) => type === 'typing.started')
        await caller.call('typing.stop', { conversationId: group })
        await saw(({ type }) => type === 'typing.stopped')

        await caller.call('group.update', { conversationId: group, name: 'renamed' })
        await caller.call('group.leave', { conversationId: group })
        await caller.call('group.join', { conversationId: group })
        await saw(({ type }) => type === 'member.joined')

        for (const observer of observers) {
          const told = observer.seen.filter(({ type }) => !/^(typing|presence)\./.test(type))
          expect(told.map(({ type, text: said }) => (said === undefined ? type : said))).toEqual([
            'conversation.added',
            'hello',
            'again',
            'group.updated',
            'member.left',
            'group.updated',
            'member.joined',
          ])
          expect(told.every(({ conversationId }) => conversationId === group)).toBe(true)
          const signals = observer.seen.filter(({ type }) => type.startsWith('typing.'))
          expect(signals).toEqual([
            { type: 'typing.started', conversationId: group, userId: ann.userId },
            { type: 'typing.stopped', conversationId: group, userId: ann.userId },
          ])
        }
        expect(await chat.history(group)).toEqual([
          [2, 'again', ann.userId],
          [1, 'hello', ann.userId],
        ])
        expect(bob.userId).not.toBe(ann.userId)
      })

      test('[MSG9] [MSG10] [MSG11] [NUM17] edits and deletions are seen by those who see the message, and by the others as deleted', async () => {
        await using chat = await open(place, door)
        const { caller, observers, saw, server, ann, cat } = chat
        const group = await chat.group()
        const ref = { conversationId: group, clientMessageId: 'one' }
        await caller.call('message.send', { ...ref, body: text('helo') })
        await caller.call('group.addMembers', { conversationId: group, userIds: [cat.userId] })
        const late: Observer[] = []
        for (const watch of WATCHES) late.push(await watch.open(server, cat))
        const edited = await caller.call('message.edit', { ...ref, body: text('hello') })
        const messageId = messageIdOf(edited)
        await caller.call('message.edit', {
          conversationId: group,
          messageId,
          body: text('hello!'),
        })
        await caller.call('message.delete', { conversationId: group, messageId })
        const deleted = ({ type }: Sight) => type === 'message.deleted'
        await Promise.all([saw(deleted), ...late.map((observer) => observer.saw(deleted))])
        const told = ({ seen }: Observer) =>
          seen
            .filter(({ type }) => type.startsWith('message.'))
            .map(({ type, text: said, userId, conversationId }) => {
              expect([userId, conversationId]).toEqual([ann.userId, group])
              return [type, said]
            })
        for (const observer of observers) {
          expect(told(observer)).toEqual([
            ['message.created', 'helo'],
            ['message.edited', 'hello'],
            ['message.edited', 'hello!'],
            ['message.deleted', ''],
          ])
        }
        for (const observer of late) {
          expect(told(observer)).toEqual([
            ['message.edited', ''],
            ['message.edited', ''],
            ['message.deleted', ''],
          ])
          await observer[Symbol.asyncDispose]()
        }
        expect(await chat.history(group)).toEqual([[1, '', ann.userId]])
        // What a device fetches later is what is left.
        await using again = await NumberedClient.open(server, chat.bob, 'new')
        again.send({ method: 20, timestamp: 0, body: { caught_up: true } })
        await again.next(({ type }) => type === EVENTS['sync.caughtUp'])
        const fetched = again.frames.filter(({ body }) => body['message_id'] === messageId)
        expect(fetched.map(({ type, body }) => [type, body['kind'], body['data']])).toEqual([
          [20, 'deleted', ''],
          [24, 'deleted', ''],
          [24, 'deleted', ''],
          [25, undefined, undefined],
        ])
      })

      test('[S2.8] [RCP2] delivered and read reach the sender; of an unknown message they are answered alike', async () => {
        await using chat = await open(place, door)
        const { caller, observers, saw, ann, bob } = chat
        const group = await chat.group()
        const client = httpClient(chat.server.url, bob.accessToken)
        const sent = await client.message.send.mutate({
          conversationId: group,
          body: { kind: 'text', text: 'hi' },
        })
        const messageId = 'messageId' in sent ? sent.messageId : ''
        await caller.call('message.delivered', { messageId })
        await caller.call('message.read', { messageId })
        await caller.call('message.read', { messageId })
        await caller.call('message.read', { messageId: NOWHERE })
        await saw(({ type }) => type === 'message.read')
        for (const observer of observers) {
          const receipts = observer.seen.filter(
            ({ type }) => type === 'message.delivered' || type === 'message.read',
          )
          expect(receipts.map(({ type, userId }) => [type, userId])).toEqual([
            ['message.delivered', ann.userId],
            ['message.read', ann.userId],
          ])
        }
      })

      test('[S2.4] adding and removing: the added one is told once, the removed one may not come back by himself', async () => {
        await using chat = await open(place, door)
        const { caller, observers, saw, bob, cat } = chat
        const group = await chat.group()
        await caller.call('group.addMembers', {
          conversationId: group,
          userIds: [cat.userId, cat.userId, bob.userId],
        })
        await chat.asCat.call('message.send', { conversationId: group, body: text('thanks') })
        await caller.call('group.removeMember', { conversationId: group, userId: cat.userId })
        await saw(({ type }) => type === 'member.left')
        for (const observer of observers) {
          const told = observer.seen
            .filter(({ type }) => type !== 'presence.changed')
            .map(({ type, userId }) => [type, userId])
          expect(told.slice(1)).toEqual([
            ['member.joined', cat.userId],
            ['message.created', cat.userId],
            ['member.left', cat.userId],
          ])
        }
        await expect(
          chat.asCat.call('group.join', { conversationId: group }),
        ).rejects.toMatchObject({ code: 'FORBIDDEN' })
      })

      test('[MSG3] [WIR3] a refusal has the same code through every door, and changes nothing', async () => {
        await using chat = await open(place, door)
        const group = await chat.group()
        const code = async (call: Promise<unknown>) =>
          call.then(
            () => 'ok',
            (error: { code?: string }) => error.code ?? String(error),
          )
        const { caller, asCat, bob } = chat
        const before = await chat.history(group)
        const inGroup = { conversationId: group }
        const table: [string, () => Promise<unknown>][] = [
          [
            'NOT_FOUND',
            () => asCat.call('message.send', { conversationId: group, body: text('hi') }),
          ],
          [
            'NOT_FOUND',
            () => caller.call('message.send', { conversationId: NOWHERE, body: text('hi') }),
          ],
          ['NOT_FOUND', () => asCat.call('typing.start', { conversationId: group })],
          ['NOT_FOUND', () => asCat.call('group.leave', { conversationId: group })],
          ['NOT_FOUND', () => asCat.call('group.join', { conversationId: group })],
          ['NOT_FOUND', () => asCat.call('group.update', { conversationId: group, name: 'mine' })],
          [
            'NOT_FOUND',
            () => asCat.call('group.addMembers', { conversationId: group, userIds: [bob.userId] }),
          ],
          [
            'NOT_FOUND',
            () => asCat.call('group.removeMember', { conversationId: group, userId: bob.userId }),
          ],
          [
            'NOT_FOUND',
            () => caller.call('group.addMembers', { conversationId: group, userIds: [NOWHERE] }),
          ],
          [
            'INVALID_INPUT',
            () => caller.call('message.send', { conversationId: 'x', body: text('hi') }),
          ],
          [
            'INVALID_INPUT',
            () => caller.call('message.send', { conversationId: group, body: text('') }),
          ],
          [
            'INVALID_INPUT',
            () => caller.call('message.send', { conversationId: group, body: text('\u200b') }),
          ],
          [
            'INVALID_INPUT',
            () =>
              caller.call('message.send', {
                conversationId: group,
                body: text('x'.repeat(16 * 1024 + 1)),
              }),
          ],
          [
            'INVALID_INPUT',
            () =>
              caller.call('message.send', {
                conversationId: group,
                clientMessageId: 'a b',
                body: text('hi'),
              }),
          ],
          ['INVALID_INPUT', () => caller.call('message.send', { conversationId: group })],
          ['INVALID_INPUT', () => caller.call('message.read', {})],
          ['NOT_FOUND', () => asCat.call('message.delete', { ...inGroup, messageId: NOWHERE })],
          ['NOT_FOUND', () => caller.call('message.delete', { ...inGroup, messageId: NOWHERE })],
          ['INVALID_INPUT', () => caller.call('message.delete', inGroup)],
          [
            'INVALID_INPUT',
            () =>
              caller.call('message.delete', {
                ...inGroup,
                messageId: NOWHERE,
                clientMessageId: 'k',
              }),
          ],
          [
            'INVALID_INPUT',
            () => caller.call('message.edit', { ...inGroup, messageId: NOWHERE, body: text('') }),
          ],
          [
            'INVALID_INPUT',
            () =>
              caller.call('message.send', {
                ...inGroup,
                body: { kind: 'deleted', data: {} },
              }),
          ],
          ['INVALID_INPUT', () => caller.call('group.create', { name: '   ' })],
          ['INVALID_INPUT', () => caller.call('group.create', { name: 'x', userIds: 'everybody' })],
        ]
        for (const [index, [expected, call]] of table.entries())
          expect(await code(call()), `row ${index}`).toBe(expected)
        await caller.call('message.send', {
          conversationId: group,
          clientMessageId: 'k',
          body: text('one'),
        })
        const conflict = caller.call('message.send', {
          conversationId: group,
          clientMessageId: 'k',
          body: text('two'),
        })
        expect(await code(conflict)).toBe('IDEMPOTENCY_CONFLICT')
        expect((await chat.history(group)).length).toBe(before.length + 1)
      })
    })
  }
})
