import { randomUUID } from 'node:crypto'
import { messageBodySchema } from '@tidings/protocol'
import type { MessageBody, SendInput, Sent } from '@tidings/protocol/wire'
import { expect, test } from 'vitest'
import { addMembers } from '../../src/services/group/add-members.ts'
import { createGroup } from '../../src/services/group/create.ts'
import { leaveGroup } from '../../src/services/group/leave.ts'
import { deleteMessage, editMessage } from '../../src/services/message-change.ts'
import { hideMessage } from '../../src/services/message-hiding.ts'
import { listMessages } from '../../src/services/message-history.ts'
import { sendMessage } from '../../src/services/message.ts'
import { hideConversation } from '../../src/services/own-view.ts'
import type { Actor } from '../../src/services/actor.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld, seenBy } from './conversation-world.ts'

const text = (value: string): MessageBody => ({ kind: 'text', text: value })
const IMAGE = { kind: 'image', url: 'https://a.test/1.png', width: 640, height: 480 } as const
const VIDEO = { kind: 'video', url: 'http://a.test', length: 12.5, source: 'vevo' } as const
const NOBODY = '00000000-0000-4000-8000-000000000000'

/** ann's group with bob; cat and dan are outside. */
async function openScene(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat', 'dan'])
  const { deps } = world
  const { ann, bob, cat, dan } = world.users
  const group = async (owner: Actor) => {
    const policies = { joinPolicy: 'invite', history: 'joined' } as const
    const userIds = [bob.userId]
    return (await createGroup(deps, owner, { name: 'g', userIds, ...policies })).id
  }
  const id = await group(ann)
  const say = async (actor: Actor, input: Partial<SendInput> = {}) =>
    (await sendMessage(deps, actor, { conversationId: id, body: text('hi'), ...input })) as Sent
  const history = async (actor: Actor) =>
    (await listMessages(deps, actor, { conversationId: id })).items
  return {
    ...{ world, deps, ann, bob, cat, dan, id, group, say, history },
    edit: (actor: Actor, messageId: string, mentions?: string[]) =>
      editMessage(deps, actor, { conversationId: id, messageId, body: text('edited'), mentions }),
    remove: (actor: Actor, messageId: string) =>
      deleteMessage(deps, actor, { conversationId: id, messageId }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

test.for([
  ['no scheme', 'a.test/1.png'],
  ['a script', 'javascript:alert(1)'],
  ['data', 'data:image/png;base64,AAAA'],
  ['a file', 'file:///etc/passwd'],
  ['no host', 'https://'],
  ['a space', 'https://a.test/a b'],
  ['a line break', 'https://a.test/\nb'],
  ['a broken host', 'https://[a'],
  ['too long', `https://a.test/${'é'.repeat(1024)}`],
])('[MSG12] a link with %s is refused', ([, url]) => {
  expect(messageBodySchema.safeParse({ ...IMAGE, url }).success).toBe(false)
  expect(messageBodySchema.safeParse({ ...VIDEO, url }).success).toBe(false)
})

test('[MSG12] images and videos have their fields and no others', () => {
  const parse = (body: unknown) => messageBodySchema.safeParse(body).data
  for (const body of [
    IMAGE,
    VIDEO,
    { ...IMAGE, caption: 'us' },
    { ...VIDEO, caption: '\u{1f600}' },
  ])
    expect(parse({ ...body, more: 1 })).toEqual(body)
  const wrong = [
    ...[0, -1, 1.5, '640', 100_001, null].map((width) => ({ ...IMAGE, width })),
    ...[-1, '3', 1_000_001, null].map((length) => ({ ...VIDEO, length })),
    { ...VIDEO, source: 'cinema' },
    { ...IMAGE, caption: ' ' },
    { ...IMAGE, caption: 'é'.repeat(2049) },
    { kind: 'image', data: IMAGE },
    { kind: 'file', url: 'https://a.test/1' },
  ]
  for (const body of wrong) expect(parse(body)).toBeUndefined()
})

describeEngines('what messages hold', (engine) => {
  test('[MSG12] an image and a video are kept, told and edited like a text', async () => {
    await using chat = await openScene(engine)
    const sent = await chat.say(chat.ann, { body: IMAGE })
    await chat.say(chat.ann, { body: { ...VIDEO, caption: 'look' } })
    const input = { conversationId: chat.id, messageId: sent.messageId, body: VIDEO }
    await editMessage(chat.deps, chat.ann, input)
    const bodies = [{ ...VIDEO, caption: 'look' }, VIDEO]
    expect((await chat.history(chat.bob)).map(({ body }) => body)).toEqual(bodies)
    const events = (await seenBy(chat.world, chat.bob, `m:${chat.id}`)) ?? []
    const told = events.flatMap((event) =>
      event.type === 'message.created' || event.type === 'message.edited' ? [event] : [],
    )
    expect(told.map(({ body }) => body)).toMatchObject([
      { message: { body: VIDEO } },
      { message: { body: bodies[0] } },
      { message: { body: VIDEO } },
    ])
  })

  test('[MSG14] an answer is shown with the place and the sender of what it answers, also after an edit', async () => {
    await using chat = await openScene(engine)
    const first = await chat.say(chat.ann)
    const answer = await chat.say(chat.bob, { replyTo: first.messageId })
    const replyTo = { messageId: first.messageId, seq: first.seq, senderId: chat.ann.userId }
    expect(answer.replyTo).toEqual(replyTo)
    await chat.remove(chat.ann, first.messageId)
    const edited = await chat.edit(chat.bob, answer.messageId)
    expect(edited).toMatchObject({ body: text('edited'), replyTo })
    expect((await chat.history(chat.ann))[0]).toEqual(edited)
    const pulled = (await seenBy(chat.world, chat.ann, `m:${chat.id}`)) ?? []
    expect(pulled).toEqual(await eventsOf(chat.world, `m:${chat.id}`))
    expect(pulled[1]).toMatchObject({ type: 'message.created', body: { message: edited } })
  })

  test('[MSG14] what the sender does not see, or stands elsewhere, cannot be answered', async () => {
    await using chat = await openScene(engine)
    const early = await chat.say(chat.ann)
    await addMembers(chat.deps, chat.ann, { conversationId: chat.id, userIds: [chat.cat.userId] })
    const elsewhere = await chat.group(chat.ann)
    const other = await chat.say(chat.ann, { conversationId: elsewhere })
    const refusal = { code: 'INVALID_INPUT', details: { fields: [{ path: 'replyTo' }] } }
    const gone = await chat.say(chat.ann)
    await hideMessage(chat.deps, chat.bob, { conversationId: chat.id, messageId: gone.messageId })
    const cleared = await chat.say(chat.ann)
    await hideConversation(chat.deps, chat.ann, { conversationId: chat.id })
    for (const [actor, replyTo] of [
      [chat.bob, gone.messageId],
      [chat.ann, cleared.messageId],
      [chat.cat, early.messageId],
      [chat.ann, other.messageId],
      [chat.ann, NOBODY],
    ] as const)
      await expect(chat.say(actor, { replyTo })).rejects.toMatchObject(refusal)
    expect(await codeOf(chat.say(chat.dan, { replyTo: early.messageId }))).toBe('NOT_FOUND')
    // A repeat stays a repeat, whatever has become of what it answers.
    const input = { clientMessageId: 'k', replyTo: early.messageId }
    const answer = await chat.say(chat.bob, input)
    await chat.deps.journal.trim(await streamKeyOf(chat), early.seq)
    expect(await chat.say(chat.bob, input)).toEqual({ ...answer, duplicate: true })
    expect(await codeOf(chat.say(chat.bob, { ...input, replyTo: undefined }))).toBe(
      'IDEMPOTENCY_CONFLICT',
    )
  })

  test('[MSG15] members that are mentioned are kept, each once and in order; others are left out', async () => {
    await using chat = await openScene(engine)
    const { ann, bob, cat, dan } = chat
    await addMembers(chat.deps, ann, { conversationId: chat.id, userIds: [cat.userId] })
    await leaveGroup(chat.deps, cat, { conversationId: chat.id })
    const mentions = [bob, cat, ann, dan, bob].map(({ userId }) => userId)
    const sent = await chat.say(ann, { mentions: [...mentions, NOBODY] })
    expect(sent.mentions).toEqual([bob.userId, ann.userId])
    expect((await chat.history(bob))[0]?.mentions).toEqual(sent.mentions)
    const nobody = await chat.say(ann, { mentions: [cat.userId] })
    expect(nobody).not.toHaveProperty('mentions')
    expect((await chat.history(bob))[0]).not.toHaveProperty('mentions')
  })

  test('[MSG15] an edit names others, or leaves them, and the same again tells nobody', async () => {
    await using chat = await openScene(engine)
    const { ann, bob } = chat
    const { messageId } = await chat.say(ann, { mentions: [bob.userId] })
    expect((await chat.edit(ann, messageId)).mentions).toEqual([bob.userId])
    expect((await chat.edit(ann, messageId, [ann.userId, NOBODY])).mentions).toEqual([ann.userId])
    await chat.edit(ann, messageId, [ann.userId])
    expect(await chat.edit(ann, messageId, [])).not.toHaveProperty('mentions')
    expect(await eventsOf(chat.world, `m:${chat.id}`)).toHaveLength(4)
  })

  test('[MSG15] a deletion takes away what a message answers and whom it mentions', async () => {
    await using chat = await openScene(engine)
    const { ann, bob } = chat
    const { messageId } = await chat.say(ann)
    const answer = await chat.say(ann, { replyTo: messageId, mentions: [bob.userId] })
    await chat.edit(ann, answer.messageId)
    await chat.remove(ann, answer.messageId)
    const pulled = (await seenBy(chat.world, bob, `m:${chat.id}`)) ?? []
    const about = pulled.filter(({ body }) => 'message' in body && body.message.seq === answer.seq)
    expect(about).toHaveLength(3)
    for (const { body } of about) {
      expect(body).not.toHaveProperty('message.replyTo')
      expect(body).not.toHaveProperty('message.mentions')
    }
    expect(JSON.stringify(await kept(chat))).not.toMatch(/mentions|replyTo/)
  })

  test('[MSG4] [MSG14] an answer that is refused costs its neighbours nothing', async () => {
    await using chat = await openScene(engine)
    const one = { conversationId: chat.id, body: text('hi') }
    const outcomes = await sendMessage(chat.deps, chat.ann, [
      one,
      { ...one, replyTo: randomUUID() },
      one,
    ])
    expect(outcomes).toMatchObject([{ seq: 1 }, { error: { code: 'INVALID_INPUT' } }, { seq: 2 }])
  })
})

type Scene = Awaited<ReturnType<typeof openScene>>

async function kept({ world }: Scene): Promise<unknown[]> {
  const { events } = world.database.tables
  return world.database.read.select({ body: events.body }).from(events)
}

async function streamKeyOf({ world, id }: Scene): Promise<number> {
  const { streams } = world.database.tables
  const rows = await world.database.read
    .select({ key: streams.key, name: streams.name })
    .from(streams)
  return rows.find(({ name }) => name === `m:${id}`)?.key ?? 0
}
