import { randomUUID } from 'node:crypto'
import type { Kinds, Message, MessageBody, Sent } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { setRole } from '../../src/services/group/set-role.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { listMessages } from '../../src/services/message-history.ts'
import { sendMessage } from '../../src/services/message.ts'
import type { Actor } from '../../src/services/actor.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld, seenBy } from './conversation-world.ts'

const NOBODY = '00000000-0000-4000-8000-000000000000'
const text = (value: string): MessageBody => ({ kind: 'text', text: value })
const GONE = { kind: 'deleted' }

/** ann's group with bob, of whom nobody is admin; cat is outside. */
async function openScene(engine: Engine, kinds?: Kinds) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const deps = { ...world.deps, kinds }
  const { ann, bob, cat } = world.users
  const { id } = await createGroup(deps, ann, {
    name: 'g',
    userIds: [bob.userId],
    joinPolicy: 'invite',
    history: 'joined',
  })
  const say = async (actor: Actor, body: MessageBody, clientMessageId?: string) =>
    (await sendMessage(deps, actor, { conversationId: id, clientMessageId, body })) as Sent
  const history = async (actor: Actor) =>
    (await listMessages(deps, actor, { conversationId: id })).items
  const events = () => eventsOf(world, `m:${id}`)
  const types = async () => (await events()).map(({ type }) => type)
  return {
    world,
    deps,
    ann,
    bob,
    cat,
    id,
    say,
    history,
    events,
    types,
    edit: (actor: Actor, messageId: string, body: MessageBody) =>
      editMessage(deps, actor, { conversationId: id, messageId, body }),
    remove: (actor: Actor, messageId: string) =>
      deleteMessage(deps, actor, { conversationId: id, messageId }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const bodies = (messages: readonly Message[]) => messages.map(({ seq, body }) => [seq, body])

/** Everything that the database holds of events, as one text. */
async function everythingKept({ world }: Awaited<ReturnType<typeof openScene>>): Promise<string> {
  const { events } = world.database.tables
  return JSON.stringify(await world.database.read.select().from(events))
}

describeEngines('changed messages', (engine) => {
  test('[MSG9] an edit changes the message where it stands, and is told by an event with the whole of it', async () => {
    await using chat = await openScene(engine)
    const sent = await chat.say(chat.ann, text('helo'), 'k')
    await chat.say(chat.bob, text('hi'))
    const edited = await chat.edit(chat.ann, sent.messageId, text('hello'))
    const event = (await chat.events()).at(-1)
    expect(edited).toEqual({
      id: sent.messageId,
      conversationId: chat.id,
      seq: 1,
      senderId: chat.ann.userId,
      clientMessageId: 'k',
      body: text('hello'),
      createdAt: sent.timestamp,
      editedAt: event?.timestamp,
    })
    expect(event).toMatchObject({ type: 'message.edited', seq: 3, body: { message: edited } })
    expect(await chat.history(chat.bob)).toMatchObject([{ seq: 2, editedAt: null }, edited])
    const [created] = (await seenBy(chat.world, chat.bob, `m:${chat.id}`)) ?? []
    expect(created).toMatchObject({ type: 'message.created', seq: 1, body: { message: edited } })
  })

  test('[MSG9] the body that it has already tells nobody anything, whatever the order of keys', async () => {
    await using chat = await openScene(engine)
    const sent = await chat.say(chat.ann, { kind: 'poll', data: { a: 1, b: 2 } })
    const poll = (data: Record<string, number>) => ({ kind: 'poll', data })
    await chat.edit(chat.ann, sent.messageId, poll({ b: 2, a: 1 }))
    expect(await chat.types()).toEqual(['message.created'])
    const first = await chat.edit(chat.ann, sent.messageId, poll({ a: 2 }))
    expect(await chat.edit(chat.ann, sent.messageId, poll({ a: 2 }))).toEqual(first)
    expect(await chat.types()).toEqual(['message.created', 'message.edited'])
  })

  test('[MSG9] the sender alone edits, while he is a member', async () => {
    await using chat = await openScene(engine)
    const bobs = await chat.say(chat.bob, text('mine'))
    expect(await codeOf(chat.edit(chat.ann, bobs.messageId, text('yours')))).toBe('FORBIDDEN')
    expect(await codeOf(chat.edit(chat.cat, bobs.messageId, text('x')))).toBe('NOT_FOUND')
    expect(await codeOf(chat.edit(chat.bob, NOBODY, text('x')))).toBe('NOT_FOUND')
    const elsewhere = await openConversation(chat.deps, chat.bob, { userId: chat.cat.userId })
    const wrong = { conversationId: elsewhere.id, messageId: bobs.messageId, body: text('x') }
    expect(await codeOf(editMessage(chat.deps, chat.bob, wrong))).toBe('NOT_FOUND')
    await leaveGroup(chat.deps, chat.bob, { conversationId: chat.id })
    expect(await codeOf(chat.edit(chat.bob, bobs.messageId, text('x')))).toBe('NOT_FOUND')
    expect(await chat.types()).toEqual(['message.created', 'member.left'])
  })

  test("[MSG9] one's own message is named by its clientMessageId as well, somebody else's is not", async () => {
    await using chat = await openScene(engine)
    await chat.say(chat.ann, text('one'), 'k')
    const byKey = (actor: Actor) =>
      editMessage(chat.deps, actor, {
        conversationId: chat.id,
        clientMessageId: 'k',
        body: text('two'),
      })
    expect(await codeOf(byKey(chat.bob))).toBe('NOT_FOUND')
    await chat.say(chat.bob, text('bob'), 'k')
    await byKey(chat.bob)
    expect(bodies(await chat.history(chat.ann))).toEqual([
      [2, text('two')],
      [1, text('one')],
    ])
  })

  test('[MSG9] [MSG6] an edit goes through the checks of a send', async () => {
    const kinds = { poll: z.object({ question: z.string() }) }
    await using chat = await openScene(engine, kinds)
    const { messageId } = await chat.say(chat.ann, { kind: 'poll', data: { question: 'tea?' } })
    const edit = (kind: string, data: object) =>
      codeOf(chat.edit(chat.ann, messageId, { kind, data: { ...data } }))
    expect(await edit('poll', { question: 5 })).toBe('INVALID_INPUT')
    expect(await edit('quiz', {})).toBe('UNSUPPORTED_KIND')
    expect(await chat.types()).toEqual(['message.created'])
  })

  test('[MSG9] [MSG2] a repeat of the original send answers the original, also after an edit and a deletion', async () => {
    await using chat = await openScene(engine)
    const first = await chat.say(chat.ann, text('one'), 'k')
    const again = { ...first, duplicate: true }
    await chat.edit(chat.ann, first.messageId, text('two'))
    expect(await chat.say(chat.ann, text('one'), 'k')).toEqual(again)
    expect(await codeOf(chat.say(chat.ann, text('two'), 'k'))).toBe('IDEMPOTENCY_CONFLICT')
    await chat.remove(chat.ann, first.messageId)
    expect(await chat.say(chat.ann, text('one'), 'k')).toEqual(again)
    expect(await chat.types()).toEqual(['message.created', 'message.edited', 'message.deleted'])
  })

  test('[MSG10] of a deleted message nothing is left: not in its row, not in its edits, not a digest', async () => {
    await using chat = await openScene(engine)
    const sent = await chat.say(chat.ann, text('secret one'))
    const other = await chat.say(chat.ann, text('kept'))
    await chat.edit(chat.ann, other.messageId, text('kept too'))
    for (const word of ['secret two', 'secret three', 'secret four'])
      await chat.edit(chat.ann, sent.messageId, text(word))
    const deleted = await chat.remove(chat.ann, sent.messageId)
    expect(deleted).toMatchObject({ id: sent.messageId, seq: 1, body: GONE })
    const kept = await everythingKept(chat)
    expect(kept).not.toContain('secret')
    expect(kept).toContain('kept too')
    const { events } = chat.world.database.tables
    const rows = await chat.world.database.read
      .select({ messageId: events.messageId, payloadHash: events.payloadHash })
      .from(events)
    expect(rows.find(({ messageId }) => messageId === sent.messageId)?.payloadHash).toBeNull()
    expect(bodies(await chat.history(chat.bob))).toEqual([
      [2, text('kept too')],
      [1, GONE],
    ])
    const shown = await seenBy(chat.world, chat.bob, `m:${chat.id}`)
    const said = shown?.map((event) => ('message' in event.body ? event.body.message.body : null))
    expect(said).toEqual([GONE, text('kept too'), text('kept too'), GONE, GONE, GONE, GONE])
  })

  test('[MSG10] a deletion is told once, and then the message can be edited by nobody', async () => {
    await using chat = await openScene(engine)
    const { messageId } = await chat.say(chat.bob, text('oops'))
    const deleted = await chat.remove(chat.bob, messageId)
    expect(await chat.remove(chat.bob, messageId)).toEqual(deleted)
    expect(await chat.remove(chat.ann, messageId)).toEqual(deleted)
    expect(await codeOf(chat.edit(chat.bob, messageId, text('back')))).toBe('NOT_FOUND')
    expect(await chat.types()).toEqual(['message.created', 'message.deleted'])
    expect((await chat.events()).at(-1)).toMatchObject({ body: { message: deleted } })
  })

  test('[MSG10] a sender deletes his own; owners and admins of a group what they see; others nothing', async () => {
    await using chat = await openScene(engine)
    const { deps, ann, bob, cat, id } = chat
    const early = await chat.say(ann, text('before cat'))
    await addMembers(deps, ann, { conversationId: id, userIds: [cat.userId] })
    const anns = await chat.say(ann, text('from ann'))
    expect(await codeOf(chat.remove(bob, anns.messageId))).toBe('FORBIDDEN')
    expect(await codeOf(chat.remove(cat, anns.messageId))).toBe('FORBIDDEN')
    await setRole(deps, ann, { conversationId: id, userId: cat.userId, role: 'admin' })
    expect(await codeOf(chat.remove(cat, early.messageId))).toBe('NOT_FOUND')
    expect(await chat.remove(cat, anns.messageId)).toMatchObject({
      senderId: ann.userId,
      body: GONE,
    })
    const direct = await openConversation(deps, ann, { userId: bob.userId })
    const said = (await sendMessage(deps, ann, {
      conversationId: direct.id,
      body: text('hi'),
    })) as Sent
    const ref = { conversationId: direct.id, messageId: said.messageId }
    expect(await codeOf(deleteMessage(deps, bob, ref))).toBe('FORBIDDEN')
    expect(await deleteMessage(deps, ann, ref)).toMatchObject({ body: GONE })
  })

  test('[MSG11] who does not see a message learns from its edits that there was one, and no more', async () => {
    await using chat = await openScene(engine)
    const { deps, ann, bob, cat, id, world } = chat
    const { messageId } = await chat.say(bob, text('before cat'))
    await addMembers(deps, ann, { conversationId: id, userIds: [cat.userId] })
    const edited = await chat.edit(bob, messageId, text('still not for cat'))
    const hidden = { ...edited, body: GONE }
    const sees = async (actor: Actor) =>
      ((await seenBy(world, actor, `m:${id}`)) ?? []).flatMap((event) =>
        event.type === 'message.edited' ? [event.body.message] : [],
      )
    expect(await sees(bob)).toEqual([edited])
    expect(await sees(ann)).toEqual([edited])
    expect(await sees(cat)).toEqual([hidden])
    // Who was there, went and came back sees both parts of what he saw.
    await leaveGroup(deps, ann, { conversationId: id })
    await addMembers(deps, bob, { conversationId: id, userIds: [ann.userId] })
    const later = await chat.edit(bob, messageId, text('for ann again'))
    expect(await sees(ann)).toEqual([edited, later])
    expect((await sees(cat)).map(({ body }) => body)).toEqual([GONE, GONE])
  })

  test('[MSG8] changes count as what a user writes', async () => {
    await using chat = await openScene(engine)
    const { messageId } = await chat.say(chat.ann, text('hi'))
    const auth = { takeMessages: () => 1500 } as unknown as typeof chat.deps.auth
    const limited = { ...chat.deps, auth }
    const ref = { conversationId: chat.id, messageId }
    const edit = editMessage(limited, chat.ann, { ...ref, body: text('x') })
    expect(await codeOf(edit)).toBe('RATE_LIMITED')
    expect(await codeOf(deleteMessage(limited, chat.ann, ref))).toBe('RATE_LIMITED')
    expect(await chat.types()).toEqual(['message.created'])
  })

  test('[MSG9] [MSG10] edits, deletions and sends that cross leave one order, and the last of them stands', async () => {
    await using chat = await openScene(engine)
    const { messageId } = await chat.say(chat.ann, text('first'))
    const crossing = Array.from({ length: 12 }, (_, i) =>
      i % 3 === 2
        ? chat.say(chat.bob, text(`b${i}`), randomUUID())
        : chat.edit(chat.ann, messageId, text(`${i}`)),
    )
    await Promise.all(crossing)
    const events = await chat.events()
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    const edits = events.flatMap((event) =>
      event.type === 'message.edited' ? [event.body.message] : [],
    )
    expect(edits).toHaveLength(8)
    expect((await chat.history(chat.bob)).at(-1)).toEqual(edits.at(-1))
    const removals = [chat.ann, chat.ann].map((actor) => chat.remove(actor, messageId))
    const late = chat.edit(chat.ann, messageId, text('late')).catch(() => undefined)
    await Promise.all([...removals, late])
    expect((await chat.types()).filter((type) => type === 'message.deleted')).toHaveLength(1)
    expect((await chat.history(chat.bob)).at(-1)?.body).toEqual(GONE)
    expect(await everythingKept(chat)).not.toContain('late')
  })
})
