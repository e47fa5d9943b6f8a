import { expect, test } from 'vitest'
import { blockUser, listBlocks, unblockUser } from '../../src/services/block.ts'
import { acceptContact, listContacts, requestContact } from '../../src/services/contact.ts'
import { getConversation, openConversation } from '../../src/services/conversation.ts'
import { addMembers } from '../../src/services/group/add-members.ts'
import { createInvitation, acceptInvitation } from '../../src/services/group/invitation.ts'
import { listGroupMembers } from '../../src/services/group/list-members.ts'
import { editMessage } from '../../src/services/message-change.ts'
import { sendMessage } from '../../src/services/message.ts'
import { reactToMessage } from '../../src/services/message-reaction.ts'
import { listMessageReceipts, markMessages } from '../../src/services/receipt.ts'
import { openReceiptWriter } from '../../src/services/receipt-writer.ts'
import { startTyping } from '../../src/services/typing.ts'
import { getUser, listUsers } from '../../src/services/user.ts'
import type { Actor } from '../../src/services/actor.ts'
import { describeEngines, type Engine } from '../support/databases.ts'
import { codeOf, eventsOf, openWorld } from './conversation-world.ts'
import { newGroup } from './group-calls.ts'

async function openBlockWorld(engine: Engine) {
  const world = await openWorld(engine, ['ann', 'bob', 'cat'])
  const { ann, bob } = world.users
  const { id: conversationId } = await openConversation(world.deps, ann, { userId: bob.userId })
  const send = (actor: Actor, text: string, clientMessageId?: string) =>
    sendMessage(world.deps, actor, {
      conversationId,
      clientMessageId,
      body: { kind: 'text', text },
    })
  return { ...world, ...world.users, conversationId, send }
}

const told = async (world: Awaited<ReturnType<typeof openBlockWorld>>, actor: Actor) =>
  (await eventsOf(world, `u:${actor.userId}`)).flatMap((event) =>
    event.type === 'block.updated' || event.type === 'contact.updated'
      ? [{ type: event.type, ...event.body }]
      : [],
  )

describeEngines('blocks', (engine) => {
  test('[PPL7] neither of the two writes in their direct conversation, and both get the same answer', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, deps, conversationId, send } = world
    await send(ann, 'before', 'a1')
    await send(bob, 'before', 'b1')
    const [first] = await eventsOf(world, `m:${conversationId}`)
    const messageId = first?.type === 'message.created' ? first.body.message.id : ''
    for (const actor of [ann, bob])
      await reactToMessage(deps, actor, { conversationId, messageId, reaction: 'yes' })
    await blockUser(deps, ann, { userId: bob.userId })
    for (const actor of [ann, bob]) {
      expect(await codeOf(send(actor, 'after'))).toBe('FORBIDDEN')
      expect(await codeOf(startTyping(deps, actor, { conversationId }))).toBe('FORBIDDEN')
    }
    const body = { kind: 'text', text: 'edited' } as const
    for (const [actor, clientMessageId] of [
      [ann, 'a1'],
      [bob, 'b1'],
    ] as const) {
      const edit = editMessage(deps, actor, { conversationId, clientMessageId, body })
      expect(await codeOf(edit)).toBe('FORBIDDEN')
      const react = (reaction: string, remove: boolean) =>
        reactToMessage(deps, actor, { conversationId, messageId, reaction, remove })
      expect(await codeOf(react('no', false))).toBe('FORBIDDEN')
      // What says nothing is left to both.
      await react('yes', true)
    }
    const events = await eventsOf(world, `m:${conversationId}`)
    expect(events.map(({ type }) => type)).toEqual([
      ...['message.created', 'message.created', 'message.reacted', 'message.reacted'],
      ...['message.reacted', 'message.reacted'],
    ])
  })

  test('[PPL7] a repeat of what was acknowledged before is answered, and unblocking brings everything back', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, deps, send } = world
    await send(bob, 'once', 'b1')
    await blockUser(deps, ann, { username: 'BOB' })
    expect(await send(bob, 'once', 'b1')).toMatchObject({ duplicate: true, seq: 1 })
    await unblockUser(deps, ann, { userId: bob.userId })
    expect(await send(bob, 'again')).toMatchObject({ duplicate: false, seq: 2 })
    expect(await send(ann, 'again')).toMatchObject({ seq: 3 })
  })

  test('[PPL7] while both block, one taking it back is not enough', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, deps, send, conversationId } = world
    await blockUser(deps, ann, { userId: bob.userId })
    await blockUser(deps, bob, { userId: ann.userId })
    await unblockUser(deps, ann, { userId: bob.userId })
    expect(await codeOf(send(ann, 'no'))).toBe('FORBIDDEN')
    // Who blocks whom is not to be seen in the list of members either.
    const { items } = await listGroupMembers(deps, ann, { conversationId, limit: 10 })
    expect(items.filter((item) => 'barredUntil' in item)).toEqual([])
    await unblockUser(deps, bob, { userId: ann.userId })
    expect(await send(ann, 'yes')).toMatchObject({ seq: 1 })
  })

  test('[PPL9] no direct conversation is opened, nobody added, no contact asked, no invitation used', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, cat, deps } = world
    const group = await newGroup(world, [cat])
    const annsGroup = await newGroup(world, [ann])
    const { code } = await createInvitation(deps, cat, { conversationId: group.id })
    const { code: annsCode } = await createInvitation(deps, ann, { conversationId: annsGroup.id })
    await blockUser(deps, ann, { userId: cat.userId })
    const toCat = { userId: cat.userId }
    const toAnn = { userId: ann.userId }
    expect(await codeOf(openConversation(deps, ann, toCat))).toBe('FORBIDDEN')
    expect(await codeOf(openConversation(deps, cat, toAnn))).toBe('NOT_FOUND')
    expect(await codeOf(requestContact(deps, ann, toCat))).toBe('FORBIDDEN')
    expect(await codeOf(requestContact(deps, cat, toAnn))).toBe('NOT_FOUND')
    expect(await codeOf(newGroup(world, [cat, ann]))).toBe('NOT_FOUND')
    expect(await codeOf(newGroup(world, [ann, cat]))).toBe('FORBIDDEN')
    const add = { conversationId: group.id, userIds: [ann.userId] }
    expect(await codeOf(addMembers(deps, cat, add))).toBe('NOT_FOUND')
    expect(await codeOf(acceptInvitation(deps, ann, { code }))).toBe('FORBIDDEN')
    expect(await codeOf(acceptInvitation(deps, cat, { code: annsCode }))).toBe('NOT_FOUND')
    await unblockUser(deps, ann, toCat)
    expect((await openConversation(deps, cat, toAnn)).kind).toBe('direct')
    expect((await acceptInvitation(deps, ann, { code })).memberCount).toBe(2)
  })

  test('[PPL9] a direct conversation that is there is found by both, with all that was said', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, deps, conversationId } = world
    await blockUser(deps, ann, { userId: bob.userId })
    for (const [actor, other] of [
      [ann, bob],
      [bob, ann],
    ] as const)
      expect(await openConversation(deps, actor, { userId: other.userId })).toMatchObject({
        id: conversationId,
      })
  })

  test('[PPL9] whoever is blocked does not find who has blocked him, but in their groups', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, cat, deps } = world
    await blockUser(deps, ann, { userId: bob.userId })
    expect(await codeOf(getUser(deps, bob, { userId: ann.userId }))).toBe('NOT_FOUND')
    expect(await codeOf(getUser(deps, bob, { username: 'ann' }))).toBe('NOT_FOUND')
    expect(await listUsers(deps, bob, { userIds: [ann.userId, cat.userId] })).toEqual([
      { id: cat.userId, username: 'cat' },
    ])
    expect(await getUser(deps, ann, { userId: bob.userId })).toMatchObject({ username: 'bob' })
    await newGroup(world, [cat, ann, bob])
    expect(await getUser(deps, bob, { userId: ann.userId })).toEqual({
      id: ann.userId,
      username: 'ann',
    })
  })

  test('[PPL18] what is received and read while one blocks the other is told to nobody but the reader', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, deps, conversationId, send, database, journal } = world
    const receipts = openReceiptWriter(database, journal)
    const mark = (actor: Actor, kind: 'delivered' | 'read', seq: number) =>
      markMessages({ ...deps, receipts }, actor, { kind, input: { conversationId, seq } })
    await send(bob, 'one')
    await send(bob, 'two')
    await mark(ann, 'read', 1)
    await blockUser(deps, ann, { userId: bob.userId })
    await mark(ann, 'delivered', 2)
    expect(await getConversation(deps, bob, { conversationId })).toMatchObject({
      ...{ othersDeliveredSeq: 1, othersReadSeq: 1 },
    })
    await mark(ann, 'read', 2)
    expect(await getConversation(deps, bob, { conversationId })).toMatchObject({
      ...{ othersDeliveredSeq: 1, othersReadSeq: 1 },
    })
    expect(await getConversation(deps, ann, { conversationId })).toMatchObject({
      ...{ unread: 0, readSeq: 2, shownReadSeq: 1 },
    })
    await unblockUser(deps, ann, { userId: bob.userId })
    await send(bob, 'three')
    await mark(ann, 'read', 3)
    expect(await getConversation(deps, bob, { conversationId })).toMatchObject({ othersReadSeq: 3 })
    const told = (await eventsOf(world, `r:${conversationId}`)).flatMap((event) =>
      event.type === 'receipt.updated' ? event.body.receipts : [],
    )
    expect(told.map(({ from, to }) => [from, to])).toEqual([
      ...[0, 0, 1, 1].map((from, index) => [from, index < 2 ? 1 : 3]),
    ])
    await receipts.close()
  })

  test('[PPL18] in a group that both are in a block changes nothing of what is read and counted', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, cat, deps, database, journal } = world
    const receipts = openReceiptWriter(database, journal)
    const { id: conversationId } = await newGroup(world, [cat, ann, bob])
    await blockUser(deps, ann, { userId: bob.userId })
    await sendMessage(deps, bob, { conversationId, body: { kind: 'text', text: 'to all' } })
    expect(await getConversation(deps, ann, { conversationId })).toMatchObject({ unread: 1 })
    const all = { ...deps, receipts }
    const input = { conversationId, seq: 1 }
    await markMessages(all, ann, { kind: 'read', input })
    const { items } = await listMessageReceipts(all, bob, { ...input, limit: 10 })
    expect(items).toContainEqual(
      expect.objectContaining({ userId: ann.userId, delivered: true, read: true }),
    )
    await receipts.close()
  })

  test('[PPL10] a block is told to the own devices alone, once, and listed to nobody else', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, cat, deps } = world
    for (const _ of [1, 2]) await blockUser(deps, ann, { userId: bob.userId })
    await blockUser(deps, ann, { userId: cat.userId })
    expect(await told(world, bob)).toEqual([])
    expect((await listBlocks(deps, bob, { limit: 10 })).items).toEqual([])
    const first = await listBlocks(deps, ann, { limit: 1 })
    const second = await listBlocks(deps, ann, { limit: 1, cursor: first.next ?? '' })
    const names = [...first.items, ...second.items].map(({ user }) => user.username)
    expect([names, second.next]).toEqual([['bob', 'cat'], null])
    for (const _ of [1, 2]) await unblockUser(deps, ann, { userId: bob.userId })
    const type = 'block.updated'
    expect(await told(world, ann)).toEqual([
      { type, userId: bob.userId, blocked: true },
      { type, userId: cat.userId, blocked: true },
      { type, userId: bob.userId, blocked: false },
    ])
    expect(await codeOf(blockUser(deps, ann, { userId: ann.userId }))).toBe('INVALID_INPUT')
    expect(await codeOf(blockUser(deps, ann, { username: 'nobody' }))).toBe('NOT_FOUND')
  })

  test('[PPL9] a block ends being contacts, for good, and both are told', async () => {
    await using world = await openBlockWorld(engine)
    const { ann, bob, deps } = world
    await requestContact(deps, ann, { userId: bob.userId })
    await acceptContact(deps, bob, { userId: ann.userId })
    await blockUser(deps, ann, { userId: bob.userId })
    await unblockUser(deps, ann, { userId: bob.userId })
    for (const actor of [ann, bob])
      expect((await listContacts(deps, actor, { limit: 10 })).items).toEqual([])
    const type = 'contact.updated'
    expect((await told(world, bob)).at(-1)).toEqual({ type, userId: ann.userId, state: 'none' })
  })
})
